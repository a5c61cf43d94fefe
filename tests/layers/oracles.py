"""The parts of a Transformer in plain NumPy, written as in the papers: what our layers are compared with."""

import math

import numpy as np


def dense(x, layer):
    return x @ np.asarray(layer.kernel) + (0.0 if layer.bias is None else np.asarray(layer.bias))


def softmax(x):
    exponentials = np.exp(x - x.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def gelu(x):
    return 0.5 * x * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0)))


def layer_norm(x, layer):
    normalised = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + layer.epsilon)
    return normalised * np.asarray(layer.gamma) + np.asarray(layer.beta)


def attention(layer, inputs, context=None, mask=None):
    """Multi-head attention, one head at a time.

    Args:
        layer: our layer, for its weights.
        inputs: (batch, query, d_model).
        context: (batch, key, d_context), or None for the inputs.
        mask: (batch, query, key), True where attention is allowed.

    Returns:
        (batch, query, d_model), and the weights (batch, num_heads, query, key).
    """
    context = inputs if context is None else context
    query, key, value = dense(inputs, layer.query), dense(context, layer.key), dense(context, layer.value)
    heads, scores = [], []
    for head in range(layer.num_heads):
        columns = slice(head * layer.d_head, (head + 1) * layer.d_head)
        logits = query[..., columns] @ np.swapaxes(key[..., columns], 1, 2) / math.sqrt(layer.d_head)
        if mask is not None:
            logits = np.where(mask, logits, -1e9)
        scores.append(softmax(logits))
        heads.append(scores[-1] @ value[..., columns])
    return dense(np.concatenate(heads, axis=-1), layer.output_projection), np.stack(scores, axis=1)


def feed_forward(layer, x):
    """W2 gelu(W1 x + b1) + b2."""
    return dense(gelu(dense(x, layer.hidden)), layer.output_projection)


def block(layer, x, mask=None, context=None):
    """A whole block without dropout: each sublayer in its residual, as `norm_first` says."""

    def around(residual, x, sublayer):
        if layer.norm_first:
            return x + sublayer(layer_norm(x, residual.norm))
        return layer_norm(x + sublayer(x), residual.norm)

    x = around(layer.attention_residual, x, lambda y: attention(layer.attention, y, mask=mask)[0])
    if layer.cross_attention:
        x = around(layer.context_residual, x, lambda y: attention(layer.context_attention, y, context)[0])
    return around(layer.feed_forward_residual, x, lambda y: feed_forward(layer.feed_forward, y))
