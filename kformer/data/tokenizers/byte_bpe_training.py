"""Learning a byte-level BPE vocabulary from texts."""

import json

from kformer.data.tokenizers.byte_bpe import GPT2_TOKENS


def train_byte_bpe(texts, vocab_size=8000, special_tokens=GPT2_TOKENS):
    """A byte-level vocabulary learned from texts, for a model from scratch.

    Args:
        texts: iterable of str.
        vocab_size: int, at most so many tokens.
        special_tokens: strs, the first ids: `GPT2_TOKENS` or `ROBERTA_TOKENS`.

    Returns:
        `vocabulary` and `merges` of `ByteBPETokenizer`.

    Raises:
        ValueError: when `vocab_size` has no room for the bytes.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    least = 256 + len(special_tokens)
    if vocab_size < least:
        raise ValueError(
            f"`vocab_size` must be at least {least}, the bytes and the special tokens. "
            f"Received: vocab_size={vocab_size!r}."
        )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=list(special_tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), [tuple(merge) for merge in model["merges"]]
