"""One tiny tokenizer of each kind."""

from functools import cache

from kformer.data.tokenizers import (
    ROBERTA_TOKENS,
    ByteBPETokenizer,
    CharacterTokenizer,
    MarianTokenizer,
    SentencePieceTokenizer,
    WordPieceTokenizer,
    train_byte_bpe,
    train_characters,
    train_sentencepiece,
)
from tests.data.tokenizers.test_marian import FOLDER, PIECES
from tests.data.tokenizers.test_sentence_piece import sentences
from tests.tiny import VOCABULARY

NAMES = ("wordpiece", "byte_bpe", "byte_bpe_of_roberta", "bpe", "unigram", "marian", "character")


@cache
def tiny_tokenizer(name):
    """The tokenizer of `NAMES`; settings that have a default are not left at it."""
    texts = sentences(300)
    return {
        "wordpiece": lambda: WordPieceTokenizer(VOCABULARY, lowercase=False),
        "byte_bpe": lambda: ByteBPETokenizer(*train_byte_bpe(texts, 400), add_prefix_space=True),
        "byte_bpe_of_roberta": lambda: ByteBPETokenizer(*train_byte_bpe(texts, 300, ROBERTA_TOKENS)),
        "bpe": lambda: SentencePieceTokenizer(train_sentencepiece(texts, 45)),
        "unigram": lambda: SentencePieceTokenizer(train_sentencepiece(texts, 45, "unigram")),
        "marian": lambda: MarianTokenizer((FOLDER / "source.spm").read_bytes(), PIECES),
        "character": lambda: CharacterTokenizer(train_characters(texts)),
    }[name]()
