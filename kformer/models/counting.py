"""What the blocks of an encoder hold and cost, told from their sizes."""


def count_block_parameters(d_model, d_ff, qkv_bias=True):
    """The trainable parameters of one block without cross-attention."""
    attention = 4 * d_model * d_model + (4 if qkv_bias else 1) * d_model
    feed_forward = 2 * d_model * d_ff + d_ff + d_model
    return attention + feed_forward + 4 * d_model


def block_flops(d_model, d_ff, length):
    """Floating-point operations of one block's forward pass for one token that sees `length` tokens."""
    return 2 * (4 * d_model * d_model + 2 * d_model * d_ff) + 4 * length * d_model
