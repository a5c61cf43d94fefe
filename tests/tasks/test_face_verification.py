"""Face verification: embeddings, similar where two images show one person."""

import dataclasses
import json

import keras
import numpy as np
import pytest

import kformer as kf
from kformer.exporting import Predictor
from kformer.tasks import FaceVerification, load_task
from kformer.tasks.face_verification.head import EmbeddingHead
from kformer.tasks.face_verification.metrics import PairAUC
from kformer.tasks.image_pairs import Verification, area, make_pairs
from kformer.training.image_recipes import FaceVerificationRecipe
from tests.tiny import face_verifier, images, people

RECIPE = FaceVerificationRecipe(
    epochs=6, batch_size=8, learning_rate=1e-2, augment="none", precision="float32", scale=8.0
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run on six people, judged on four others."""
    folder = tmp_path_factory.mktemp("runs") / "faces"
    return kf.fine_tune(face_verifier(embedding_size=8), people(6, 4), people(4, 3, first=6), RECIPE, folder)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The paths of four pictures, two of each of two people."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / f"{number}.png" for number in range(4)]
    for path, content in zip(paths, people(2, 2, first=20).values("image"), strict=True):
        path.write_bytes(content)
    return [str(path) for path in paths]


def batch_of_images(count=3):
    return {"images": np.random.default_rng(0).normal(size=(count, 8, 8, 3)).astype("float32")}


def test_embeddings_are_of_length_1():
    task = face_verifier()
    for training in (False, True):
        np.testing.assert_allclose(np.linalg.norm(task(batch_of_images(), training=training), axis=1), 1.0, atol=1e-5)


def test_an_image_and_its_mirror_image_have_one_embedding():
    task, batch = face_verifier(), batch_of_images()
    mirrored = {"images": batch["images"][:, :, ::-1]}
    np.testing.assert_allclose(task(batch), task(mirrored), atol=1e-5)
    plain = face_verifier(mirror=False)
    assert np.abs(np.asarray(plain(batch)) - np.asarray(plain(mirrored))).max() > 1e-3


def test_the_loss_is_arc_face_s():
    task, batch, targets = face_verifier(), batch_of_images(), np.array([0, 2, 1])
    task.adapt(people(3))
    embeddings = task(batch, training=True)
    logits = np.asarray(task.people.head(embeddings, targets))
    expected = keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
    np.testing.assert_allclose(task.target_losses(targets, embeddings), expected, atol=1e-5)


def test_training_moves_the_centers_of_the_people():
    task, examples = face_verifier(), people(3)
    task.adapt(examples)
    task.compile(keras.optimizers.SGD(0.1))
    before = np.array(task.people.head.centers)
    task.fit(task.batches(examples, training=True), verbose=0, shuffle=False)
    assert np.abs(np.asarray(task.people.head.centers) - before).max() > 1e-6


def test_a_training_without_people_says_what_to_call():
    with pytest.raises(ValueError, match="The task knows no people to tell apart. Call `adapt` with the training ex"):
        face_verifier().batches(people(3), training=True)


def test_it_learns_to_tell_people_apart_whom_it_has_not_seen(run):
    assert run.history[-1]["loss"] < run.history[0]["loss"]
    assert run.metrics["validation"]["roc_auc"]["value"] > 0.9


def test_validation_has_an_area_and_no_loss(run):
    assert "val_roc_auc" in run.history[0]
    assert "val_loss" not in run.history[0]


def test_the_threshold_is_chosen_on_validation_and_kept(run):
    task = load_task(run.folder, precision="float32")
    assert task.has_threshold
    assert float(task.threshold) == float(run.task.threshold) == run.metrics["validation"]["threshold"]["value"]


def test_a_false_accept_rate_chooses_another_threshold():
    examples = people(6, 3)
    strict, equal = face_verifier(), face_verifier()
    strict.far = 1e-3
    for task in (strict, equal):
        task.calibrate(examples)
    assert float(strict.threshold) > float(equal.threshold)


def test_names_and_centers_of_the_people_are_not_in_the_file(run):
    config = json.dumps(run.task.get_config())
    assert "p0" not in config and "p3" not in config
    loaded = load_task(run.folder, precision="float32")
    assert loaded.people is None
    assert not any("arc_face" in variable.path for variable in loaded.variables)


def test_a_saved_task_gives_the_same_embeddings_and_fingerprint(run):
    loaded, examples = load_task(run.folder, precision="float32"), people(2)
    np.testing.assert_allclose(loaded.outputs_of(examples), run.task.outputs_of(examples), atol=1e-6)
    assert loaded.fingerprint == run.task.fingerprint


def test_a_run_starts_from_a_run_with_its_embedding(run):
    started = FaceVerification.from_pretrained(run.folder, embedding_size=8, precision="float32")
    np.testing.assert_allclose(started(batch_of_images()), run.task(batch_of_images()), atol=1e-6)


def test_the_report_shows_curves_and_pairs(run):
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    for shown in ("Accepted pairs", "Similarities", "Equal error rate", "similarity 0."):
        assert shown in page


def test_the_predictor_takes_two_images(run, pictures):
    answers = Predictor(run.task)([(pictures[0], pictures[1]), (pictures[0], pictures[2])])
    assert list(answers[0]) == ["same", "similarity", "threshold"]
    vectors = run.task.embed(pictures)
    np.testing.assert_allclose([answer["similarity"] for answer in answers], vectors[1:3] @ vectors[0], atol=1e-5)
    assert [answer["same"] for answer in answers] == [answer["similarity"] >= answer["threshold"] for answer in answers]


def test_a_single_image_is_refused(run):
    with pytest.raises(TypeError, match="reads a pair of images .*: --pair ONE TWO. Received: input 0 = 'a.png'."):
        Predictor(run.task)(["a.png"])


def test_without_a_threshold_there_is_no_answer(pictures):
    with pytest.raises(ValueError, match="The model has no threshold yet: call `calibrate`"):
        Predictor(face_verifier())([(pictures[0], pictures[1])])


def test_few_images_of_each_person_are_shown():
    examples = people(3, 12).take([*range(14), *range(24, 27)])  # 12 of one person, 2 of another, 3 of the third
    shown = face_verifier().shown(examples)
    assert [shown.values("label").count(name) for name in ("p0", "p1", "p2")] == [10, 2, 3]


def test_people_on_both_sides_are_refused():
    with pytest.raises(ValueError, match="1 people are both in training and in validation: 'p3'. Split by person"):
        kf.fine_tune(face_verifier(), people(4), people(3, first=3), RECIPE)


def test_too_few_people_to_judge_by_are_refused():
    with pytest.raises(ValueError, match="Received: 1 people in tiny people, of whom 1 have two images."):
        kf.fine_tune(face_verifier(), people(4), people(1, first=7), RECIPE)


def test_labels_that_are_no_names_are_refused():
    from dataclasses import replace

    with pytest.raises(ValueError, match="needs one name for each image. Received: labels of the kind 'number'"):
        FaceVerification.from_recipe(replace(images(4), label_kind="number"), "none", RECIPE)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"embedding_size": 1}, "`embedding_size` must be at least 2"), ({"far": 1.5}, "`far` must be a rate between")],
)
def test_settings_out_of_range_are_refused(settings, message):
    task = face_verifier()
    with pytest.raises(ValueError, match=message):
        FaceVerification(task.backbone, task.processor, **settings)


@pytest.mark.parametrize("width", [4, 7])
def test_the_metric_is_the_area_over_all_pairs_of_all_batches(width):
    random = np.random.default_rng(0)
    who = random.integers(0, 5, 40)
    vectors = random.normal(size=(40, 4)) + 0.7 * np.eye(5, 4)[who]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("float32")
    metric = PairAUC(width)
    for start in (0, 15, 22):
        stop = {0: 15, 15: 22, 22: 40}[start]
        metric.update_state(who[start:stop], vectors[start:stop])
    pairs = make_pairs(who)
    expected = area(*Verification(pairs.similarities(vectors), pairs.is_genuine).rates())
    assert float(metric.result()) == pytest.approx(expected, abs=2e-3)


def test_the_metric_forgets_the_oldest_embeddings(monkeypatch):
    monkeypatch.setattr("kformer.tasks.face_verification.metrics._MOST_KEPT", 2)
    metric = PairAUC(2)
    for vector in np.eye(2, dtype="float32")[[0, 1, 1, 0]]:
        metric.update_state(np.array([0]), vector[None])
    assert float(np.sum(metric.genuine)) == 1 + 2 + 2


def test_from_scratch_an_embedding_is_made_from_all_tokens():
    task = FaceVerification.from_scratch("vitc-nano-8", image_size=16, backbone_sizes={"num_layers": 1}, seed=0)
    assert task.head.dense.kernel.shape[0] == 4 * task.backbone.d_model


def test_from_scratch_embeddings_are_compared_before_their_projection():
    task = FaceVerification.from_scratch("vitc-nano-8", image_size=16, backbone_sizes={"num_layers": 1}, seed=0)
    picture = np.random.default_rng(0).integers(60, 180, (16, 16, 3)).astype("uint8")
    (vector,) = task.embed([picture])
    assert vector.shape == (task.num_numbers,) == (4 * task.backbone.d_model,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_in_training_the_projection_is_what_comes_out():
    head = EmbeddingHead(3, projected=False)
    vectors = np.random.default_rng(0).normal(2.0, 1.0, (64, 5)).astype("float32")
    assert head(vectors, training=True).shape == (64, 3)


def test_without_projection_the_mean_of_the_training_is_taken_out():
    head = EmbeddingHead(3, projected=False)
    vectors = np.random.default_rng(0).normal(2.0, 1.0, (64, 5)).astype("float32")
    for _ in range(150):
        head(vectors, training=True)
    expected = (vectors - vectors.mean(axis=0)) / np.sqrt(vectors.var(axis=0) + 1e-3)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(head(vectors), expected, atol=1e-3)


@pytest.mark.parametrize(("asked", "pooling"), [(None, "tokens"), ("backbone", "backbone"), ("tokens", "tokens")])
def test_a_recipe_says_what_images_are_compared_by(asked, pooling):
    recipe = FaceVerificationRecipe(variant="vitc-nano-8", image_size=16, pooling=asked)
    assert FaceVerification.from_recipe(people(4, 3), "none", recipe).pooling == pooling


def test_an_unknown_pooling_is_refused():
    message = r"`pooling` must be one of backbone, tokens\. Received: pooling='mean'\."
    with pytest.raises(ValueError, match=message):
        FaceVerification(face_verifier().backbone, face_verifier().processor, pooling="mean")


def test_faces_in_other_light_are_one_face_from_scratch():
    task = FaceVerification.from_scratch("vitc-nano-8", image_size=16, backbone_sizes={"num_layers": 1}, seed=0)
    picture = np.random.default_rng(0).integers(60, 180, (16, 16, 3)).astype("uint8")
    darker = (picture // 2 + 10).astype("uint8")
    one, other = task.embed([picture, darker])
    assert one @ other > 0.999


def test_a_run_goes_on_with_its_pooling(tmp_path):
    task = FaceVerification.from_scratch(
        "vitc-nano-8", image_size=16, backbone_sizes={"num_layers": 1}, embedding_size=8, precision="float32", seed=0
    )
    kf.fine_tune(task, people(4, 4), people(4, 3, first=6), dataclasses.replace(RECIPE, epochs=1), tmp_path / "run")
    again = FaceVerification.from_pretrained(tmp_path / "run", embedding_size=8, precision="float32")
    assert again.pooling == "tokens"
    assert again.processor.standardize
    np.testing.assert_array_equal(again.head.dense.kernel, task.head.dense.kernel)
