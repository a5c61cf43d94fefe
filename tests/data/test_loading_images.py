"""From a source to examples with images, masks and boxes."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from PIL import Image

import kformer.data as kd
from kformer.data.examples import label_counts
from kformer.data.images.columns import image_shapes
from tests.data.images.pictures import encoded, mask, picture, rotated_jpeg

CLASSES = ("image", "label")
BOXES = ("image", "boxes")
MASKS = ("image", "mask")


def box(label, *sides):
    return {"label": label, **dict(zip(("x0", "y0", "x1", "y1"), sides, strict=True))}


@pytest.fixture
def table(write, tmp_path):
    """Writes pictures 0.png to 3.png and a file of rows beside them, and returns the file's path."""

    def write_table(name, rows):
        for number in range(4):
            write(f"{number}.png", encoded(picture(seed=number)))
        if name.endswith(".jsonl"):
            return write(name, "".join(json.dumps(row) + "\n" for row in rows))
        if name.endswith(".parquet"):
            pa.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / name)
            return tmp_path / name
        columns = list(rows[0])
        lines = [columns, *([str(row[column]) for column in columns] for row in rows)]
        return write(name, "\n".join(("," if name.endswith(".csv") else "\t").join(line) for line in lines) + "\n")

    return write_table


def rows(column="image", places="{}.png"):
    return [{column: places.format(number), "label": ("cat", "dog")[number % 2]} for number in range(4)]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_a_column_of_paths_is_read_from_the_file_s_folder(table, tmp_path, name):
    examples = kd.load(table(name, rows()), required=CLASSES)
    assert examples[1] == {"image": str(tmp_path / "1.png"), "label": "dog"}


@pytest.mark.parametrize(("column", "reason"), [("path", "its usual name"), ("ansicht", "its values")])
def test_the_column_of_paths_is_guessed_by_name_or_values(table, column, reason):
    examples = kd.load(table("a.csv", rows(column)), required=CLASSES)
    assert examples.fields == {"image": column, "label": "label"}
    assert f"image = {column!r} (guessed: {reason})" in examples.notes


def test_a_usual_name_whose_values_are_no_images_is_not_taken(table):
    lines = [row | {"file": f"{number}.txt"} for number, row in enumerate(rows("ansicht"))]
    assert kd.load(table("a.csv", lines), required=CLASSES).fields["image"] == "ansicht"


def test_a_named_column_is_taken(table):
    lines = [row | {"other": row["image"]} for row in rows()]
    assert kd.load(table("a.csv", lines), image="other", required=CLASSES).fields["image"] == "other"


def test_paths_may_begin_in_a_folder_called_images(write):
    for number in range(4):
        write(f"images/{number}.png", encoded(picture(seed=number)))
    path = write("a.csv", "image,label\n" + "".join(f"{number}.png,{number % 2}\n" for number in range(4)))
    assert kd.load(path, required=CLASSES).values("image")[0] == str(path.parent / "images/0.png")


def test_bytes_in_a_table_are_images(table):
    content = encoded(picture())
    lines = [{"image": content, "label": "a"}, {"image": encoded(picture(seed=1)), "label": "b"}]
    assert kd.load(table("a.parquet", lines), required=CLASSES).values("image")[0] == content


def test_images_of_hugging_face_s_shape_are_read(table):
    content = encoded(picture())
    lines = [{"image": {"bytes": content, "path": "x.png"}, "label": label} for label in "ab"]
    assert kd.load(table("a.parquet", lines), required=CLASSES).values("image") == [content] * 2


def test_where_nothing_is_asked_for_images_that_are_there_are_read(table):
    assert list(kd.load(table("a.csv", rows()), required=()).fields) == ["image", "label"]


def test_where_nothing_is_asked_for_a_text_with_a_link_to_a_picture_is_a_text(write):
    path = write("a.csv", "review,image,label\na fine film,https://x.y/a.png,1\na bad film,https://x.y/b.png,0\n")
    assert kd.load(path, required=()).fields == {"text": "review", "label": "label"}


def test_images_and_texts_go_together(table):
    lines = [row | {"caption": f"picture {number}"} for number, row in enumerate(rows())]
    examples = kd.load(table("a.csv", lines), required=("image", "text"))
    assert (examples.fields, examples.labels) == ({"image": "image", "text": "caption"}, ())


def test_sizes_are_those_the_right_way_up(write, tmp_path):
    write("a/1.jpg", rotated_jpeg(1))
    write("b/6.jpg", rotated_jpeg(6))
    assert image_shapes(kd.load(tmp_path, required=CLASSES)).tolist() == [[48, 64], [64, 48]]


def test_unusable_images_are_rejected_by_name_and_counted(write, pets):
    for number in range(10, 90):
        write(f"pets/cat/{number}.png", encoded(picture(seed=number)))
    paths = [
        write("pets/cat/cut off.jpg", encoded(picture(480, 640), "JPEG")[:4000]),
        write("pets/cat/empty.png", b""),
        write("pets/cat/text.jpg", "a text"),
    ]
    examples = kd.load(pets, required=CLASSES)
    assert len(examples) == 90
    assert [rejection.place for rejection in examples.rejected] == list(map(str, paths))
    assert examples.problems[-1].startswith("3 of 93 rows cannot be used: 1 x the image is damaged: image file is ")


def test_too_many_unusable_images_stop(write, pets):
    write("pets/cat/text.jpg", "a text")
    message = r"pets: 1 of 11 rows cannot be used: 1 x it is no image, whatever its name says \(first: .*text.jpg\). At"
    with pytest.raises(ValueError, match=message):
        kd.load(pets, required=CLASSES)
    assert len(kd.load(pets, required=CLASSES, max_rejected=0.1)) == 10


def test_an_image_that_a_table_names_and_that_is_absent_is_rejected_by_its_row(table):
    examples = kd.load(table("a.csv", [*rows(), {"image": "9.png", "label": "cat"}]), required=CLASSES, max_rejected=1)
    assert [(one.place, one.reason) for one in examples.rejected] == [("row 6", "there is no such file")]


def test_images_that_are_too_large_are_rejected(pets):
    with pytest.raises(ValueError, match="10 x it has 6 x 9 pixels, and `max_pixels` is 50"):
        kd.load(pets, required=CLASSES, max_pixels=50)


def test_a_bound_below_one_pixel_is_refused(pets):
    with pytest.raises(ValueError, match="`max_pixels` must be a number of pixels, 1 or more. Received: 0"):
        kd.load(pets, max_pixels=0)


def test_no_column_of_images_lists_the_columns(reviews):
    with pytest.raises(ValueError, match="has no column of images. Its columns are: text, label, author. Name the col"):
        kd.load(reviews, required=CLASSES)


@pytest.mark.parametrize(
    ("lines", "named", "message"),
    [
        ([{"image": 3, "label": "a"}], {"image": "image"}, r"'image' \(`image`\) holds int64, neither paths nor enco"),
        (
            [{"image": "0.png", "b": "x"}],
            {"boxes": "b"},
            r"'b' \(`boxes`\) holds string, not lists of {label, x0",
        ),
        ([{"image": "0.png", "mask": 3}], {"mask": "mask"}, r"'mask' \(`mask`\) holds int64, neither paths nor"),
    ],
)
def test_a_column_of_another_kind_is_refused(table, lines, named, message):
    with pytest.raises(ValueError, match=message):
        kd.load(table("a.jsonl", lines), required=("image", *named), **named)


def test_validation_has_the_columns_of_training(table, write):
    train = table("a.csv", rows("ansicht"))
    other = write("b.csv", "path,ansicht,label\n1.png,0.png,cat\n")
    assert kd.load_splits(train, other, required=CLASSES)[1].values("image") == [str(other.parent / "0.png")]


def test_images_are_held_out_where_no_validation_is_given(pets):
    train, validation = kd.load_splits(pets, required=CLASSES, validation_fraction=0.2)
    assert (len(train), sorted(validation.values("label"))) == (8, ["cat", "dog"])


def test_boxes_of_a_table_are_clipped_and_told(table):
    lines = [
        {"image": "0.png", "boxes": [box("cat", -2, 0, 5, 6), box("dog", 1, 1, 1, 3)]},
        {"image": "1.png", "boxes": []},
        {"image": "2.png", "boxes": [box("dog", 0, 0, 9, 6)]},
    ]
    examples = kd.load(table("a.jsonl", lines), required=BOXES)
    assert examples.values("boxes") == [[box("cat", 0, 0, 5, 6)], [], [box("dog", 0, 0, 9, 6)]]
    assert (examples.labels, label_counts(examples)) == (("cat", "dog"), {"cat": 1, "dog": 1})
    assert examples.notes[-2:] == (
        "1 box reaching beyond the image: cut to it",
        "1 box empty, inverted or outside the image: dropped",
    )


def test_boxes_are_guessed_by_what_they_hold(table):
    path = table("a.jsonl", [{"image": "0.png", "things": [box("cat", 0, 0, 5, 6)]}])
    for required in (BOXES, ()):
        examples = kd.load(path, required=required)
        assert examples.fields == {"image": "image", "boxes": "things"}
        assert "boxes = 'things' (guessed: its values)" in examples.notes


def test_numbers_of_boxes_are_named_by_label_names(table):
    lines = [{"image": "0.png", "boxes": [box("0", 0, 0, 5, 6)]}]
    assert kd.load(table("a.jsonl", lines), required=BOXES, label_names=["cat"]).labels == ("cat",)


def test_a_box_outside_label_names_is_refused(table):
    lines = [{"image": "0.png", "boxes": [box("cow", 0, 0, 5, 6)]}]
    with pytest.raises(ValueError, match=r"has labels that are not known: 'cow' \(first: example 1\)"):
        kd.load(table("a.jsonl", lines), required=BOXES, label_names=["cat"])


def test_boxes_that_lack_something_are_rejected_by_their_row(table):
    lines = [{"image": "0.png", "boxes": [box("cat", 0, 0, 5, 6)]}, {"image": "1.png", "boxes": None}]
    examples = kd.load(table("a.jsonl", lines), required=BOXES, max_rejected=1)
    assert [(one.place, one.reason) for one in examples.rejected] == [("row 2", "it has no list of boxes")]


def test_images_without_any_box_are_refused(table):
    with pytest.raises(ValueError, match="a.jsonl has images and not one box. Give examples of what is to be found"):
        kd.load(table("a.jsonl", [{"image": "0.png", "boxes": []}]), required=BOXES)


def test_a_box_that_training_never_saw_is_refused(table, write):
    train = table("a.jsonl", [{"image": "0.png", "boxes": [box("cat", 0, 0, 5, 6)]}])
    other = write("b.jsonl", json.dumps({"image": "1.png", "boxes": [box("cow", 0, 0, 5, 6)]}))
    with pytest.raises(ValueError, match="b.jsonl has labels that are not known: 'cow'"):
        kd.load_splits(train, other, required=BOXES)


def test_masks_have_the_names_of_their_classes(streets):
    examples = kd.load(streets, required=MASKS)
    assert examples.labels == ("sky", "road", "car")
    assert label_counts(examples) == {"sky": 72, "road": 72, "car": 72}


def test_masks_without_names_have_the_numbers_of_their_classes(streets, write):
    (streets / "classes.txt").unlink()
    write("streets/masks/0.png", encoded(mask([[4, 255, 0] * 3] * 6)))
    assert kd.load(streets, required=MASKS).labels == ("0", "1", "2", "3", "4")


def test_numbers_of_classes_that_occur_in_no_mask_are_told(streets, write):
    (streets / "classes.txt").unlink()
    for number in range(4):
        write(f"streets/masks/{number}.png", encoded(mask([[0, 1, 200] * 3] * 6)))
    (note,) = kd.load(streets, required=MASKS).notes
    assert note.startswith("masks have classes up to 200, of which 198 occur nowhere (the first is 2): name the")


def test_masks_that_are_wrong_in_one_way_are_one_reason(streets, write):
    for number in range(4):
        write(f"streets/masks/{number}.png", encoded(mask([[5 + number] * 9] * 6)))
    message = r"4 of 4 rows cannot be used: 4 x its mask … has class … the 3 classes are 0 to 2, .* \(first: .*/0.jpg"
    with pytest.raises(ValueError, match=message):
        kd.load(streets, required=MASKS)


@pytest.mark.parametrize(
    ("required", "message"),
    [
        (
            MASKS,
            "has no column of masks. Its columns are: image, label. Name the column with `mask`, or give a fold",
        ),
        (("image", "boxes"), "has no column of boxes. .* with `boxes`, or give a folder in the form of VOC or COCO."),
    ],
)
def test_class_folders_for_another_task_say_what_it_reads(pets, required, message):
    with pytest.raises(ValueError, match=message):
        kd.load(pets, required=required)


def test_boxes_are_no_labels(table):
    boxes = [[{"label": "cat", "x0": 0, "y0": 0, "x1": 3, "y1": 3}], []] * 2
    lines = [{"image": row["image"], "boxes": of} for row, of in zip(rows(), boxes, strict=True)]
    path = table("a.jsonl", lines)
    with pytest.raises(ValueError, match="has no column of labels. Its columns are: .* a subfolder of images for each"):
        kd.load(path, required=CLASSES)
    with pytest.raises(ValueError, match=r"column 'boxes' \(`label`\) holds objects, not labels"):
        kd.load(path, required=CLASSES, label="boxes")


def test_masks_are_named_by_label_names(streets):
    assert kd.load(streets, required=MASKS, label_names=["a", "b", "c"]).labels == ("a", "b", "c")


def test_masks_of_0_and_255_are_two_classes_and_told(streets, write):
    (streets / "classes.txt").unlink()
    for number in range(4):
        write(f"streets/masks/{number}.png", encoded(mask([[0, 255, 255] * 3] * 6)))
    examples = kd.load(streets, required=MASKS)
    assert (examples.labels, label_counts(examples)) == (("0", "1"), {"0": 72, "1": 144})
    assert examples.notes == ("masks hold 0 and 255 alone: 255 is class 1",)
    stored = np.asarray(Image.open(examples.values("mask")[0]))
    assert set(stored.ravel()) == {0, 1}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([[0] * 6] * 9, "its mask {} has 6 x 9 pixels, the image 9 x 6"),
        ([[3] * 9] * 6, "its mask {} has class 3: the 3 classes are 0 to 2, and 255 is none"),
    ],
)
def test_a_mask_that_does_not_fit_is_rejected_with_file_and_value(streets, write, values, reason):
    path = write("streets/masks/2.png", encoded(mask(values)))
    examples = kd.load(streets, required=MASKS, max_rejected=1)
    assert [(one.place, one.reason) for one in examples.rejected] == [
        (str(streets / "images/2.jpg"), reason.format(path))
    ]


def test_masks_may_be_named_in_a_table(streets, write):
    path = write("a.csv", "image,mask\nstreets/images/0.jpg,streets/masks/0.png\n")
    assert kd.load(path, required=MASKS).values("mask") == [str(streets / "masks/0.png")]


def test_validation_masks_have_the_classes_of_training(streets, write):
    write("other/images/a.jpg", encoded(picture(), "JPEG"))
    write("other/masks/a.png", encoded(mask([[3] * 9] * 6)))
    with pytest.raises(ValueError, match="its mask .*a.png has class 3: the 3 classes are 0 to 2"):
        kd.load_splits(streets, streets.parent / "other", required=MASKS)


def test_the_fingerprint_follows_the_pixels_and_not_the_paths(write, pets):
    before = kd.load(pets, required=CLASSES).fingerprint
    pets.rename(pets.with_name("animals"))
    assert kd.load(pets.with_name("animals"), required=CLASSES).fingerprint == before
    write("animals/cat/0.png", encoded(picture(seed=99)))
    assert kd.load(pets.with_name("animals"), required=CLASSES).fingerprint != before


def test_examples_keep_what_is_known_of_their_images(pets):
    examples = kd.load(pets, required=CLASSES).take([3, 1])
    assert image_shapes(examples).tolist() == [[6, 9], [6, 9]]
    assert len(set(examples.identities("image"))) == 2


def test_prepared_images_are_bytes(shared_tfds):
    examples = kd.load("tfds:fashion_mnist", split="test", tfds_dir=shared_tfds, required=CLASSES)
    assert (len(examples), examples.labels[0], examples.rejected) == (10_000, "T-shirt/top", ())
    assert Image.open(io.BytesIO(examples.values("image")[0])).size == (28, 28)


def test_real_captions_go_with_their_images(shared_data):
    folder = shared_data / "flickr8k_small"
    parts = (folder / f"captions_{part}.tsv" for part in ("train", "validation"))
    train, validation = kd.load_splits(*parts, required=("image", "text"))
    assert (len(train), len(validation), train.rejected) == (5000, 750, ())


def test_a_source_of_images_tells_what_its_examples_have(pets, streets):
    sources = (pets, streets, "digits", "digit-scenes", "digit-masks")
    found = [tuple(kd.load(source).fields) for source in sources]
    assert found == [CLASSES, MASKS, CLASSES, BOXES, MASKS]


def test_images_alone_are_read_without_labels(pets):
    assert kd.load(pets / "cat").fields == {"image": "image"}


def test_a_named_column_of_images_asks_for_their_labels(table):
    assert kd.load(table("a.csv", rows("ansicht")), image="ansicht").fields == {"image": "ansicht", "label": "label"}


def test_a_named_column_of_text_asks_for_text(pets):
    with pytest.raises(ValueError, match=r"holds no <class>/\*.txt"):
        kd.load(pets, text="review")


@pytest.mark.parametrize("source", ["digits", "digit-scenes", "digit-masks"])
def test_both_parts_have_what_the_source_tells(source):
    train, validation = kd.load_splits(source)
    assert train.fields == validation.fields
    assert train.labels == validation.labels


def test_images_held_out_are_read_as_those_to_train_on(pets):
    train, validation = kd.load_splits(pets, validation_fraction=0.2)
    assert (len(train), len(validation), validation.fields) == (8, 2, train.fields)
    assert kd.load_splits(pets, pets)[1].labels == train.labels
