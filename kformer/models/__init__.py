"""Backbones over the shared stack, and the registry of their variants."""

from kformer.models.registry import VARIANTS, Variant, build, get_variant, variants

__all__ = ["VARIANTS", "BertBackbone", "Variant", "build", "get_variant", "variants"]


def __getattr__(name):
    # The registry is read by `kformer models` without loading Keras; the classes are not.
    if name == "BertBackbone":
        from kformer.models.bert import BertBackbone

        return BertBackbone
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
