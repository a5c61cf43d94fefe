"""Splits by person: nobody is both in training and in validation."""

import pytest

import kformer.data as kd
from tests.data.images.pictures import encoded, picture

PEOPLE = ("image", "label")


@pytest.fixture
def folder(tmp_path):
    """Writes a folder of people with three pictures each, and returns its path."""

    def write_folder(name, people):
        for number, person in enumerate(people):
            path = tmp_path / name / person
            path.mkdir(parents=True)
            for seed in range(3):
                (path / f"{seed}.png").write_bytes(encoded(picture(seed=100 * len(name) + 10 * number + seed)))
        return tmp_path / name

    return write_folder


def load_splits(source, validation=None, **arguments):
    return kd.load_splits(source, validation, required=PEOPLE, apart="label", **arguments)


def people_of(*parts):
    return [set(part.values("label")) for part in parts]


def test_people_are_held_out_whole(folder):
    train, held_out = load_splits(folder("all", "abcdefgh"), validation_fraction=0.25)
    trained, judged = people_of(train, held_out)
    assert trained & judged == set()
    assert (len(trained), len(judged), len(train), len(held_out)) == (6, 2, 18, 6)


def test_each_part_has_the_names_of_its_people(folder):
    for part in load_splits(folder("all", "abcdefgh")):
        assert set(part.labels) == set(part.values("label"))


def test_two_people_at_least_are_held_out(folder):
    held_out = load_splits(folder("all", "abcde"), validation_fraction=0.05)[1]
    assert len(set(held_out.values("label"))) == 2


def test_a_line_says_how_many_people_are_where(folder):
    train, _ = load_splits(folder("all", "abcdefgh"), validation_fraction=0.25)
    assert "split by label: 6 of them are trained on, 2 others are held out" in train.notes


def test_other_people_to_validate_on_need_not_be_known(folder):
    train, held_out = load_splits(folder("one", "abc"), folder("other", "xyz"))
    assert people_of(train, held_out) == [set("abc"), set("xyz")]
    assert held_out.labels == ("x", "y", "z")


def test_people_who_are_in_validation_too_are_not_trained_on(folder):
    train, held_out = load_splits(folder("one", "abcd"), folder("other", "dxy"))
    assert people_of(train, held_out) == [set("abc"), set("dxy")]
    assert any(
        line.startswith("3 training rows dropped: their labels are in validation too ('d')") for line in train.notes
    )


def test_a_validation_source_of_the_same_people_is_refused(folder):
    with pytest.raises(ValueError, match="has the same labels as .* and none may be in both training and validation"):
        load_splits(folder("one", "abc"), folder("other", "abc"))


def test_parts_of_one_source_with_the_same_people_are_put_together_and_split_anew(folder, tmp_path):
    folder("both/train", "abcdef")
    folder("both/validation", "abcdef")
    train, held_out = load_splits(tmp_path / "both", validation_fraction=0.4)
    trained, judged = people_of(train, held_out)
    assert trained & judged == set() and trained | judged == set("abcdef")
    assert len(train) + len(held_out) == 36
    assert "all labels are in validation too: both parts are put together" in train.notes


def test_several_names_for_a_picture_are_refused(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(encoded(picture(seed=ord(name))))
    (tmp_path / "list.csv").write_text("image,label\na.png,x|y\nb.png,x\n", encoding="utf-8")
    with pytest.raises(ValueError, match="need one name each. Received: labels of the kind 'multi'"):
        load_splits(tmp_path / "list.csv")
