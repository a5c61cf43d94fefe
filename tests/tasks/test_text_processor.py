"""From text to tensors: the same for training, which reads a cache, and for a SavedModel, which reads strings."""

import json

import numpy as np
import pytest
import tensorflow as tf

from kformer.data.tokenizers import WordPieceTokenizer
from kformer.tasks.text_processor import TextElements, TextProcessor
from tests.tiny import VOCABULARY, examples, roberta_tokenizer


def processor(lowercase=True, **settings):
    return TextProcessor(WordPieceTokenizer(VOCABULARY, lowercase), **{"max_length": 9, **settings})


@pytest.mark.parametrize("pair", [False, True])
def test_training_and_prediction_see_the_same_tensors(pair):
    ours, data = processor(pair=pair), examples(7, pair=pair)
    texts = [data.values(role) for role in (("text", "text_pair") if pair else ("text",))]
    features = ours.features(*(tf.constant(column) for column in texts))
    element, _, _ = TextElements(ours, data, data.targets()).element(np.arange(7), features["token_ids"].shape[1], 1.0)
    assert set(element) == set(features) == {"token_ids", "padding_mask", *(["segment_ids"] if pair else [])}
    for name, array in element.items():
        np.testing.assert_array_equal(array, features[name])


def test_segments_begin_after_the_first_end_and_leave_padding_out():
    features = processor(pair=True).features(["a", "a b"], ["b c d", "c"])
    assert features["token_ids"].numpy().tolist() == [[2, 5, 3, 6, 7, 8, 3], [2, 5, 6, 3, 7, 3, 0]]
    assert features["segment_ids"].numpy().tolist() == [[0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 0]]


def test_text_is_cleaned_before_it_is_tokenised():
    one, other = (processor(html=html).encode(["<b>good</b> film"])["token_ids"].to_list() for html in (True, False))
    assert one == processor().encode(["good film"])["token_ids"].to_list()
    assert one != other


def test_an_element_has_targets_and_weights_where_there_are_labels():
    ours, data = processor(), examples(4)
    _, targets, weights = TextElements(ours, data, data.targets()).element(np.array([3, 0]), 9, 1.0)
    assert (targets.tolist(), weights.tolist()) == ([1, 0], [1.0, 1.0])
    assert isinstance(TextElements(ours, data).element(np.array([0]), 9, 1.0), dict)


def test_an_element_tells_the_step_s_targets_where_asked():
    source = TextElements(processor(), examples(4), with_step_targets=True)
    assert source.element(np.array([0, 1]), 9, 5.0)["step_targets"].tolist() == [5.0, 5.0]


def test_an_example_of_weight_0_is_no_target():
    data = examples(3)
    weights = np.array([1, 0, 2], "float32")
    assert TextElements(processor(), data, data.targets(), weights).count(np.arange(3)) == 2


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("with_step_targets", [False, True])
def test_the_signature_fits_the_elements(pair, with_step_targets):
    ours, data = processor(pair=pair), examples(4, pair=pair)
    source = TextElements(ours, data, data.targets(), with_step_targets=with_step_targets)
    signature = source.signature()
    element = source.element(np.arange(4), 9, 1.0)
    tf.nest.assert_same_structure(signature, element)
    for spec, array in zip(tf.nest.flatten(signature), tf.nest.flatten(element), strict=True):
        assert spec.is_compatible_with(tf.convert_to_tensor(array))
        assert spec.dtype == array.dtype


def test_the_tokenizer_is_saved_and_read_back(tmp_path):
    ours = processor(html=True, lowercase=False)
    ours.save(tmp_path)
    twin = TextProcessor.from_config(json.loads(json.dumps(ours.get_config())))
    twin.load(tmp_path)
    assert twin.vocabulary == ours.vocabulary
    assert twin.fingerprint == ours.fingerprint


def test_a_processor_of_the_first_runs_is_read(tmp_path):
    (tmp_path / "vocab.txt").write_text("".join(f"{token}\n" for token in VOCABULARY), encoding="utf-8")
    config = {"lowercase": False, "max_length": 9, "pair": True, "html": True}
    twin = TextProcessor.from_config(config)
    twin.load(tmp_path)
    assert twin.fingerprint == processor(lowercase=False, pair=True, html=True).fingerprint


def roberta(**settings):
    return TextProcessor(roberta_tokenizer(), **{"max_length": 24, **settings})


def test_a_roberta_has_no_segments():
    ours, data = roberta(pair=True), examples(7, pair=True)
    features = ours.features(*(tf.constant(data.values(role)) for role in ("text", "text_pair")))
    source = TextElements(ours, data, data.targets())
    element, _, _ = source.element(np.arange(7), features["token_ids"].shape[1], 1.0)
    assert set(features) == set(element) == set(source.signature()[0]) == {"token_ids", "padding_mask"}
    for name, array in element.items():
        np.testing.assert_array_equal(array, features[name])


def test_a_roberta_s_tokenizer_is_saved_and_read_back(tmp_path):
    ours = roberta(pair=True)
    ours.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["merges.txt", "vocab.json"]
    twin = TextProcessor.from_config(json.loads(json.dumps(ours.get_config())))
    twin.load(tmp_path)
    assert twin.fingerprint == ours.fingerprint


def test_a_roberta_s_pair_needs_room_for_four_special_ids():
    with pytest.raises(ValueError, match="`max_length` must be at least 6. Received: max_length=5"):
        roberta(pair=True, max_length=5)


def test_the_fingerprint_depends_on_every_setting():
    changes = ({}, {"max_length": 10}, {"pair": True}, {"html": True}, {"lowercase": False})
    assert len({processor(**change).fingerprint for change in changes}) == 5


def test_other_settings_are_another_cache():
    data = examples(7)
    assert processor().lengths(data).max() == 9
    assert processor(max_length=5).lengths(data).max() == 5


@pytest.mark.parametrize(("pair", "least"), [(False, 3), (True, 5)])
def test_a_length_without_room_for_text_is_refused(pair, least):
    message = f"`max_length` must be at least {least}. Received: max_length={least - 1}"
    with pytest.raises(ValueError, match=message):
        processor(max_length=least - 1, pair=pair)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (True, "The task reads pairs of texts, but tiny has no column for the second text: give or drop `text_pair`"),
        (False, "The task reads single texts, but tiny has a column for the second text: give or drop `text_pair`"),
    ],
)
def test_pairs_and_single_texts_are_not_mixed(pair, message):
    with pytest.raises(ValueError, match=message):
        processor(pair=pair).token_cache(examples(pair=not pair))
