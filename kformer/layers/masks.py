"""Attention masks: booleans, True where attention is allowed, combined once and turned into an additive bias."""

from keras import ops


def combine_masks(padding_mask=None, attention_mask=None, causal=None):
    """One boolean mask (batch or 1, 1, query or 1, key) from the three kinds there are, or None when all are absent.

    Args:
        padding_mask: (batch, key), True at real positions.
        attention_mask: (batch, query, key), True where attention is allowed.
        causal: (query, key), of `causal_mask`.
    """
    masks = []
    if padding_mask is not None:
        # expand_dims and not indexing with None: LiteRT refuses the strided slice that booleans would become.
        masks.append(ops.expand_dims(ops.cast(padding_mask, "bool"), axis=(1, 2)))
    if attention_mask is not None:
        masks.append(ops.expand_dims(ops.cast(attention_mask, "bool"), axis=1))
    if causal is not None:
        masks.append(ops.expand_dims(causal, axis=(0, 1)))
    if not masks:
        return None
    combined = masks[0]
    for mask in masks[1:]:
        combined = ops.logical_and(combined, mask)
    return combined


def causal_mask(query_length, key_length, first_query=None):
    """(query, key), True where the key does not lie after the query.

    Args:
        query_length, key_length: ints or scalar tensors.
        first_query: int or scalar tensor, the key that stands at the first query's own position; when None the last
            query sees every key.
    """
    first_query = key_length - query_length if first_query is None else first_query
    query = ops.expand_dims(ops.arange(query_length), axis=1) + first_query
    key = ops.expand_dims(ops.arange(key_length), axis=0)
    return ops.less_equal(key, query)


def attention_bias(mask, dtype):
    """What is added to the attention logits: 0 where `mask` allows, a large negative number where it does not.

    The number is finite in `dtype`, so that a row without any allowed key gives equal weights and never NaN.
    """
    lowest = -3e4 if dtype == "float16" else -1e9
    return ops.cast(ops.where(mask, 0.0, lowest), dtype)
