"""A gallery: the embeddings of people who are known, to find again who an image shows."""

import dataclasses
import io
import json
from pathlib import Path

import numpy as np

from kformer.tasks.image_inputs import read_images, read_readable

_FORMAT_VERSION = 1
_ABOUT, _VECTORS = "gallery.json", "embeddings.npz"
KEEP = ("mean", "all")


@dataclasses.dataclass(frozen=True, eq=False)
class Gallery:
    """People and the embeddings of their images, by one model.

    Attributes:
        names: the people, tuple of str.
        vectors: embeddings of length 1, float32 (n, d).
        people: int (n,), whose each embedding is: a position in `names`.
        num_images: ints, of how many images each person's embeddings were made.
        fingerprint: str, of the model (`FaceVerification.fingerprint`).
        run: str, where the model was, or "".
    """

    names: tuple[str, ...]
    vectors: np.ndarray
    people: np.ndarray
    num_images: tuple[int, ...]
    fingerprint: str
    run: str = ""

    def __len__(self):
        return len(self.names)

    def identify(self, model, images, top=1, threshold=None, on_unreadable=None):
        """Who the images show.

        Args:
            model: the `FaceVerification` that the gallery was made by, or its predictor.
            images: list of paths, bytes of files or uint8 arrays.
            top: int, so many of the most similar people are told of each image.
            threshold: float, the least similarity that is enough; the model's own when None.
            on_unreadable: function that takes the error of each image that cannot be read, whose answer is None then;
                without it the first such error is raised.

        Returns:
            list of dicts: `name`, None where nobody is similar enough; `similarity`, of the most similar person;
            `threshold`; and `candidates`, a list of dicts of `name` and `similarity`, most similar first.

        Raises:
            ValueError: the gallery is of another model, the model has no threshold, or an image cannot be decoded.
        """
        task = _task_of(model)
        self.check(task)
        if threshold is None:
            threshold = _threshold_of(task)
        if on_unreadable is None:
            return [self._found(vector, top, threshold) for vector in task.embed(images)]
        contents = read_readable(images, read_images, on_unreadable)
        vectors = task.embed([content for (content,) in contents.values()])
        found = {i: self._found(vector, top, threshold) for i, vector in zip(contents, vectors, strict=True)}
        return [found.get(i) for i in range(len(images))]

    def check(self, model):
        """Refuses a model that the gallery was not made by: its embeddings lie elsewhere.

        Args:
            model: a `FaceVerification` or its predictor.

        Raises:
            ValueError: it is another one.
        """
        if _task_of(model).fingerprint != self.fingerprint:
            made_by = f" (`{self.run}`, as it was then)" if self.run else ""
            raise ValueError(
                f"The gallery was made by another model{made_by}: enroll its people anew with this one, or give the "
                "run that it was made by."
            )

    def _found(self, vector, top, threshold):
        similarities = np.full(len(self.names), -np.inf, "float32")
        np.maximum.at(similarities, self.people, self.vectors @ vector)
        order = np.argsort(-similarities, kind="stable")[: max(top, 1)]
        candidates = [{"name": self.names[i], "similarity": float(similarities[i])} for i in order]
        best = candidates[0]
        return {
            "name": best["name"] if best["similarity"] >= threshold else None,
            "similarity": best["similarity"],
            "threshold": float(threshold),
            "candidates": candidates[:top],
        }

    def save(self, folder):
        """Writes the gallery into a folder, whole or not at all; a gallery that is there is replaced.

        Args:
            folder: path.

        Raises:
            FileExistsError: something else is there.
        """
        from kformer.runs import atomic_folder

        folder = Path(folder)
        if not may_hold_gallery(folder):
            raise FileExistsError(f"`{folder}` holds something that is no gallery and is never overwritten: say --out.")
        about = {
            "format_version": _FORMAT_VERSION,
            "model": self.fingerprint,
            "run": self.run,
            "names": list(self.names),
            "num_images": list(self.num_images),
        }
        with atomic_folder(folder) as staged:
            file = io.BytesIO()
            np.savez(file, vectors=self.vectors, people=self.people)
            (staged / _VECTORS).write_bytes(file.getvalue())
            (staged / _ABOUT).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder):
        """Reads what `save` wrote; nothing in it is run.

        Args:
            folder: path.

        Raises:
            FileNotFoundError: there is no gallery.
            ValueError: it is damaged, or a newer kformer wrote it.
        """
        folder = Path(folder)
        if not is_gallery(folder):
            raise FileNotFoundError(f"There is no gallery in {folder}: make one with `kformer enroll RUN FOLDER`.")
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            version = about["format_version"]
            if version <= _FORMAT_VERSION:
                with np.load(folder / _VECTORS, allow_pickle=False) as arrays:
                    vectors, people = arrays["vectors"], arrays["people"]
                names, num_images = tuple(about["names"]), tuple(about["num_images"])
                _check_arrays(vectors, people, names, num_images)
                return cls(names, vectors, people, num_images, str(about["model"]), str(about["run"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = str(error).strip().rstrip(".") or type(error).__name__
            raise ValueError(f"The gallery {folder} is damaged ({reason}): enroll its people anew.") from error
        raise ValueError(
            f"The gallery {folder} has format version {version} and this kformer reads up to {_FORMAT_VERSION}: "
            "update it with `pip install -U kformer`."
        )


def enroll(model, people, keep="mean", run=""):
    """A gallery of people: the embeddings of their images.

    Args:
        model: a `FaceVerification` or its predictor.
        people: folder with a subfolder of images for each person, or `kformer.data.Examples`.
        keep: str, "mean", one embedding a person, the mean of those of the images; or "all", in which the most similar
            image counts.
        run: str, where the model is, to be found again by `kformer identify`.

    Returns:
        `Gallery`.

    Raises:
        FileNotFoundError, ValueError: there are no people, or an image cannot be decoded.
    """
    task = _task_of(model)
    if keep not in KEEP:
        raise ValueError(f"`keep` must be one of {', '.join(KEEP)}. Received: keep={keep!r}.")
    examples = read_people(people) if isinstance(people, str | Path) else people
    names, of_image = np.unique(examples.values("label"), return_inverse=True)
    vectors = task.outputs_of(examples)
    counts = np.bincount(of_image)
    if keep == "mean":
        sums = np.zeros((len(names), vectors.shape[1]), "float32")
        np.add.at(sums, of_image, vectors)
        vectors = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        of_image = np.arange(len(names))
    return Gallery(
        tuple(map(str, names)),
        vectors.astype("float32"),
        of_image.astype("int32"),
        tuple(counts.tolist()),
        task.fingerprint,
        str(run),
    )


def read_people(folder):
    """The images of a folder with a subfolder for each person: `kformer.data.Examples`.

    Raises:
        FileNotFoundError, ValueError: there is no such folder, it holds nobody, or too many images cannot be decoded.
    """
    from kformer.data import load

    return load(folder, required=("image", "label"), label_kind="class")


def is_gallery(folder):
    """Whether a folder holds a gallery."""
    return (Path(folder) / _ABOUT).is_file()


def may_hold_gallery(folder):
    """Whether a gallery may be written to a folder: it is not there, or empty, or holds a gallery."""
    folder = Path(folder)
    if not folder.exists():
        return True
    return folder.is_dir() and (is_gallery(folder) or not any(folder.iterdir()))


def _task_of(model):
    from kformer.tasks.face_verification.task import FaceVerification

    task = getattr(model, "task", model)
    if not isinstance(task, FaceVerification):
        raise ValueError(
            f"People are found again by a face verification. Received: a model for {getattr(task, 'title', task)}."
        )
    return task


def _threshold_of(task):
    if not task.has_threshold:
        raise ValueError(
            "The model has no threshold by which unknown people could be told: give one, or call `calibrate` with "
            "images of people who were not trained on."
        )
    return float(task.threshold)


def _check_arrays(vectors, people, names, num_images):
    shapes_fit = vectors.ndim == 2 and people.shape == (len(vectors),) and len(names) == len(num_images) > 0
    if not shapes_fit or vectors.dtype.kind != "f" or people.dtype.kind != "i":
        raise ValueError(f"`{_VECTORS}` and `{_ABOUT}` do not fit")
    if sorted(set(people.tolist())) != list(range(len(names))) or not np.isfinite(vectors).all():
        raise ValueError(f"`{_VECTORS}` holds embeddings of nobody, or none")
