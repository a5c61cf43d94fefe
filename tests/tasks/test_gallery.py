"""Galleries of people, and who is found in them."""

import json

import numpy as np
import pytest

import kformer as kf
from tests.tiny import face_verifier, image_classifier, people


@pytest.fixture(scope="module")
def task():
    task = face_verifier(embedding_size=8)
    task.threshold.assign(0.9)
    return task


@pytest.fixture
def gallery(task):
    return kf.enroll(task, people(4, 3), run="/runs/faces")


@pytest.fixture
def folder(tmp_path):
    """A folder with a subfolder of pictures for each of three people."""
    examples = people(3, 2)
    for number, (name, content) in enumerate(zip(examples.values("label"), examples.values("image"), strict=True)):
        (tmp_path / "people" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "people" / name / f"{number}.png").write_bytes(content)
    return tmp_path / "people"


def test_a_person_s_embedding_is_the_mean_of_the_images(task, gallery):
    expected = task.outputs_of(people(4, 3)).reshape(4, 3, 8).mean(axis=1)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(gallery.vectors, expected, atol=1e-5)
    assert (gallery.names, gallery.num_images) == (("p0", "p1", "p2", "p3"), (3, 3, 3, 3))


def test_all_embeddings_can_be_kept(task):
    gallery = kf.enroll(task, people(4, 3), keep="all")
    assert gallery.vectors.shape == (12, 8)
    (found,) = gallery.identify(task, people(4, 3).values("image")[4:5])
    assert (found["name"], found["similarity"]) == ("p1", pytest.approx(1.0, abs=1e-5))


def test_candidates_come_most_similar_first(task, gallery):
    (found,) = gallery.identify(task, people(1, 1, first=2).values("image"), top=3)
    similarities = [candidate["similarity"] for candidate in found["candidates"]]
    assert len(similarities) == 3 and similarities == sorted(similarities, reverse=True)
    vector = task.embed(people(1, 1, first=2).values("image"))[0]
    assert similarities[0] == pytest.approx(float((gallery.vectors @ vector).max()), abs=1e-5)


def test_somebody_similar_to_nobody_is_unknown(task, gallery):
    picture = people(1, 1).values("image")
    (found,) = gallery.identify(task, picture, threshold=1.01)
    assert found["name"] is None
    (found,) = gallery.identify(task, picture, threshold=-1)
    assert found["name"] == found["candidates"][0]["name"]


def test_the_threshold_is_the_model_s(task, gallery):
    (found,) = gallery.identify(task, people(1, 1).values("image"))
    assert found["threshold"] == pytest.approx(0.9)


def test_a_saved_gallery_is_the_same(gallery, tmp_path):
    gallery.save(tmp_path / "gallery")
    loaded = kf.Gallery.load(tmp_path / "gallery")
    np.testing.assert_array_equal(loaded.vectors, gallery.vectors)
    np.testing.assert_array_equal(loaded.people, gallery.people)
    assert (loaded.names, loaded.num_images, loaded.fingerprint, loaded.run) == (
        gallery.names, gallery.num_images, gallery.fingerprint, "/runs/faces",
    )  # fmt: skip


def test_a_folder_of_people_is_read(task, folder):
    assert kf.enroll(task, folder).names == ("p0", "p1", "p2")


def test_one_person_is_enough(task, folder):
    (folder / "p0").rename(folder.parent / "p0")
    (folder / "p1").rename(folder.parent / "p1")
    assert kf.enroll(task, folder).names == ("p2",)


def test_a_gallery_of_another_model_is_refused(gallery):
    other = face_verifier(embedding_size=8, mirror=False)
    with pytest.raises(ValueError, match=r"The gallery was made by another model \(`/runs/faces`, as it was then\)"):
        gallery.identify(other, people(1, 1).values("image"))


def test_a_model_without_a_threshold_is_refused():
    task = face_verifier()
    gallery = kf.enroll(task, people(2))
    with pytest.raises(ValueError, match="The model has no threshold by which unknown people could be told"):
        gallery.identify(task, people(1, 1).values("image"))


def test_a_model_of_another_task_is_refused():
    with pytest.raises(ValueError, match="found again by a face verification. Received: a model for image classif"):
        kf.enroll(image_classifier(), people(2))


def test_an_empty_folder_is_refused(task, tmp_path):
    with pytest.raises(ValueError, match="holds no"):
        kf.enroll(task, tmp_path)


def test_an_image_that_cannot_be_decoded_is_named(task, folder):
    (folder / "p0" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="broken.png"):
        kf.enroll(task, folder)


def test_another_way_to_keep_embeddings_is_refused(task):
    with pytest.raises(ValueError, match="`keep` must be one of mean, all. Received: keep='best'."):
        kf.enroll(task, people(2), keep="best")


def test_a_folder_that_is_no_gallery_is_never_overwritten(gallery, folder):
    with pytest.raises(FileExistsError, match="holds something that is no gallery and is never overwritten"):
        gallery.save(folder)
    assert (folder / "p0").is_dir()


def test_no_gallery_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no gallery in .*: make one with `kformer enroll RUN FOLDER`"):
        kf.Gallery.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "embeddings.npz").write_bytes(b"nothing"),
        lambda folder: (folder / "embeddings.npz").unlink(),
        lambda folder: np.savez(folder / "embeddings.npz", vectors=np.array([{}], object), people=np.zeros(1, int)),
        lambda folder: np.savez(folder / "embeddings.npz", vectors=np.zeros((2, 8)), people=np.zeros(2, int)),
        lambda folder: (folder / "gallery.json").write_text("{", encoding="utf-8"),
    ],
)
def test_a_damaged_gallery_is_refused(gallery, tmp_path, change):
    gallery.save(tmp_path / "gallery")
    change(tmp_path / "gallery")
    with pytest.raises(ValueError, match="The gallery .* is damaged .*: enroll its people anew."):
        kf.Gallery.load(tmp_path / "gallery")


def test_a_gallery_of_a_newer_kformer_is_refused(gallery, tmp_path):
    gallery.save(tmp_path / "gallery")
    path = tmp_path / "gallery" / "gallery.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**about, "format_version": 9}), encoding="utf-8")
    with pytest.raises(ValueError, match="has format version 9 and this kformer reads up to 1"):
        kf.Gallery.load(tmp_path / "gallery")
