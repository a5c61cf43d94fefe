"""Face verification: whether two images show one person, and who of several people an image shows."""

from kformer.tasks.face_verification.gallery import Gallery, enroll
from kformer.tasks.face_verification.task import FaceVerification

__all__ = ["FaceVerification", "Gallery", "enroll"]
