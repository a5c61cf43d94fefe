"""The parts of a Transformer: plain Keras layers over `keras.ops`, on every backend."""

from kformer.layers.attention import MultiHeadAttention
from kformer.layers.block import Residual, TransformerBlock
from kformer.layers.drop_path import DropPath
from kformer.layers.dropout import Dropout
from kformer.layers.embeddings import PositionEmbedding, SinusoidalPositionEmbedding, TokenEmbedding
from kformer.layers.feed_forward import FeedForward
from kformer.layers.masked_language_model import MaskedLanguageModelHead
from kformer.layers.stack import TransformerStack

__all__ = [
    "DropPath",
    "Dropout",
    "FeedForward",
    "MaskedLanguageModelHead",
    "MultiHeadAttention",
    "PositionEmbedding",
    "Residual",
    "SinusoidalPositionEmbedding",
    "TokenEmbedding",
    "TransformerBlock",
    "TransformerStack",
]
