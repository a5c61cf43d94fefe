"""Face verification: whether two images show one person, and who of several people an image shows."""

from importlib import import_module

_NAMES = {
    "FaceVerification": "kformer.tasks.face_verification.task",
    "Gallery": "kformer.tasks.face_verification.gallery",
    "enroll": "kformer.tasks.face_verification.gallery",
}

__all__ = ["FaceVerification", "Gallery", "enroll"]


def __getattr__(name):
    # Opening a gallery loads no Keras.
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
