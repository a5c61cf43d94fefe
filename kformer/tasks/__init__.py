"""Downstream tasks: plain Keras models that know their data, loss and metrics. One file per task."""

from importlib import import_module

from kformer.errors import suggest

# Name on the command line -> (module, class).
TASKS = {
    "face-verification": ("kformer.tasks.face_verification.task", "FaceVerification"),
    "image-classification": ("kformer.tasks.image_classification", "ImageClassification"),
    "language-modeling": ("kformer.tasks.language_modeling", "LanguageModeling"),
    "masked-language-modeling": ("kformer.tasks.masked_language_modeling", "MaskedLanguageModeling"),
    "object-detection": ("kformer.tasks.object_detection", "ObjectDetection"),
    "segmentation": ("kformer.tasks.segmentation", "Segmentation"),
    "text-classification": ("kformer.tasks.text_classification", "TextClassification"),
    "translation": ("kformer.tasks.translation", "Translation"),
}

_NAMES = {
    "FaceVerification": "kformer.tasks.face_verification.task",
    "ImageClassification": "kformer.tasks.image_classification",
    "LanguageModeling": "kformer.tasks.language_modeling",
    "MaskedLanguageModeling": "kformer.tasks.masked_language_modeling",
    "ObjectDetection": "kformer.tasks.object_detection",
    "Segmentation": "kformer.tasks.segmentation",
    "SentenceEmbedder": "kformer.tasks.embedding",
    "Task": "kformer.tasks.task",
    "TextClassification": "kformer.tasks.text_classification",
    "Translation": "kformer.tasks.translation",
    "load_task": "kformer.tasks.loading",
}

__all__ = [
    "TASKS",
    "FaceVerification",
    "ImageClassification",
    "LanguageModeling",
    "MaskedLanguageModeling",
    "ObjectDetection",
    "Segmentation",
    "SentenceEmbedder",
    "Task",
    "TextClassification",
    "Translation",
    "get_task",
    "load_task",
]


def get_task(name):
    """The class of a task by its name on the command line.

    Raises:
        ValueError: for an unknown name; the known ones are listed and the nearest is suggested.
    """
    if name not in TASKS:
        raise ValueError(f"There is no task {name!r}.{suggest(name, TASKS)} Known: {', '.join(TASKS)}.")
    module, class_name = TASKS[name]
    return getattr(import_module(module), class_name)


def __getattr__(name):
    # Listing the tasks loads no Keras.
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
