"""Writes predicted masks as pictures."""

from collections.abc import Sequence
from pathlib import Path


class MaskFiles:
    """A folder for masks: of each picture its class indices, as PNG, and the picture with their colours over it.

    Args:
        folder: Where to write; made where it is not there.
        class_names: Of the indices in masks; the background is not coloured.
    """

    def __init__(self, folder: str, class_names: Sequence[str] = ()):
        from kformer.data.images.drawing import background_of

        self._unpainted = background_of(class_names)
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._names = set()

    def write(self, picture: str, mask) -> str:
        """Writes the mask of a picture, and the picture under it.

        Args:
            picture: Path of the picture.
            mask: uint8 (height, width), class indices.

        Returns:
            The path of the mask; the other is beside it and ends in ".overlay.png".
        """
        from kformer.evaluation.pictures import overlaid, to_png, upright
        from kformer.runs import write_atomic

        name = self._free_name(Path(picture).stem)
        path = self.folder / f"{name}.png"
        write_atomic(path, to_png(mask))
        write_atomic(self.folder / f"{name}.overlay.png", to_png(overlaid(upright(picture), mask, self._unpainted)))
        return str(path)

    def _free_name(self, stem: str) -> str:
        """Returns a name that no other picture has: pictures of two folders may be called alike."""
        name, number = stem, 2
        while name in self._names:
            name, number = f"{stem}-{number}", number + 1
        self._names.add(name)
        return name


def open_mask_files(predictor, folder: str | None) -> MaskFiles | None:
    """Returns where masks are written, or None where no folder is given.

    Args:
        predictor: What `kformer.load` returned.
        folder: Where to write.

    Raises:
        ValueError: The run predicts no masks.
    """
    if folder is None:
        return None
    if "mask" not in predictor.required:
        raise ValueError(f"The run predicts no masks, but --masks {folder} was given. Leave it out.")
    return MaskFiles(folder, predictor.task.class_map.names)
