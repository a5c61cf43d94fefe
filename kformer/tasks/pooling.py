"""One vector for a text."""

from keras import ops


def mean_pool(sequence_output, padding_mask):
    """The mean of the vectors at real positions: (batch, d_model).

    Args:
        sequence_output: (batch, length, d_model).
        padding_mask: (batch, length), True at real positions.
    """
    weights = ops.expand_dims(ops.cast(padding_mask, sequence_output.dtype), axis=-1)
    return ops.sum(sequence_output * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1.0)
