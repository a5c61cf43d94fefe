"""Examples."""

import numpy as np
import pyarrow as pa
import pytest

import kformer.data as kd


@pytest.fixture
def pairs():
    table = pa.table({"q1": ["a", "b", "c"], "q2": ["x", "y", "z"], "same": ["yes", "no", "yes"], "who": [1, 1, 2]})
    fields = {"text": "q1", "text_pair": "q2", "label": "same"}
    return kd.Examples(table, fields, label_kind="class", labels=("no", "yes"), source="pairs.csv")


@pytest.fixture
def topics():
    table = pa.table({"text": ["a", "b", "c"], "label": [["x"], [], ["y", "x"]]})
    return kd.Examples(
        table, {"text": "text", "label": "label"}, label_kind="multi", labels=("x", "y"), source="topics"
    )


def test_examples_print_as_one_line_without_their_rows(pairs):
    line = "<Examples: 3 of pairs.csv; text ('q1'), text_pair ('q2'), label ('same'); 2 labels: 'no', 'yes'>"
    assert repr(pairs) == line


def test_an_example_is_read_by_role(pairs):
    assert pairs[1] == {"text": "b", "text_pair": "y", "label": "no"}
    assert pairs[-1]["text"] == "c"


def test_examples_are_iterated_to_their_end(pairs):
    assert [example["text"] for example in pairs] == ["a", "b", "c"]


def test_an_example_beyond_the_last_is_refused(pairs):
    with pytest.raises(IndexError, match="There are 3 examples. Received: 3"):
        pairs[3]


def test_the_values_of_a_role_are_those_of_its_column(pairs):
    assert pairs.values("text_pair") == ["x", "y", "z"]


def test_a_role_that_is_not_there_lists_those_that_are(pairs):
    with pytest.raises(ValueError, match="pairs.csv has no `txt`. Its roles are: text, text_pair, label. Did you mean"):
        pairs.values("txt")


def test_targets_of_classes_are_positions(pairs):
    targets = pairs.targets()
    assert (targets.tolist(), targets.dtype) == ([1, 0, 1], np.int32)


def test_targets_follow_the_order_of_the_given_labels(pairs):
    assert pairs.targets(("yes", "maybe", "no")).tolist() == [0, 2, 0]


def test_targets_of_several_labels_are_zeros_and_ones(topics):
    targets = topics.targets()
    assert (targets.tolist(), targets.dtype) == ([[1, 0], [0, 0], [1, 1]], np.float32)


def test_targets_of_numbers_are_the_numbers():
    table = pa.table({"text": ["a", "b"], "label": [0.5, 2.0]})
    targets = kd.Examples(table, {"text": "text", "label": "label"}, label_kind="number").targets()
    assert (targets.tolist(), targets.dtype) == ([0.5, 2.0], np.float32)


def test_an_unknown_label_is_named_with_its_first_example(pairs):
    with pytest.raises(
        ValueError, match=r"labels that are not known: 'no' \(first: example 2\).*are: 'yes', 'now'.*'now'"
    ):
        pairs.targets(("yes", "now"))


def test_examples_are_taken_in_the_order_asked_for(pairs):
    assert pairs.take([2, 0]).values("text") == ["c", "a"]


def test_a_split_divides_the_examples(reviews):
    examples = kd.load(reviews)
    train, held_out = examples.split(0.2, seed=1)
    assert (len(train), len(held_out)) == (8, 2)
    assert sorted(train.values("text") + held_out.values("text")) == sorted(examples.values("text"))


def test_a_split_keeps_the_shares_of_the_classes(reviews):
    assert sorted(kd.load(reviews).split(0.2)[1].values("label")) == ["bad", "good"]


@pytest.mark.parametrize("role", ["argument", "field"])
def test_a_split_keeps_groups_whole(reviews, role):
    if role == "argument":
        parts = kd.load(reviews).split(0.4, group="author")
    else:
        parts = kd.load(reviews, group="author").split(0.4)
    train, held_out = (set(part.table["author"].to_pylist()) for part in parts)
    assert train.isdisjoint(held_out)
    assert len(train | held_out) == 5


def test_a_split_tells_the_unusable_rows_once(write):
    rows = "".join(f"review {row},{'good' if row % 2 else 'bad'}\n" for row in range(40))
    train, held_out = kd.load(write("a.csv", f"text,label\n{rows},good\n")).split(0.2)
    assert [rejection.reason for rejection in train.rejected] == ["the text is empty"]
    assert held_out.rejected == ()


def test_a_group_column_that_is_not_there_is_refused(reviews):
    with pytest.raises(ValueError, match=r"has no column 'writer' \(`group`\). Its columns are: text, label, author"):
        kd.load(reviews).split(0.2, group="writer")


def test_one_class_is_not_divided(write):
    examples = kd.load(write("a.csv", "text,label\na b,good\nc d,good\n"))
    with pytest.raises(
        ValueError, match="has one class only: all 2 labels in column 'label' are 'good'. Give examples of"
    ):
        examples.split(0.5)


def test_multi_label_examples_without_any_label_are_not_divided(topics):
    with pytest.raises(ValueError, match="topics has one class only: all 1 labels in column 'label' are empty"):
        topics.take([1]).split(0.5)


def test_equal_examples_have_equal_fingerprints_whatever_the_file(reviews, write):
    copy = write("copy.csv", reviews.read_bytes())
    assert kd.load(reviews).fingerprint == kd.load(copy).fingerprint


def test_a_slice_has_the_fingerprint_of_its_rows(reviews):
    examples = kd.load(reviews)
    assert examples.take(range(10)).fingerprint == examples.fingerprint
    assert examples.take(range(9)).fingerprint != examples.fingerprint


def test_another_label_changes_the_fingerprint(reviews, write):
    other = write("other.csv", reviews.read_text().replace("number 3,good", "number 3,bad"))
    assert kd.load(reviews).fingerprint != kd.load(other).fingerprint
