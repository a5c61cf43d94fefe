"""What of generated ids is text."""


def content(ids, end_id, left_out=()):
    """The ids of each row up to the first end, without some.

    Args:
        ids: int (batch, length), a tensor or a RaggedTensor.
        end_id: int; it and what follows it is no text.
        left_out: ints, ids to leave out wherever they stand.

    Returns:
        int32 RaggedTensor (batch, length).
    """
    import tensorflow as tf

    if isinstance(ids, tf.RaggedTensor):
        ids = ids.to_tensor(default_value=end_id)
    ids = tf.cast(ids, "int32")
    keep = tf.cumsum(tf.cast(tf.equal(ids, end_id), "int32"), axis=1) == 0
    for other in left_out:
        keep &= tf.not_equal(ids, other)
    return tf.ragged.boolean_mask(ids, keep)
