"""Tokenizers: text to ids and back, the same operations in training, in prediction and in a SavedModel."""

from kformer.data.tokenizers.byte_bpe import GPT2_TOKENS, ROBERTA_TOKENS, ByteBPETokenizer
from kformer.data.tokenizers.byte_bpe_training import train_byte_bpe
from kformer.data.tokenizers.character import CharacterTokenizer, train_characters
from kformer.data.tokenizers.loading import TOKENIZERS, load_tokenizer
from kformer.data.tokenizers.marian import MarianTokenizer
from kformer.data.tokenizers.sentence_piece import SentencePieceTokenizer
from kformer.data.tokenizers.sentence_piece_training import train_sentencepiece
from kformer.data.tokenizers.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer, train_wordpiece

__all__ = [
    "GPT2_TOKENS",
    "ROBERTA_TOKENS",
    "SPECIAL_TOKENS",
    "ByteBPETokenizer",
    "CharacterTokenizer",
    "MarianTokenizer",
    "SentencePieceTokenizer",
    "TOKENIZERS",
    "WordPieceTokenizer",
    "load_tokenizer",
    "train_byte_bpe",
    "train_characters",
    "train_sentencepiece",
    "train_wordpiece",
]
