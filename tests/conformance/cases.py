"""The table of all layers and tasks: each row says how it is built and what it is called with.

A new layer or task is a new row; every property in this folder is then tested for it.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable

import keras
import numpy as np

from kformer import layers, models
from kformer.models.cct import ConvolutionalTokenizer
from kformer.models.yolos import MidPositions
from kformer.tasks.face_verification.head import EmbeddingHead
from tests.tiny import (
    FAMILIES,
    backbone,
    detector,
    face_verifier,
    image_classifier,
    language_model,
    masked_language_model,
    randomise,
    segmenter,
    task,
    translator,
    vit,
    vitc,
)

random = np.random.default_rng(0)
BATCH, LENGTH, D_MODEL = 3, 6, 8
X = random.normal(size=(BATCH, LENGTH, D_MODEL)).astype("float32")
CONTEXT = random.normal(size=(BATCH, 4, D_MODEL)).astype("float32")
MASK = np.arange(LENGTH) < np.array([[6], [4], [1]])
TOKEN_IDS = (random.integers(5, 60, (BATCH, LENGTH)) * MASK).astype("int32")
TEXT = {"token_ids": TOKEN_IDS, "padding_mask": MASK}
TRANSLATION = {"source_ids": TOKEN_IDS, "source_padding_mask": MASK, "target_ids": TOKEN_IDS}
LETTERS = {"token_ids": TOKEN_IDS % 16, "padding_mask": MASK}
IMAGES = random.normal(size=(BATCH, 8, 12, 3)).astype("float32")
LARGE_IMAGES = random.normal(size=(BATCH, 32, 48, 3)).astype("float32")
PICTURES = {"images": IMAGES}
GRID = random.normal(size=(BATCH, 2, 3, D_MODEL)).astype("float32")
PAIR = {**TEXT, "segment_ids": ((np.arange(LENGTH) > 2) & MASK).astype("int32")}


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One row.

    Attributes:
        name: str.
        make: function of (dtype, dropout) that returns the layer, built or not.
        inputs: what it is called with.
        others: further arguments by name: arrays, or switches.
        is_random: whether it drops anything in training.
    """

    name: str
    make: Callable
    inputs: np.ndarray | dict
    others: dict = dataclasses.field(default_factory=dict)
    is_random: bool = True

    def build(self, dtype=None, dropout=0.0):
        """The layer with random weights, always the same."""
        layer = self.make(dtype, dropout)
        if not layer.built:
            self.call(layer)
        return randomise(layer)

    @functools.cached_property
    def layer(self):
        """The layer in float32 without dropout, built once for all properties."""
        return self.build()

    def call(self, layer, inputs=None, training=False, **others):
        """The layer's outputs; what is given replaces the row's own."""
        switch = {"training": training} if "training" in inspect.signature(layer.call).parameters else {}
        return layer(self.inputs if inputs is None else inputs, **{**self.others, **others}, **switch)

    @property
    def arrays(self):
        """The arrays that it is called with: (inputs, dict of others)."""
        return self.inputs, {name: value for name, value in self.others.items() if isinstance(value, np.ndarray)}

    def __str__(self):
        return self.name


def flat(outputs):
    """All outputs as a list of arrays."""
    return [np.asarray(output) for output in keras.tree.flatten(outputs)]


def block(dtype, dropout, **settings):
    return layers.TransformerBlock(2, D_MODEL, 16, dropout, dtype=dtype, **settings)


def stack(dtype, dropout, num_layers=1, **settings):
    return layers.TransformerStack(num_layers, 2, D_MODEL, 16, dropout, dtype=dtype, **settings)


def attention(dtype, dropout):
    return layers.MultiHeadAttention(2, D_MODEL, dropout, dtype=dtype)


def text_classification(**settings):
    return lambda dtype, dropout: task(dropout=dropout, dtype=dtype, **settings)


LAYERS = [
    Case("attention", attention, X, {"padding_mask": MASK}),
    Case("causal attention", attention, X, {"use_causal_mask": True, "return_scores": True}),
    Case("cross-attention", attention, X, {"context": CONTEXT}),
    Case("feed-forward", lambda dtype, dropout: layers.FeedForward(D_MODEL, 16, dropout=dropout, dtype=dtype), X),
    Case("dropout", lambda dtype, dropout: layers.Dropout(dropout, dtype=dtype), X),
    Case("drop path", lambda dtype, dropout: layers.DropPath(dropout, dtype=dtype), X),
    Case("tokens", lambda dtype, _: layers.TokenEmbedding(60, D_MODEL, True, dtype=dtype), TOKEN_IDS, is_random=False),
    Case("positions", lambda dtype, _: layers.PositionEmbedding(9, D_MODEL, 2, dtype=dtype), X, is_random=False),
    Case("sinusoids", lambda dtype, _: layers.SinusoidalPositionEmbedding(9, D_MODEL, dtype=dtype), X, is_random=False),
    Case("patches", lambda dtype, _: layers.PatchEmbedding(4, D_MODEL, dtype=dtype), IMAGES, is_random=False),
    Case(
        "feature pyramid",
        lambda dtype, _: layers.FeaturePyramid(16, D_MODEL, dtype=dtype),
        IMAGES,
        is_random=False,
    ),
    Case(
        "dense detection head",
        lambda dtype, _: layers.DenseDetectionHead(16, 2, D_MODEL, 1, dtype=dtype),
        IMAGES,
        is_random=False,
    ),
    Case(
        "positions on a grid",
        lambda dtype, _: layers.GridPositionEmbedding((2, 2), D_MODEL, 1, 2, dtype=dtype),
        IMAGES,
        is_random=False,
    ),
    Case("learned tokens", lambda dtype, _: layers.LearnedTokens(2, D_MODEL, dtype=dtype), X, is_random=False),
    Case("sequence pooling", lambda dtype, _: layers.SequencePooling(dtype=dtype), X, is_random=False),
    Case(
        "embedding head",
        lambda dtype, dropout: EmbeddingHead(4, dropout, dtype=dtype),
        X[:, 0],
    ),
    Case(
        "embedding head without projection",
        lambda dtype, dropout: EmbeddingHead(4, dropout, projected=False, dtype=dtype),
        X[:, 0],
    ),
    Case(
        "arc face",
        lambda dtype, _: layers.ArcFace(5, margin=0.3, scale=4.0, num_centers=2, dtype=dtype),
        X[:, 0],
        {"targets": np.array([0, 3, 1], "int32")},
        is_random=False,
    ),
    Case("set prediction head", lambda dtype, _: layers.SetPredictionHead(D_MODEL, 5, dtype=dtype), X, is_random=False),
    Case(
        "convolutional tokens",
        lambda dtype, _: ConvolutionalTokenizer(D_MODEL, 2, hidden_channels=4, dtype=dtype),
        IMAGES,
        is_random=False,
    ),
    Case("convolution", lambda dtype, _: layers.NormalisedConvolution(8, 2, dtype=dtype), IMAGES, is_random=False),
    Case(
        "convolutional stem",
        lambda dtype, _: layers.ConvolutionalStem(4, D_MODEL, 8, dtype=dtype),
        IMAGES,
        is_random=False,
    ),
    Case(
        "linear mask decoder",
        lambda dtype, _: layers.LinearMaskDecoder(5, 2, dtype=dtype),
        GRID,
        is_random=False,
    ),
    Case(
        "mask transformer",
        lambda dtype, dropout: layers.MaskTransformer(5, 1, 2, D_MODEL, 16, dropout, dtype=dtype),
        GRID,
    ),
    Case(
        "mask transformer over pixels",
        lambda dtype, dropout: layers.MaskTransformer(5, 2, 2, D_MODEL, 16, dropout, 0.01, dtype=dtype),
        GRID,
        {"pixels": IMAGES},
    ),
    Case(
        "positions between blocks",
        lambda dtype, _: MidPositions(2, (2, 2), D_MODEL, 2, dtype=dtype),
        IMAGES,
        is_random=False,
    ),
    Case(
        "masked-language-model head",
        lambda dtype, _: layers.MaskedLanguageModelHead(D_MODEL, 60, dtype=dtype),
        X,
        {"table": random.normal(size=(60, D_MODEL)).astype("float32")},
        is_random=False,
    ),
    Case("residual", lambda dtype, dropout: layers.Residual(dropout, dtype=dtype), X, {"outputs": X[::-1].copy()}),
    Case("post-norm block", block, X, {"return_scores": True}),
    Case("pre-norm block", lambda *a: block(*a, norm_first=True, activation="gelu_tanh"), X),
    Case("cross block", lambda *a: block(*a, cross_attention=True), X, {"context": CONTEXT}),
    Case(
        "post-norm stack", lambda *a: stack(*a, num_layers=2), X, {"padding_mask": MASK, "return_hidden_states": True}
    ),
    Case(
        "pre-norm stack",
        lambda *a: stack(*a, norm_first=True, norm_epsilon=1e-5),
        X,
        {"padding_mask": MASK, "use_causal_mask": True, "return_attention_scores": True},
    ),
    Case(
        "stack of a ViT",
        lambda *a: stack(*a, num_layers=2, norm_first=True, qkv_bias=False, drop_path=0.01),
        X,
        {"return_hidden_states": True},
    ),
    Case("cross stack", lambda *a: stack(*a, cross_attention=True), X, {"context": CONTEXT}),
]
BACKBONES = [
    Case(family, lambda dtype, dropout, family=family: backbone(family, dtype=dtype, dropout=dropout), inputs)
    for family, inputs in zip(FAMILIES, (PAIR, TEXT, TEXT), strict=True)
]
DECODERS = [
    Case("gpt2", lambda dtype, dropout: models.GPT2Backbone(60, 1, D_MODEL, 2, 16, 24, dropout, dtype=dtype), TEXT),
    Case(
        "encoder-decoder",
        lambda dtype, dropout: models.TransformerModel(1, D_MODEL, 2, 16, 60, 60, rate=dropout, dtype=dtype),
        TRANSLATION,
    ),
    Case(
        "marian",
        lambda dtype, dropout: models.MarianModel(
            1, D_MODEL, 2, 16, 60, 60, padding_id=0, dropout=dropout, dtype=dtype
        ),
        TRANSLATION,
    ),
]
VISION = [
    Case(name, lambda dtype, dropout, changes=changes: vit(dtype=dtype, dropout=dropout, **changes), PICTURES)
    for name, changes in {
        "vit": {},
        "vit by the mean": {"pooling": "mean", "qkv_bias": False},
        "deit": {"distilled": True, "num_layers": 2, "drop_path": 0.01},
    }.items()
] + [
    Case("vit with a convolutional stem", lambda dtype, dropout: vitc(dtype=dtype, dropout=dropout), PICTURES),
    Case(
        "vit with a stem that normalises batches",
        lambda dtype, dropout: vitc(dtype=dtype, dropout=dropout, stem_norm="batch"),
        PICTURES,
    ),
    Case(
        "yolos",
        lambda dtype, dropout: models.YolosBackbone(
            2, D_MODEL, 2, 16, (8, 8), 4, num_detection_tokens=3, dropout=dropout, dtype=dtype
        ),
        PICTURES,
    ),
    Case(
        "cct",
        lambda dtype, dropout: models.CompactTransformer(
            2, D_MODEL, 2, 16, 16, num_convolutions=2, hidden_channels=4, dropout=dropout, drop_path=0.01, dtype=dtype
        ),
        PICTURES,
    ),
]
TASKS = [
    Case("text classification", text_classification(), TEXT),
    Case("text classification of pairs", text_classification(pair=True), PAIR),
    Case("text classification by the mean", text_classification(pooling="mean"), TEXT),
    Case("multi-label text classification", text_classification(problem="multi_label"), TEXT),
    Case("text regression", text_classification(problem="regression"), TEXT),
    Case("language modeling", lambda dtype, dropout: language_model(dtype=dtype, dropout=dropout), LETTERS),
    Case(
        "image classification",
        lambda dtype, dropout: image_classifier(dtype=dtype, dropout=dropout),
        PICTURES,
    ),
    *(
        Case(
            name,
            lambda dtype, dropout, settings=settings: segmenter(*settings, dtype=dtype, dropout=dropout),
            PICTURES,
        )
        for name, settings in {
            "segmentation": ("linear", "convolutional"),
            "segmentation by masks": ("mask", "convolutional"),
            "segmentation over patches": ("linear", "patches"),
            "segmentation by masks over patches": ("mask", "patches"),
        }.items()
    ),
    Case("face verification", lambda dtype, dropout: face_verifier(dtype=dtype, dropout=dropout), PICTURES),
    Case(
        "dense object detection",
        lambda dtype, dropout: detector("dense", dtype=dtype, dropout=dropout),
        {"images": LARGE_IMAGES},
    ),
    Case(
        "object detection as a set",
        lambda dtype, dropout: detector("set", dtype=dtype, dropout=dropout),
        {"images": LARGE_IMAGES},
    ),
    Case(
        "translation",
        lambda dtype, dropout: translator(dtype=dtype, rate=dropout),
        {name: array % 45 if array.dtype == "int32" else array for name, array in TRANSLATION.items()},
    ),
    Case(
        "masked language modeling",
        lambda dtype, dropout: masked_language_model(dtype=dtype, dropout=dropout),
        TEXT,
    ),
]
CASES = [*LAYERS, *BACKBONES, *DECODERS, *VISION, *TASKS]
