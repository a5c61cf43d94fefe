"""What of generated ids is text."""


def content(ids, end_id, left_out=(), starts_with_end=False):
    """The ids of each row up to the first end, without some.

    Args:
        ids: int (batch, length), a tensor or a RaggedTensor.
        end_id: int; it and what follows it is no text.
        left_out: ints, ids to leave out wherever they stand.
        starts_with_end: bool, in the first place the end token is the start: left out, and no end.

    Returns:
        int32 RaggedTensor (batch, length).
    """
    import tensorflow as tf

    if isinstance(ids, tf.RaggedTensor):
        ids = ids.to_tensor(default_value=end_id)
    ids = tf.cast(ids, "int32")
    is_end = tf.equal(ids, end_id)
    is_start = is_end & tf.equal(tf.range(tf.shape(ids)[1]), 0) if starts_with_end else tf.zeros_like(is_end)
    keep = ~is_start & tf.equal(tf.cumsum(tf.cast(is_end & ~is_start, "int32"), axis=1), 0)
    for other in left_out:
        keep &= tf.not_equal(ids, other)
    return tf.ragged.boolean_mask(ids, keep)
