"""Tokenizers for language models from scratch, learned from the texts."""

LARGEST_FOR_CHARACTERS = 2_000_000


def learn_tokenizer(texts, kind="auto", vocab_size=8000):
    """A tokenizer learned from texts.

    Args:
        texts: list of str.
        kind: str, "character", "byte_bpe" or "sentencepiece"; "auto" takes characters up to
            `LARGEST_FOR_CHARACTERS` of them, where subwords would be too rare to learn from, and else byte BPE.
        vocab_size: int, at most so many tokens; for SentencePiece exactly so many.

    Raises:
        ValueError: when there is no text, or `vocab_size` does not suit it.
    """
    from kformer.data import tokenizers

    if kind == "auto":
        kind = "character" if sum(map(len, texts)) <= LARGEST_FOR_CHARACTERS else "byte_bpe"
    if kind == "character":
        return tokenizers.CharacterTokenizer(tokenizers.train_characters(texts, vocab_size))
    if kind == "byte_bpe":
        return tokenizers.ByteBPETokenizer(*tokenizers.train_byte_bpe(texts, vocab_size))
    return tokenizers.SentencePieceTokenizer(tokenizers.train_sentencepiece(texts, vocab_size))
