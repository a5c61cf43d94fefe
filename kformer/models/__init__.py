"""Backbones over the shared stack, and the registry of their variants."""

from importlib import import_module

from kformer.models.registry import VARIANTS, Variant, build, get_variant, variants

CLASSES = {
    "BertBackbone": "kformer.models.bert",
    "CompactTransformer": "kformer.models.cct",
    "ConvolutionalViT": "kformer.models.vitc",
    "GPT2Backbone": "kformer.models.gpt2",
    "MarianModel": "kformer.models.marian",
    "TransformerModel": "kformer.models.transformer",
    "ViTBackbone": "kformer.models.vit",
    "YolosBackbone": "kformer.models.yolos",
}

__all__ = [
    "VARIANTS",
    "BertBackbone",
    "CompactTransformer",
    "ConvolutionalViT",
    "GPT2Backbone",
    "MarianModel",
    "TransformerModel",
    "Variant",
    "ViTBackbone",
    "YolosBackbone",
    "build",
    "get_variant",
    "variants",
]


def __getattr__(name):
    # The registry is read by `kformer models` without loading Keras; the classes are not.
    if name in CLASSES:
        return getattr(import_module(CLASSES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
