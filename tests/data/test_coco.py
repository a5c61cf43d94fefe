"""COCO."""

import json

import pytest

import kformer.data as kd
from kformer.data.sources import Options, part_names, read
from tests.data.images.pictures import encoded, picture

BOXES = Options(required=("image", "boxes"))


def content(**changes):
    """Two images; a cat and a dog in the first, nothing in the second."""
    whole = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}],
        "categories": [{"id": 3, "name": "dog"}, {"id": 5, "name": "cat"}],
        "annotations": [
            {"image_id": 7, "category_id": 5, "bbox": [1, 2, 3.5, 4], "iscrowd": 0},
            {"image_id": 7, "category_id": 3, "bbox": [0, 0, 9, 6]},
        ],
    }
    return json.dumps(whole | changes)


@pytest.fixture
def animals(write, tmp_path):
    for number, name in enumerate("ab"):
        write(f"images/{name}.png", encoded(picture(seed=number)))
    write("coco.json", content())
    return tmp_path


@pytest.mark.parametrize("name", ["", "coco.json"])
def test_a_box_is_its_corner_and_its_size(animals, name):
    examples = kd.load(animals / name, required=("image", "boxes"))
    assert examples[0] == {
        "image": str(animals / "images/a.png"),
        "boxes": [
            {"label": "cat", "x0": 1.0, "y0": 2.0, "x1": 4.5, "y1": 6.0},
            {"label": "dog", "x0": 0.0, "y0": 0.0, "x1": 9.0, "y1": 6.0},
        ],
    }
    assert (examples.values("boxes")[1], examples.labels) == ([], ("cat", "dog"))


@pytest.mark.parametrize(
    ("file", "image"),
    [
        ("_annotations.coco.json", "a.png"),
        ("annotations.json", "images/a.png"),
        ("annotations/instances_train2017.json", "train2017/a.png"),
        ("annotations/instances_train.json", "images/train/a.png"),
        ("annotations/instances_train.json", "images/a.png"),
    ],
)
def test_images_are_found_where_people_put_them(write, tmp_path, file, image):
    write(file, content(images=[{"id": 7, "file_name": "a.png"}]))
    path = write(image, "x")
    assert read(tmp_path, BOXES).table["image"].to_pylist() == [str(path)]


def test_files_of_parts_are_parts(write, tmp_path):
    for part, number in (("train2017", 7), ("val2017", 8)):
        write(f"{part}/a.png", "x")
        write(f"annotations/instances_{part}.json", content(images=[{"id": number, "file_name": "a.png"}]))
    assert part_names(tmp_path, BOXES) == ("train", "validation")
    assert len(read(tmp_path, BOXES).table["boxes"][0]) == 2
    assert len(read(tmp_path, Options("validation", required=("image", "boxes"))).table["boxes"][0]) == 0


def test_folders_of_parts_are_parts(write, tmp_path):
    for part in ("train", "valid"):
        write(f"{part}/a.png", "x")
        write(f"{part}/_annotations.coco.json", content(images=[{"id": 7, "file_name": "a.png"}]))
    assert part_names(tmp_path, BOXES) == ("train", "validation")
    assert read(tmp_path, Options("validation", required=("image", "boxes"))).table.num_rows == 1


def test_one_file_has_no_parts(animals):
    with pytest.raises(ValueError, match="is one whole, it has no part 'train'. Leave `split` out"):
        read(animals, Options("train", required=("image", "boxes")))


def test_an_image_that_is_absent_is_rejected_by_name(animals):
    (animals / "images/b.png").unlink()
    (rejection,) = read(animals, BOXES).rejections
    assert (rejection.place, rejection.reason) == ("b.png", "there is no such image beside the annotations")


def test_a_box_of_an_unknown_category_rejects_its_image(animals, write):
    write("coco.json", content(categories=[{"id": 3, "name": "dog"}]))
    (rejection,) = read(animals, BOXES).rejections
    assert rejection.place == "a.png"
    assert rejection.reason == "a box has the category 5, which is not among `categories`"


def test_what_is_broken_in_one_entry_rejects_its_image(animals, write):
    write("coco.json", content(annotations=[{"image_id": 7, "category_id": 5, "bbox": [1, 2]}]))
    (rejection,) = read(animals, BOXES).rejections
    assert (rejection.place, rejection.reason) == ("a.png", "a box is [1, 2], not [x, y, width, height]")


def test_crowds_and_boxes_of_no_image_are_left_out_and_told(animals, write):
    crowd = {"image_id": 7, "category_id": 5, "bbox": [0, 0, 1, 1], "iscrowd": 1}
    write("coco.json", content(annotations=[crowd, {"image_id": 99, "category_id": 5, "bbox": [0, 0, 1, 1]}]))
    assert read(animals, BOXES).notes == (
        "1 box around crowds (`iscrowd`) left out",
        "1 image that only `annotations` name left out",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "coco.json is not JSON .Expecting property name"),
        (
            "[]",
            "coco.json is not in the form of COCO: it lacks the list 'images'. Give a json file with the lists",
        ),
        ('{"images": []}', "coco.json is not in the form of COCO: it lacks the list 'annotations'"),
        ('{"images": [{}], "annotations": [], "categories": []}', "an entry of .images. lacks 'id'"),
        ('{"images": [], "annotations": [[]], "categories": []}', "an entry of .annotations. lacks 'image_id'"),
    ],
)
def test_a_file_in_another_form_is_refused(write, text, message):
    with pytest.raises(ValueError, match=message):
        read(write("coco.json", text), BOXES)
