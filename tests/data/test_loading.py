"""From a source to examples."""

import pytest

import kformer.data as kd


def test_a_file_is_loaded_with_its_guesses_told(reviews):
    examples = kd.load(reviews)
    assert (len(examples), examples.label_kind, examples.labels) == (10, "class", ("bad", "good"))
    assert examples.notes[-1] == "label kind = 'class' (guessed from 10 labels)"


def test_named_columns_are_used(write):
    examples = kd.load(write("a.csv", "label,text,x\na b,1,2\nc d,3,4\n"), text="label", label="x", label_kind="number")
    assert examples[0] == {"text": "a b", "label": 2.0}
    assert examples.notes == ()


def test_positions_are_named_by_label_names(write):
    path = write("a.csv", "text,label\na b,1\nc d,0\n")
    examples = kd.load(path, label_names=["no", "yes"])
    assert (examples.values("label"), examples.labels) == (["yes", "no"], ("no", "yes"))


def test_a_label_outside_label_names_is_refused(write):
    with pytest.raises(ValueError, match=r"a.csv has labels that are not known: '7' \(first: example 2\)"):
        kd.load(write("a.csv", "text,label\na b,1\nc d,7\n"), label_names=["no", "yes"])


def test_a_class_file_that_is_there_is_not_used_by_itself(write, tmp_path):
    write("classes.txt", "no\nyes\n")
    assert kd.load(write("a.csv", "text,label\na b,1\nc d,0\n")).labels == ("0", "1")


def test_several_labels_are_divided_at_the_separator(write):
    examples = kd.load(write("a.tsv", "text\tlabel\na b\tx;y\nc d\t\n"), label_separator=";")
    assert (examples.values("label"), examples.labels) == ([["x", "y"], []], ("x", "y"))


def test_an_unknown_label_kind_is_refused(reviews):
    with pytest.raises(
        ValueError, match="`label_kind` must be one of class, multi, number. Received: 'numbers'.*'number'"
    ):
        kd.load(reviews, label_kind="numbers")


def test_an_empty_separator_is_refused(reviews):
    with pytest.raises(ValueError, match="`label_separator` must be one or more characters. Received: an empty text"):
        kd.load(reviews, label_separator="")


def test_a_share_outside_0_and_1_is_refused(reviews):
    with pytest.raises(ValueError, match="`max_rejected` must be a share of the rows, from 0 to 1. Received: 5"):
        kd.load(reviews, max_rejected=5)


def table(bad_rows, good_rows=100):
    """A csv whose rows from 2 on are `bad_rows`, then good ones."""
    good = b"".join(b"fine %d,%d\n" % (row, row % 2) for row in range(good_rows))
    return b"text,label\n" + bad_rows + good


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"no label,\n", "the label is empty or NaN"),
        (b"no label,nan\n", "the label is empty or NaN"),
        (b" ,1\n", "the text is empty"),
        (b"caf\xe9,1\n", "the bytes are not UTF-8"),
        (b"one field\n", "too few fields (1, the header has 2)"),
    ],
)
def test_a_few_unusable_rows_are_rejected_counted_and_told(write, row, reason):
    examples = kd.load(write("a.csv", table(row)))
    assert len(examples) == 100
    assert [(rejection.row, rejection.reason) for rejection in examples.rejected] == [(2, reason)]
    assert examples.problems[-1] == f"1 of 101 rows cannot be used: 1 x {reason} (first: row 2)"


def test_the_row_of_a_rejection_counts_rejected_rows_before_it(write):
    examples = kd.load(write("a.csv", table(b"caf\xe9,1\nno label,\n")))
    assert [rejection.row for rejection in examples.rejected] == [2, 3]


def test_too_many_unusable_rows_stop_with_reasons_and_first_rows(write):
    path = write("a.csv", table(b"x,\ny,\none\n", good_rows=50))
    message = (
        r"a.csv: 3 of 53 rows cannot be used: 2 x the label is empty or NaN \(first: row 2\); 1 x too few fields "
        r"\(1, the header has 2\) \(first: row 4\). At most 5% may be unusable \(`max_rejected`\). Repair the rows."
    )
    with pytest.raises(ValueError, match=message):
        kd.load(path)


def test_more_unusable_rows_are_accepted_on_request(write):
    assert len(kd.load(write("a.csv", table(b"x,\ny,\none\n", good_rows=50)), max_rejected=0.1)) == 50


def test_a_file_without_any_usable_row_is_refused_whatever_is_accepted(write):
    with pytest.raises(ValueError, match="2 of 2 rows cannot be used"):
        kd.load(write("a.csv", "text,label\na b,\nc d,\n"), label="label", text="text", max_rejected=1.0)


def test_a_label_that_is_no_number_is_rejected(write):
    examples = kd.load(write("a.csv", table(b"bad,abc\n")), label_kind="number")
    assert examples.rejected[0].reason == "the label 'abc' is not a number"


def test_empty_text_is_kept_where_labels_are_not_required(write):
    assert len(kd.load(write("a.csv", 'text\na b\n""\nc d\n'), required=())) == 3


def test_labels_that_are_incomplete_are_left_out_where_they_are_not_required(write):
    examples = kd.load(write("a.csv", "text,label\na b,x\nc d,\n"), required=())
    assert (examples.label_kind, list(examples.fields), len(examples)) == (None, ["text"], 2)
    assert examples.notes[-1] == "labels are left out: 1 of 2 rows have none that can be used"


TRANSLATION = ("text", "target")


def test_a_translation_is_loaded(write):
    examples = kd.load(write("a.tsv", "en\tde\na dog\tein Hund\n"), required=TRANSLATION)
    assert examples[0] == {"text": "a dog", "target": "ein Hund"}
    assert examples.label_kind is None


def test_a_translation_of_hugging_face_s_shape_is_loaded(write):
    path = write("a.jsonl", '{"translation": {"en": "a dog", "de": "ein Hund"}}\n')
    assert kd.load(path, required=TRANSLATION)[0] == {"text": "a dog", "target": "ein Hund"}


@pytest.mark.parametrize(("row", "role"), [("\tein Hund", "text"), ("a dog\t ", "target")])
def test_a_translation_with_an_empty_side_is_rejected(write, row, role):
    examples = kd.load(write("a.tsv", f"en\tde\n{row}\n" + "a\tb\n" * 50), required=TRANSLATION)
    assert len(examples) == 50
    assert [(rejection.row, rejection.reason) for rejection in examples.rejected] == [(2, f"the {role} is empty")]


def test_translations_are_held_out_where_no_validation_is_given(write):
    rows = "".join(f"{row}\tNr. {row}\n" for row in range(10))
    train, validation = kd.load_splits(write("a.tsv", f"en\tde\n{rows}"), required=TRANSLATION, validation_fraction=0.2)
    assert (len(train), len(validation)) == (8, 2)
    assert validation.fields == {"text": "en", "target": "de"}


def test_validation_has_the_target_of_training(write):
    train = write("a.tsv", "en\tde\tfr\na\tb\tc\n")
    validation = write("b.tsv", "fr\ten\tx\nd\te\tf\n")
    parts = kd.load_splits(train, validation, text="en", target="fr", required=TRANSLATION)
    assert parts[1][0] == {"text": "e", "target": "d"}


def test_real_translations_are_loaded(shared_data):
    train, validation = kd.load_splits(shared_data / "multi30k", text="en", target="de", required=TRANSLATION)
    assert (len(train), len(validation)) == (29000, 1014)
    assert train[0]["target"].startswith("Zwei junge")


def test_text_alone_needs_no_label(write):
    train, validation = kd.load_splits(write("a.csv", "text,label\na b,x\nc d,x\n"), required=("text",))
    assert train.fields == validation.fields == {"text": "text"}


def test_the_end_of_a_single_text_is_held_out(write):
    train, validation = kd.load_splits(write("book.txt", "line\n" * 10), required=("text",), validation_fraction=0.2)
    assert (train.values("text"), validation.values("text")) == (["line\n" * 8], ["line\n" * 2])
    assert train.notes == ()


def test_the_text_files_of_a_folder_are_its_parts(shared_data):
    train, validation = kd.load_splits(shared_data / "tinyshakespeare", required=("text",))
    assert [len(text) for part in (train, validation) for text in part.values("text")] == [1_003_854, 55_770]


def test_a_text_file_that_is_not_utf_8_is_refused_by_its_name(write):
    with pytest.raises(ValueError, match="1 of 1 rows cannot be used: 1 x the bytes are not UTF-8 .first: .*a.txt"):
        kd.load(write("a.txt", b"caf\xe9"), required=("text",))


def test_translations_of_tensorflow_datasets_are_loaded(shared_tfds):
    train, validation = kd.load_splits("tfds:multi30k", tfds_dir=shared_tfds, required=TRANSLATION)
    assert (len(train), len(validation)) == (23_000, 1_014)
    assert validation.fields == {"text": "en", "target": "de"}


@pytest.mark.parametrize("required", ["text", ("text", "translation")])
def test_a_role_that_does_not_exist_is_refused(reviews, required):
    message = "a tuple of roles out of image, mask, boxes, text, text_pair, target, label, group. Received: "
    with pytest.raises(ValueError, match=message):
        kd.load(reviews, required=required)


def test_one_class_can_be_read_to_evaluate_on(write):
    assert kd.load(write("a.csv", "text,label\na b,good\nc d,good\n")).labels == ("good",)


def test_one_class_cannot_be_trained_on(write, reviews):
    with pytest.raises(ValueError, match="a.csv has one class only: all 2 labels in column 'label' are 'good'"):
        kd.load_splits(write("a.csv", "text,label\na b,good\nc d,good\n"), reviews)


def test_validation_is_held_out_where_none_is_given(reviews):
    train, validation = kd.load_splits(reviews, validation_fraction=0.2, seed=1)
    assert (len(train), len(validation)) == (8, 2)


def test_validation_has_the_columns_and_labels_of_training(write):
    train = write("a.csv", "body,kind\na b,x\nc d,y\ne f,x\n")
    other = write("b.csv", "text,kind,body\nno,x,a b\n")
    validation = kd.load_splits(train, other)[1]
    assert validation[0] == {"text": "a b", "label": "x"}
    assert validation.labels == ("x", "y")


def test_validation_without_a_column_of_training_is_refused(write):
    train = write("a.csv", "body,kind\na b,x\nc d,y\n")
    with pytest.raises(ValueError, match=r"b.csv has no column 'body' \(`text`\). Its columns are: text, kind"):
        kd.load_splits(train, write("b.csv", "text,kind\na b,x\n"))


def test_a_label_that_training_never_saw_is_refused(write, reviews):
    other = write("b.csv", "text,label\na b,good\nc d,awful\n")
    message = (
        r"b.csv has labels that are not known: 'awful' \(first: example 2\). Known, from the training data or "
        r"`label_names`, are: 'bad', 'good'. Correct the labels, or add such examples to the training data."
    )
    with pytest.raises(ValueError, match=message):
        kd.load_splits(reviews, other)


def test_a_named_label_that_training_never_saw_is_refused(write):
    train, other = write("a.csv", "text,label\na b,0\nc d,1\n"), write("b.csv", "text,label\na b,2\n")
    with pytest.raises(ValueError, match="labels that are not known: 'new'"):
        kd.load_splits(train, other, label_names=["no", "yes", "new"])


def test_integers_in_validation_are_not_positions_among_the_labels_of_training(write, reviews):
    with pytest.raises(ValueError, match="labels that are not known: '0', '1'"):
        kd.load_splits(reviews, write("b.csv", "text,label\na b,0\nc d,1\n"))


def test_the_parts_of_a_folder_are_used(write, tmp_path):
    write("train.csv", "text,label\na b,0\nc d,1\n")
    write("dev.csv", "text,label\ne f,1\n")
    train, validation = kd.load_splits(tmp_path)
    assert (len(train), validation.values("text")) == (2, ["e f"])


def test_parts_of_texts_are_not_those_of_images_beside_them(write, tmp_path):
    write("train.csv", "text,label\na b,0\nc d,1\n")
    write("dev.csv", "text,label\ne f,1\n")
    write("coco.json", "{}")
    assert kd.load_splits(tmp_path)[1].values("text") == ["e f"]


def test_a_named_part_is_divided(write, tmp_path):
    write("train.csv", "text,label\n" + "a b,0\nc d,1\n" * 5)
    write("dev.csv", "text,label\ne f,1\n")
    train, validation = kd.load_splits(tmp_path, split="train", validation_fraction=0.2)
    assert (len(train), len(validation)) == (8, 2)


@pytest.mark.parametrize(
    ("name", "kind", "labels", "roles", "rows"),
    [
        ("sst2", "class", ("0", "1"), ["text", "label"], (6920, 872)),
        ("ag_news", "class", ("0", "1", "2", "3"), ["text", "label"], (10300, 1000)),
        ("mrpc", "class", ("0", "1"), ["text", "text_pair", "label"], (3667, 408)),
        ("rte", "class", ("entailment", "not_entailment"), ["text", "text_pair", "label"], (2240, 250)),
        ("stsb", "number", (), ["text", "text_pair", "label"], (5749, 1500)),
    ],
)
def test_real_datasets_are_understood_without_a_word(shared_data, name, kind, labels, roles, rows):
    train, validation = kd.load_splits(shared_data / name)
    assert (train.label_kind, train.labels, list(train.fields)) == (kind, labels, roles)
    assert (len(train), len(validation)) == rows
    assert train.rejected == validation.rejected == ()


def test_a_file_of_class_names_is_read(shared_data):
    folder = shared_data / "ag_news"
    train, validation = kd.load_splits(folder, label_names=folder / "classes.txt")
    assert train.labels == validation.labels == ("World", "Sports", "Business", "Sci/Tech")
