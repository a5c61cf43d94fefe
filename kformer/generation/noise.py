"""Random numbers that depend on nothing but what they are for: no state, no order, no place in a batch.

A number is the hash of (seed, sample, position, token), so that a prompt gets the same noise alone and among others.
"""

import numpy as np
from keras import ops

WORD = 0xFFFFFFFF


def streams(seed, samples):
    """One stream of random numbers per row.

    Args:
        seed: int, of any size and sign.
        samples: int array (rows,): which of a prompt's samples each row is.

    Returns:
        uint32 array (rows,), for `gumbel_noise`.
    """
    low, high = seed & WORD, (seed >> 32) & WORD
    rows = ops.convert_to_tensor(np.asarray(samples, "uint32"))
    seeded = mix(mix(ops.full_like(rows, low)) + np.uint32(high))
    return ops.convert_to_numpy(mix(seeded + rows))


def gumbel_noise(stream, position, vocab_size):
    """Independent draws of -log(-log(u)): the argmax of logits plus this is a sample of their softmax.

    Paper: Maddison, Tarlow and Minka, "A* Sampling", arXiv 1411.0030, section 2 (the Gumbel-max trick).

    Args:
        stream: (batch,) uint32, of `streams`.
        position: (batch,) int32, of the token that is drawn.
        vocab_size: int.

    Returns:
        (batch, vocab_size) float32.
    """
    at_position = ops.expand_dims(mix(stream + ops.cast(position, "uint32")), axis=1)
    # XLA has no range of unsigned integers.
    bits = mix(at_position + ops.cast(ops.arange(vocab_size, dtype="int32"), "uint32"))
    # 24 bits fill the mantissa of float32; half a step keeps 0 and 1 out.
    uniform = (ops.cast(ops.right_shift(bits, np.uint32(8)), "float32") + 0.5) / 2.0**24
    return -ops.log(-ops.log(uniform))


def mix(x):
    """A bijection of uint32 in which every bit of the input changes each bit of the output with probability 1/2.

    Two multiplications and three shifts, found by search: C. Wellons, "Prospecting for Hash Functions", 2018.
    """
    x = (x ^ ops.right_shift(x, np.uint32(16))) * np.uint32(0x21F0AAAD)
    x = (x ^ ops.right_shift(x, np.uint32(15))) * np.uint32(0x735A2D97)
    return x ^ ops.right_shift(x, np.uint32(15))
