"""Tokenizers: text to ids and back, the same operations in training, in prediction and in a SavedModel."""

from kformer.data.tokenizers.marian import MarianTokenizer
from kformer.data.tokenizers.sentence_piece import SentencePieceTokenizer
from kformer.data.tokenizers.sentence_piece_training import train_sentencepiece
from kformer.data.tokenizers.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer, train_wordpiece

__all__ = [
    "SPECIAL_TOKENS",
    "MarianTokenizer",
    "SentencePieceTokenizer",
    "WordPieceTokenizer",
    "train_sentencepiece",
    "train_wordpiece",
]
