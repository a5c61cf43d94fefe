"""What a trained task becomes: predictors, SavedModels, Hugging Face folders."""

import functools

import numpy as np
import pytest

import kformer as kf
from kformer.exporting import Predictor, export
from kformer.tasks.image_processor import ImageProcessor
from tests.fresh_process import served
from tests.tiny import (
    FAMILIES,
    detector,
    examples,
    face_verifier,
    image_classifier,
    images,
    language_model,
    marian_task,
    masked_language_model,
    roberta_task,
    segmenter,
    task,
    translator,
)

MARIAN_TEXTS = ["the green dog", ">>de<< a red man is running", "park"]
TEXTS = ["a b c", "the film is good", "", "h " * 40, "电影 is bad!"]


def test_a_savedmodel_answers_in_a_fresh_process_as_the_predictor_does(tmp_path):
    predictor = Predictor(task())
    answers = predictor(TEXTS)
    outputs = served(export(predictor, tmp_path / "export"), "tensorflow_text", serve=(TEXTS,))["serve"]
    assert [label.decode() for label in outputs["labels"]] == list(predictor.labels)
    assert [label.decode() for label in outputs["label"]] == [answer["label"] for answer in answers]
    np.testing.assert_allclose(outputs["score"], [answer["score"] for answer in answers], atol=1e-5)


def test_the_readme_of_a_text_model_names_what_it_needs(tmp_path):
    readme = (export(task(), tmp_path / "export") / "README.md").read_text(encoding="utf-8")
    assert "pip install tensorflow tensorflow-text" in readme
    assert "import tensorflow_text  # registers" in readme
    assert 'model.serve(tf.constant(["some text"]))' in readme


@pytest.mark.parametrize(
    "made",
    [
        *(functools.partial(task, problem) for problem in ("single_label", "multi_label", "regression")),
        detector,
        face_verifier,
        language_model,
        masked_language_model,
        segmenter,
        translator,
    ],
)
def test_every_output_is_described(made):
    made = made()
    outputs = {
        name: set(function.get_concrete_function().structured_outputs) for name, function in made.endpoints().items()
    }
    assert {name: set(described) for name, described in made.served().items()} == outputs


def test_the_readme_says_what_comes_out(tmp_path):
    readme = (export(face_verifier(), tmp_path / "export") / "README.md").read_text(encoding="utf-8")
    assert "`serve(image, image_pair)`:\n\n- `similarity`: (batch,), the cosine of the two embeddings\n" in readme
    assert "`embed(image)`:\n\n- `embedding`: (batch, numbers), of length 1 each" in readme


def test_a_savedmodel_of_a_roberta_answers_in_a_fresh_process(tmp_path):
    predictor = Predictor(roberta_task(pair=True))
    answers = predictor([(text, text) for text in TEXTS])
    outputs = served(export(predictor, tmp_path / "export"), "tensorflow_text", serve=(TEXTS, TEXTS))["serve"]
    np.testing.assert_allclose(outputs["score"], [answer["score"] for answer in answers], atol=1e-5)


def test_a_savedmodel_of_a_mixed_precision_task_is_float32(tmp_path):
    mixed = task(dtype="mixed_bfloat16")
    import tensorflow as tf

    model = tf.saved_model.load(export(mixed, tmp_path / "export"))
    exact = Predictor(task())(TEXTS)
    scores = model.serve(tf.constant(TEXTS))["score"].numpy()
    np.testing.assert_allclose(scores, [answer["score"] for answer in exact], atol=1e-5)


@pytest.mark.parametrize("problem", ["multi_label", "regression"])
def test_a_savedmodel_holds_the_other_problems(problem, tmp_path):
    import tensorflow as tf

    predictor = Predictor(task(problem))
    model = tf.saved_model.load(export(predictor, tmp_path / "export"))
    outputs = model.serve(tf.constant(TEXTS))
    name = "scores" if problem == "multi_label" else "score"
    expected = [list(a[name].values()) if problem == "multi_label" else a[name] for a in predictor(TEXTS)]
    np.testing.assert_allclose(outputs[name].numpy(), expected, atol=1e-5)


def test_a_savedmodel_of_pairs_takes_two_columns(tmp_path):
    import tensorflow as tf

    predictor = Predictor(task(pair=True))
    model = tf.saved_model.load(export(predictor, tmp_path / "export"))
    outputs = model.serve(tf.constant(["a b"]), tf.constant(["c d e"]))
    assert outputs["score"].numpy()[0] == pytest.approx(predictor([("a b", "c d e")])[0]["score"], abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hugging_face_folder_is_read_back_with_equal_outputs(family, tmp_path):
    original = roberta_task(max_length=16) if family == "roberta" else task(**FAMILIES[family])
    folder = export(original, tmp_path / "hf", to="hf")
    again = kf.tasks.TextClassification.from_pretrained(folder, labels=original.labels, max_length=16, dropout=0.0)
    data = examples(8)
    np.testing.assert_allclose(again.outputs_of(data), original.outputs_of(data), atol=1e-5)


@pytest.mark.parametrize("tie_embeddings", ["all", "output"])
def test_a_marian_folder_is_read_back_with_equal_translations(tie_embeddings, tmp_path):
    original = marian_task(tie_embeddings=tie_embeddings)
    folder = export(original, tmp_path / "hf", to="hf")
    again = kf.tasks.Translation.from_pretrained(folder, max_length=12, beam_size=2)
    assert again.translate(MARIAN_TEXTS) == original.translate(MARIAN_TEXTS)


def test_a_translation_that_is_cut_ends_with_the_end_token(tmp_path):
    target = marian_task(max_length=4).processor.target
    task = marian_task(max_length=4)
    task.backbone.final_logits_bias.assign(np.where(np.arange(target.vocab_size) == target.end_id, -50.0, 0.0))
    forced = task.answers([MARIAN_TEXTS])[0]
    # Three tokens at most, of which the last is the end at no cost.
    assert len(target.encode([forced["translation"]])[0]) <= 4 and forced["score"] > -50


def test_a_transformer_of_our_own_has_no_hugging_face_form(tmp_path):
    with pytest.raises(ValueError, match="of the family marian, but this task is of kformer's own `TransformerModel`"):
        export(translator(), tmp_path / "hf", to="hf")


@pytest.mark.parametrize("distilled", [False, True])
def test_an_image_classifier_is_read_back_with_equal_outputs(distilled, tmp_path):
    original = image_classifier(distilled=distilled)
    folder = export(original, tmp_path / "hf", to="hf")
    again = kf.tasks.ImageClassification.from_pretrained(folder, labels=original.labels, dropout=0.0)
    np.testing.assert_allclose(again.outputs_of(images()), original.outputs_of(images()), atol=1e-5)


def test_an_image_classifier_that_keeps_the_whole_picture_has_no_hugging_face_form(tmp_path):
    original = image_classifier()
    original.processor = ImageProcessor(8, fit="letterbox")
    with pytest.raises(ValueError, match="this task keeps another part: .* or train it with `fit` stretch."):
        export(original, tmp_path / "hf", to="hf")


def test_a_detector_of_tokens_is_read_back_with_equal_outputs(tmp_path):
    original = detector("set", fit="stretch")
    folder = export(original, tmp_path / "hf", to="hf")
    again = kf.tasks.ObjectDetection.from_pretrained(folder, original.labels, "set", (32, 48), fit="stretch")
    inputs = {"images": np.random.default_rng(0).normal(size=(2, 32, 48, 3)).astype("float32")}
    expected = original(inputs)
    for name, values in again(inputs).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5, err_msg=name)


def test_a_detector_with_a_dense_head_has_no_hugging_face_form(tmp_path):
    with pytest.raises(ValueError, match="no Hugging Face form of a detector with a dense head"):
        export(detector(fit="stretch"), tmp_path / "hf", to="hf")


def test_a_detector_that_adds_a_border_has_no_hugging_face_form(tmp_path):
    with pytest.raises(ValueError, match="but this task adds one: .*, or train it with `fit` stretch."):
        export(detector("set"), tmp_path / "hf", to="hf")


def test_a_head_for_other_labels_is_not_taken(tmp_path):
    folder = export(task(), tmp_path / "hf", to="hf")
    other = kf.tasks.TextClassification.from_pretrained(folder, labels=("x", "y", "z"), max_length=16)
    assert other.head.kernel.shape == (8, 3)


def test_a_regression_keeps_its_units_in_a_hugging_face_folder(tmp_path):
    from safetensors.numpy import load_file

    model = task("regression")
    model.adapt(examples(problem="regression"))
    weights = load_file(export(model, tmp_path / "hf", to="hf") / "model.safetensors")
    expected = np.asarray(model.head.bias) * float(model.target_scale) + float(model.target_mean)
    np.testing.assert_allclose(weights["classifier.bias"], expected, rtol=1e-6)


def test_a_mean_pooled_task_has_no_hugging_face_form(tmp_path):
    with pytest.raises(ValueError, match="this task has `pooling` mean: export it as a SavedModel."):
        export(task(pooling="mean"), tmp_path / "hf", to="hf")
    assert not (tmp_path / "hf").exists()


def test_an_unknown_form_suggests_the_nearest(tmp_path):
    with pytest.raises(ValueError, match="`to` must be one of savedmodel, hf. .* Did you mean 'savedmodel'?"):
        export(task(), tmp_path / "x", to="saved_model")


def test_a_pair_for_a_predictor_of_texts_is_refused():
    with pytest.raises(TypeError, match=r"The model reads a text per input. Received: input 1 = \('a', 'b'\)."):
        Predictor(task())(["a", ("a", "b")])


def test_a_text_for_a_predictor_of_pairs_is_refused():
    with pytest.raises(TypeError, match=r"The model reads a pair \(text, text\) per input. Received: input 0 = 'a'."):
        Predictor(task(pair=True))(["a"])


def test_no_inputs_give_no_answers():
    assert Predictor(task())([]) == []


def test_embeddings_have_length_one():
    vectors = Predictor(task()).embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
