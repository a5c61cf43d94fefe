"""Training: recipe, schedules, optimizer, callbacks, fine-tuning."""

from importlib import import_module

_NAMES = {
    "AdamW": "kformer.training.optimizer",
    "Recipe": "kformer.training.recipe",
    "Run": "kformer.training.run",
    "fine_tune": "kformer.training.tuning",
    "fit": "kformer.training.fitting",
}

__all__ = ["AdamW", "Recipe", "Run", "fine_tune", "fit"]


def __getattr__(name):
    # `kformer --help` reads the recipe alone, without loading Keras.
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
