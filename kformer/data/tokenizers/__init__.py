"""Tokenizers: text to ids and back, the same operations in training, in prediction and in a SavedModel."""

from kformer.data.tokenizers.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer, train_wordpiece

__all__ = ["SPECIAL_TOKENS", "WordPieceTokenizer", "train_wordpiece"]
