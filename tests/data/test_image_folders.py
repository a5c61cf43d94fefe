"""Folders of images."""

import pytest

import kformer.data as kd
from kformer.data.sources import Options, part_names, read
from tests.data.images.pictures import encoded, mask, picture

IMAGES = Options(required=("image", "label"))
MASKS = Options(required=("image", "mask"))


def test_class_folders_label_each_image_with_its_folder(pets):
    table = read(pets, IMAGES).table
    assert table["label"].to_pylist() == ["cat"] * 5 + ["dog"] * 5
    assert table["image"][0].as_py() == str(pets / "cat" / "0.png")


@pytest.mark.parametrize("ending", ["jpg", "JPEG", "png", "bmp", "gif", "webp", "tif", "TIFF"])
def test_every_ending_is_found_in_any_case(write, tmp_path, ending):
    write(f"cat/a.{ending}", "x")
    assert read(tmp_path, IMAGES).table.num_rows == 1


def test_hidden_files_and_folders_are_passed_over(write, pets):
    write("pets/cat/._0.png", "x")
    write("pets/.thumbnails/0.png", "x")
    assert read(pets, IMAGES).table.num_rows == 10


def test_images_beside_the_classes_are_told(write, pets):
    write("pets/stray.png", "x")
    assert read(pets, IMAGES).notes == ("1 image beside the folders of the classes left out",)


@pytest.mark.parametrize("name", ["readme.txt", "cat/notes.txt"])
def test_a_text_among_pictures_is_passed_over(write, pets, name):
    write(f"pets/{name}", "What is here.")
    assert read(pets, Options()).table.column_names == ["image", "label"]


def test_a_picture_among_texts_is_passed_over(write, tmp_path):
    for name in ("good/1.txt", "bad/2.txt", "bad/cover.png"):
        write(name, "x")
    assert read(tmp_path, Options()).table["label"].to_pylist() == ["bad", "good"]


def test_images_without_classes_have_no_label(write, tmp_path):
    write("b.png", "x")
    write("a.jpg", "x")
    table = read(tmp_path, Options(required=("image",))).table
    assert (table.column_names, table.num_rows) == (["image"], 2)


def test_classes_that_are_needed_and_not_there_are_an_error(write, tmp_path):
    write("a.jpg", "x")
    with pytest.raises(ValueError, match="holds 1 images and no subfolders of them, so that none has a class. Give a"):
        read(tmp_path, IMAGES)


def test_a_folder_without_images_says_which_endings_were_looked_for(write, tmp_path):
    write("cat/a.heic", "x")
    message = "holds no images, neither in it nor in subfolders: files that end in .jpg, .jpeg, .png, .bmp, .gif, .we"
    with pytest.raises(ValueError, match=message):
        read(tmp_path, IMAGES)


def test_one_class_folder_cannot_be_trained_on(write, tmp_path):
    for number in range(4):
        write(f"cat/{number}.png", encoded(picture(seed=number)))
    with pytest.raises(ValueError, match="has one class only: all 4 labels in column 'label' are 'cat'. Give examples"):
        kd.load_splits(tmp_path, required=("image", "label"))


@pytest.mark.parametrize("name", ["validation", "val", "valid"])
def test_class_folders_may_be_below_parts(write, tmp_path, name):
    write("train/cat/1.png", "x")
    write(f"{name}/dog/1.png", "x")
    assert part_names(tmp_path, IMAGES) == ("train", "validation")
    assert read(tmp_path, Options("validation", required=("image", "label"))).table["label"].to_pylist() == ["dog"]


def test_a_folder_of_trains_beside_one_of_planes_is_a_class(write, tmp_path):
    write("train/1.png", "x")
    write("plane/1.png", "x")
    assert part_names(tmp_path, IMAGES) == ()
    assert read(tmp_path, IMAGES).table["label"].to_pylist() == ["plane", "train"]


def test_a_folder_of_images_is_read_as_such_where_nothing_is_asked_for(pets):
    assert list(read(pets, Options()).fields) == ["image", "label"]


def test_texts_are_still_texts_where_nothing_is_asked_for(write, pets):
    for number in range(10):
        write(f"pets/cat/{number}.txt", "a text beside each picture")
    assert read(pets, Options()).table.column_names == ["text", "label", "file"]


def test_images_are_found_among_texts_when_they_are_asked_for(write, pets):
    write("pets/cat/notes.txt", "a text")
    assert read(pets, IMAGES).table.num_rows == 10


def test_texts_are_not_looked_for_among_images(pets):
    with pytest.raises(ValueError, match=r"holds no <class>/\*.txt, no \*.txt and no train.csv"):
        kd.load(pets, required=("text", "label"))


def test_masks_go_with_the_images_of_their_names(streets):
    examples = kd.load(streets, required=("image", "mask"))
    assert len(examples) == 4
    assert examples[2] == {"image": str(streets / "images/2.jpg"), "mask": str(streets / "masks/2.png")}


@pytest.mark.parametrize("place", ["classes.txt", "train/classes.txt"])
def test_class_names_are_beside_the_masks_or_in_the_folder_above(write, tmp_path, place):
    write("train/images/a.png", encoded(picture()))
    write("train/masks/a.png", encoded(mask([[0, 1, 1] * 3] * 6)))
    write(place, "sky\n\nroad\n")
    assert kd.load(tmp_path, required=("image", "mask")).labels == ("sky", "road")


@pytest.mark.parametrize("name", ["masks", "labels", "annotations"])
def test_the_folder_of_masks_has_one_of_several_names(write, tmp_path, name):
    write("images/a.png", "x")
    write(f"{name}/a.png", "x")
    assert read(tmp_path, MASKS).table.num_rows == 1


def test_images_without_mask_and_masks_without_image_are_rejected_by_name(write, tmp_path):
    for name in ("images/a.jpg", "images/b.jpg", "masks/b.png", "masks/c.png"):
        write(name, "x")
    rejections = read(tmp_path, MASKS).rejections
    assert [(rejection.place, rejection.reason) for rejection in rejections] == [
        (str(tmp_path / "images/a.jpg"), "there is no mask of its name in masks"),
        (str(tmp_path / "masks/c.png"), "there is no image of its name in images"),
    ]


def test_real_masks_are_read_below_their_parts(shared_data):
    train, validation = kd.load_splits(shared_data / "camvid", required=("image", "mask"))
    assert (len(train), len(validation), len(train.labels)) == (367, 101, 12)
    assert train.labels[-1] == validation.labels[-1] == "Unlabelled"
    assert train.rejected == validation.rejected == ()


def test_real_faces_are_classes(shared_data):
    examples = kd.load(shared_data / "orl_faces", required=("image", "label"))
    assert (len(examples), len(examples.labels), examples.rejected) == (300, 30, ())
