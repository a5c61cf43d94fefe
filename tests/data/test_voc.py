"""Pascal VOC."""

from collections import Counter

import pytest

import kformer.data as kd
from kformer.data.examples import label_counts
from kformer.data.sources import Options, part_names, read
from tests.data.images.pictures import encoded, picture

BOXES = Options(required=("image", "boxes"))


def annotation(*objects):
    """The XML of (name, xmin, ymin, xmax, ymax, difficult)."""
    tags = ("xmin", "ymin", "xmax", "ymax")
    parts = (
        f"<object><name>{name}</name><difficult>{difficult}</difficult><bndbox>"
        + "".join(f"<{tag}>{side}</{tag}>" for tag, side in zip(tags, sides, strict=True))
        + "</bndbox></object>"
        for name, *sides, difficult in objects
    )
    return f"<annotation><size><width>9</width></size>{''.join(parts)}</annotation>"


@pytest.fixture
def cells(write, tmp_path):
    """Three images of 6 x 9, two of them to train on."""
    for number, name in enumerate("abc"):
        write(f"JPEGImages/{name}.jpg", encoded(picture(seed=number), "JPEG"))
        write(f"Annotations/{name}.xml", annotation(("cell", 1, 2, 3 + number, 4, 0)))
    write("ImageSets/Main/train.txt", "a\nb\n")
    write("ImageSets/Main/val.txt", "c\n")
    return tmp_path


def test_a_box_counts_from_0_and_ends_behind_its_last_pixel(cells):
    assert kd.load(cells, required=("image", "boxes"))[0] == {
        "image": str(cells / "JPEGImages/a.jpg"),
        "boxes": [{"label": "cell", "x0": 0.0, "y0": 1.0, "x1": 3.0, "y1": 4.0}],
    }


def test_the_listed_parts_are_read(cells):
    assert part_names(cells, BOXES) == ("train", "validation")
    train, validation = kd.load_splits(cells, required=("image", "boxes"))
    assert (len(train), len(validation), validation.labels) == (2, 1, ("cell",))


def test_without_lists_all_images_are_one_whole(cells):
    (cells / "ImageSets/Main/train.txt").unlink()
    assert part_names(cells, BOXES) == ()
    assert read(cells, BOXES).table.num_rows == 3
    with pytest.raises(ValueError, match="is one whole, it has no part 'train'. Leave `split` out"):
        read(cells, Options("train", required=("image", "boxes")))


def test_an_unknown_part_lists_those_there(cells):
    with pytest.raises(ValueError, match="has no part 'test'. Its parts are: train, validation"):
        read(cells, Options("test", required=("image", "boxes")))


def test_an_image_without_things_has_no_boxes(cells, write):
    write("Annotations/a.xml", annotation())
    assert kd.load(cells, required=("image", "boxes")).values("boxes")[0] == []


def test_difficult_boxes_are_kept_and_told(cells, write):
    write("Annotations/a.xml", annotation(("cell", 1, 2, 3, 4, 1), ("cell", 1, 1, 3, 4, 0)))
    reading = read(cells, BOXES)
    assert len(reading.table["boxes"][0].as_py()) == 2
    assert reading.notes == ("1 box marked as difficult: kept",)


@pytest.mark.parametrize("sides", [(3, 2, 3, 4), (1, 4, 3, 4), (3, 2, 1, 4)])
def test_an_empty_box_is_dropped_and_told(cells, write, sides):
    write("Annotations/a.xml", annotation(("cell", *sides, 0)))
    examples = kd.load(cells, required=("image", "boxes"))
    assert examples.values("boxes")[0] == []
    assert "1 box empty, inverted or outside the image: dropped" in examples.notes


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<annotation", "the annotation cannot be used (unclosed token"),
        ("<!DOCTYPE a><annotation/>", "the annotation cannot be used (it declares entities, which no annotation nee"),
        ("<annotation><object/></annotation>", "the annotation cannot be used (an object lacks its name or a side"),
        (annotation(("cell", 1, 2, "x", 4, 0)), "the annotation cannot be used (could not convert string to float"),
    ],
)
def test_an_annotation_that_cannot_be_used_is_rejected_by_name(cells, write, content, reason):
    path = write("Annotations/a.xml", content)
    (rejection,) = read(cells, BOXES).rejections
    assert rejection.place == str(path)
    assert rejection.reason.startswith(reason)


def test_an_image_that_is_listed_and_absent_is_rejected_by_name(cells):
    (cells / "JPEGImages/a.jpg").unlink()
    (rejection,) = read(cells, BOXES).rejections
    assert rejection.place == str(cells / "JPEGImages/a")
    assert rejection.reason == "there is no image of this name in JPEGImages"


def test_an_image_without_annotation_is_rejected_by_name(cells):
    (cells / "Annotations/a.xml").unlink()
    (rejection,) = read(cells, BOXES).rejections
    assert (rejection.place, rejection.reason) == (
        str(cells / "Annotations/a.xml"),
        "the image has no file in Annotations",
    )


def test_real_cells_are_read_with_their_blemishes_told(shared_data):
    train, validation = kd.load_splits(shared_data / "bccd", required=("image", "boxes"))
    assert (len(train), len(validation), train.labels) == (205, 87, ("Platelets", "RBC", "WBC"))
    assert label_counts(train) == Counter(RBC=2381, WBC=214, Platelets=209)
    assert label_counts(validation) == Counter(RBC=967, WBC=87, Platelets=83)
    assert train.notes == validation.notes == ("1 box empty, inverted or outside the image: dropped",)
    assert train.rejected == validation.rejected == ()


def test_real_raccoons_are_one_class_and_grey_or_not(shared_data):
    train, validation = kd.load_splits(shared_data / "raccoon", required=("image", "boxes"))
    assert (len(train), len(validation), train.labels) == (140, 20, ("raccoon",))
    assert (label_counts(train), train.rejected) == (Counter(raccoon=153), ())
