"""TensorFlow Datasets, without download."""

import pytest

import kformer.data as kd
from kformer.data.sources.tfds import _prepare


def test_a_prepared_dataset_is_read_with_its_label_names(shared_tfds):
    examples = kd.load("tfds:sst2", split="validation", tfds_dir=shared_tfds)
    assert (len(examples), examples.labels) == (872, ("negative", "positive"))


def test_rows_are_those_of_the_tsv_in_the_same_order(shared_tfds, shared_data):
    dataset = kd.load("tfds:sst2", tfds_dir=shared_tfds)
    file = kd.load(shared_data / "sst2" / "train.tsv")
    assert dataset.values("text") == file.values("text")
    assert dataset.targets().tolist() == file.targets().tolist()


def test_its_validation_split_is_used(shared_tfds):
    train, validation = kd.load_splits("tfds:sst2", tfds_dir=shared_tfds)
    assert (len(train), len(validation)) == (6920, 872)


def test_a_dataset_of_images_is_read_as_one(shared_tfds):
    examples = kd.load("tfds:fashion_mnist", split="test", tfds_dir=shared_tfds)
    assert (len(examples), *examples.fields, examples.labels[0]) == (10000, "image", "label", "T-shirt/top")


def test_a_dataset_of_images_is_split_as_one(shared_tfds):
    train, validation = kd.load_splits("tfds:fashion_mnist", tfds_dir=shared_tfds, split="test")
    assert (len(train), len(validation)) == (9000, 1000)


def test_a_dataset_of_images_says_that_it_has_no_text(shared_tfds):
    with pytest.raises(ValueError, match="tfds:fashion_mnist has no column of text. Its columns are: label"):
        kd.load("tfds:fashion_mnist", split="test", tfds_dir=shared_tfds, required=("text", "label"))


def test_an_unknown_split_lists_those_there(shared_tfds):
    with pytest.raises(ValueError, match="tfds:sst2 has no split 'valid'. Its splits are: train, validation. Did you"):
        kd.load("tfds:sst2", split="valid", tfds_dir=shared_tfds)


def test_an_unknown_dataset_lists_the_prepared_ones(shared_tfds):
    with pytest.raises(ValueError, match="no TensorFlow dataset 'sst3'.*fashion_mnist, multi30k, sst2.*mean 'sst2'"):
        kd.load("tfds:sst3", tfds_dir=shared_tfds)


def test_what_is_not_a_name_of_a_dataset_is_refused(shared_tfds):
    with pytest.raises(ValueError, match="There is no TensorFlow dataset ''.*Give tfds:NAME"):
        kd.load("tfds:", tfds_dir=shared_tfds)


def test_a_dataset_that_cannot_be_prepared_says_why_and_what_to_do():
    class Offline:
        data_dir = "folder"

        def download_and_prepare(self):
            raise ConnectionError("no route to host")

    with pytest.raises(ValueError, match=r"tfds:x is not prepared in folder.*\(no route to host\).*`tfds_dir`"):
        _prepare(Offline(), "x")
