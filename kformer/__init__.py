"""kformer: fine-tune Transformers on your own data with plain Keras.

Every name below is imported when it is first used, so that `import kformer` takes no time and loads no TensorFlow:

    import kformer as kf

    train, validation = kf.data.load("reviews.csv", text="review", label="stars").split(0.1, seed=0)
    task = kf.tasks.TextClassification.from_pretrained("minilm", labels=train.labels)
    run = kf.fine_tune(task, train, validation, kf.Recipe(epochs=3), out="saved_models/reviews")
    kf.load("saved_models/reviews")(["a stirring, funny film"])
"""

import os
from importlib import import_module

# TensorFlow reads it when it is first imported. It multiplies matrices by oneDNN on the newest processors only; the
# others gain from it too (AMD Zen 3: 8 to 15 % in MiniLM's products). Set it to 0 to have TensorFlow's own kernels.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"

__all__ = [
    "Examples",
    "FaceVerificationRecipe",
    "Gallery",
    "ImageClassificationRecipe",
    "LanguageModelingRecipe",
    "MaskedLanguageModelingRecipe",
    "ObjectDetectionRecipe",
    "Predictor",
    "Recipe",
    "Run",
    "SegmentationRecipe",
    "TextClassificationRecipe",
    "TransformerModel",
    "TranslationRecipe",
    "__version__",
    "checkpoints",
    "data",
    "enroll",
    "evaluation",
    "export",
    "exporting",
    "fine_tune",
    "fit",
    "generation",
    "layers",
    "load",
    "models",
    "runs",
    "tasks",
    "training",
]

# No class or function may bear the name of a room: Python sets `kformer.<room>` to the module once anybody imports it.
# Hence the room `exporting` and the function `export`.
_ROOMS = (
    "checkpoints",
    "data",
    "evaluation",
    "exporting",
    "generation",
    "layers",
    "models",
    "runs",
    "tasks",
    "training",
)
# Public name -> the module to import it from.
_HOMES = {
    "Examples": "kformer.data",
    "FaceVerificationRecipe": "kformer.training.image_recipes",
    "Gallery": "kformer.tasks.face_verification.gallery",
    "ImageClassificationRecipe": "kformer.training.image_recipes",
    "LanguageModelingRecipe": "kformer.training.recipes",
    "MaskedLanguageModelingRecipe": "kformer.training.recipes",
    "ObjectDetectionRecipe": "kformer.training.image_recipes",
    "Predictor": "kformer.exporting",
    "Recipe": "kformer.training.recipe",
    "Run": "kformer.training",
    "SegmentationRecipe": "kformer.training.image_recipes",
    "TextClassificationRecipe": "kformer.training.recipes",
    "TransformerModel": "kformer.models",
    "TranslationRecipe": "kformer.training.recipes",
    "enroll": "kformer.tasks.face_verification.gallery",
    "export": "kformer.exporting",
    "fine_tune": "kformer.training",
    "fit": "kformer.training",
    "load": "kformer.exporting",
}


def __getattr__(name: str):
    if name in _ROOMS:
        return import_module(f"kformer.{name}")
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'kformer' has no attribute '{name}'. Its public names are: {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return sorted(__all__)
