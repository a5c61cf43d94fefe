"""What a run found, drawn into copies of the pictures."""

from collections.abc import Sequence
from pathlib import Path

from kformer.cli.console import note, short_path
from kformer.wording import counted


class Drawing:
    """A predictor that also draws the boxes it finds.

    Args:
        predictor: kformer.Predictor of a run that finds boxes.
        folder: Where copies of the pictures are written, as PNG files named like them.

    Raises:
        ValueError: The run finds no boxes.
    """

    def __init__(self, predictor, folder: str):
        if "boxes" not in predictor.required:
            raise ValueError("--draw draws boxes, and this run finds none. Leave it out.")
        self._predictor = predictor
        self._folder = Path(folder)
        self._names: set[str] = set()
        self._num_boxes = 0

    def __getattr__(self, name: str):
        return getattr(self._predictor, name)

    def __call__(self, pictures: Sequence[str], **options) -> list[dict | None]:
        """Returns the answers, and draws them; `options` are the predictor's."""
        from kformer.evaluation.pictures import drawn_answer

        answers = self._predictor(pictures, **options)
        self._folder.mkdir(parents=True, exist_ok=True)
        for picture, answer in zip(pictures, answers, strict=True):
            if isinstance(picture, str) and answer is not None:
                self._num_boxes += len(answer["boxes"])
                drawn_answer(picture, answer["boxes"], self.labels).save(self._folder / self._new_name(picture))
        return answers

    def tell(self):
        """Says where the pictures are."""
        boxes, pictures = counted(self._num_boxes, "box", "boxes"), counted(len(self._names), "picture")
        least = f"{self._predictor.task.score_threshold:g}"
        enough = f"with a score of {least} or more (--score-threshold)"
        note(f"{boxes} {enough} found, {pictures} drawn in {short_path(self._folder)}")

    def _new_name(self, picture: str) -> str:
        """Returns a name that no other picture of this call has."""
        stem, number = Path(picture).stem, 1
        name = f"{stem}.png"
        while name in self._names:
            number += 1
            name = f"{stem}-{number}.png"
        self._names.add(name)
        return name
