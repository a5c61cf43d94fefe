"""The embedded source `numbers`."""

from collections import Counter

import pytest

import kformer.data as kd
from kformer.data.sources import numbers

TRANSLATION = ("text", "target")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Both parts, smaller: writing all of them out takes longer than these tests may."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KFORMER_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(numbers, "_COUNTS", {"train": {3: 100, 6: 200}, "validation": {3: 50, 6: 50}})
        return kd.load_splits("numbers", required=TRANSLATION)


def test_there_are_20_000_to_learn_from_and_1_000_held_out():
    assert {part: len(drawn) for part, drawn in numbers._draw().items()} == {"train": 20_000, "validation": 1_000}


def test_no_number_is_drawn_twice():
    drawn = numbers._draw()
    assert len({*drawn["train"], *drawn["validation"]}) == 21_000


def test_every_number_below_100_is_there_to_learn_from():
    assert set(range(100)) <= set(numbers._draw()["train"])


def test_numbers_of_three_to_six_digits_are_held_out():
    lengths = Counter(len(str(number)) for number in numbers._draw()["validation"])
    assert lengths == {3: 100, 4: 200, 5: 300, 6: 400}


def test_the_draw_is_always_the_same():
    assert numbers._draw() == numbers._draw()


def test_no_words_are_in_both_parts(parts):
    for role in TRANSLATION:
        assert set(parts[0].values(role)).isdisjoint(parts[1].values(role))


@pytest.mark.parametrize(
    ("number", "text", "target"),
    [(0, "zero", "null"), (21, "twenty-one", "einundzwanzig")],
)
def test_a_number_is_written_out_in_both_languages(parts, number, text, target):
    row = parts[0].table["number"].to_pylist().index(number)
    assert parts[0][row] == {"text": text, "target": target}


def test_the_languages_can_be_chosen():
    examples = kd.load("numbers:ko-ja", split="validation", required=TRANSLATION)
    assert examples.fields == {"text": "ko", "target": "ja"}
    assert all(set(text) <= set("一二三四五六七八九十百千万") for text in examples.values("target"))


def test_words_are_written_out_once(monkeypatch, tmp_path):
    monkeypatch.setenv("KFORMER_CACHE", str(tmp_path))
    first = kd.load("numbers:ja-ko", split="validation", required=TRANSLATION)
    monkeypatch.setattr("num2words.num2words", None)
    assert kd.load("numbers:ja-ko", split="validation", required=TRANSLATION)[0] == first[0]


def test_nothing_is_left_to_clean(parts):
    report = kd.clean(*parts)[2]
    assert (report.train_rows_kept, report.validation_rows_kept) == (400, 100)


@pytest.mark.parametrize("languages", ["en-xx", "en", "en-de-fr", "de-de", "en-am"])
def test_languages_that_cannot_be_written_list_the_known(languages):
    message = f"needs two different languages, as in numbers:en-de. Received: '{languages}'. Languages are: ar, .*, vi"
    with pytest.raises(ValueError, match=message):
        kd.load(f"numbers:{languages}", required=TRANSLATION)


def test_an_unknown_part_lists_the_known():
    with pytest.raises(ValueError, match="numbers has no part 'test'. Its parts are: train, validation"):
        kd.load("numbers", split="test", required=TRANSLATION)
