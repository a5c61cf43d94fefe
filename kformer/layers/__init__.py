"""The parts of a Transformer: plain Keras layers over `keras.ops`, on every backend."""

from kformer.layers.arc_face import ArcFace
from kformer.layers.attention import MultiHeadAttention
from kformer.layers.block import Residual, TransformerBlock
from kformer.layers.convolution import NormalisedConvolution
from kformer.layers.convolutional_stem import ConvolutionalStem
from kformer.layers.dense_detection_head import DenseDetectionHead
from kformer.layers.detection_head import SetPredictionHead
from kformer.layers.drop_path import DropPath
from kformer.layers.dropout import Dropout
from kformer.layers.embeddings import PositionEmbedding, SinusoidalPositionEmbedding, TokenEmbedding
from kformer.layers.feature_fusion import FeatureFusion
from kformer.layers.feature_pyramid import FeaturePyramid
from kformer.layers.feed_forward import FeedForward
from kformer.layers.grid_positions import GridPositionEmbedding
from kformer.layers.learned_tokens import LearnedTokens
from kformer.layers.mask_decoders import LinearMaskDecoder, MaskTransformer
from kformer.layers.masked_language_model import MaskedLanguageModelHead
from kformer.layers.patches import PatchEmbedding
from kformer.layers.sequence_pooling import SequencePooling
from kformer.layers.stack import TransformerStack

__all__ = [
    "ArcFace",
    "ConvolutionalStem",
    "DenseDetectionHead",
    "DropPath",
    "Dropout",
    "FeatureFusion",
    "FeaturePyramid",
    "FeedForward",
    "GridPositionEmbedding",
    "LearnedTokens",
    "LinearMaskDecoder",
    "MaskTransformer",
    "MaskedLanguageModelHead",
    "MultiHeadAttention",
    "NormalisedConvolution",
    "PatchEmbedding",
    "PositionEmbedding",
    "Residual",
    "SequencePooling",
    "SetPredictionHead",
    "SinusoidalPositionEmbedding",
    "TokenEmbedding",
    "TransformerBlock",
    "TransformerStack",
]
