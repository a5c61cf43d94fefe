"""The source `numbers`: a number written out in one language and in another. Real translation, exact, no download.

Every number below 100 is there to learn from, as these are the words that the others are made of. From 100 to 999,999
whole numbers are held out, so that what is measured was never seen. Most have many digits: there are more of them.
"""

import importlib.metadata
import random

import pyarrow as pa

from kformer.data.cache import cached_table
from kformer.data.sources.folders import TRAIN, VALIDATION, chosen_part
from kformer.data.sources.reading import Options, Reading
from kformer.errors import suggest

LANGUAGES = "en-de"  # where the source does not say
# Numbers of each length: with those below 100, 20,000 to learn from and 1,000 held out.
_COUNTS = {TRAIN: {3: 800, 4: 4_100, 5: 7_000, 6: 8_000}, VALIDATION: {3: 100, 4: 200, 5: 300, 6: 400}}
_SEED = 0
_FORMAT = 1  # raise it when the table changes, so that tables kept from before are not used
# num2words 0.5.14 lists it and raises a TypeError at every number.
_BROKEN = frozenset(("am",))


def read_numbers(languages: str, options: Options) -> Reading:
    """Reads one part of the numbers, "train" unless told otherwise: columns number and one per language.

    Args:
        languages: The language of the text and that of its translation, as "en-de".
        options: Which part.

    Returns:
        The part, with the languages' columns as text and target.

    Raises:
        ValueError: There is no such part, or a language that num2words does not write.
    """
    text, target = _parse(languages)
    part = chosen_part("numbers", options, _COUNTS)
    numbers = _draw()[part]
    columns = {"number": numbers, text: _words(text, part, numbers), target: _words(target, part, numbers)}
    return Reading(pa.table(columns), f"numbers:{text}-{target}", fields={"text": text, "target": target})


def _parse(languages: str) -> tuple[str, str]:
    from num2words import CONVERTER_CLASSES

    known = sorted(CONVERTER_CLASSES.keys() - _BROKEN)
    codes = languages.split("-")
    unknown = next((code for code in codes if code not in known), None)
    if unknown is not None or len(codes) != 2 or codes[0] == codes[1]:
        raise ValueError(
            f"numbers:A-B needs two different languages, as in numbers:{LANGUAGES}. Received: {languages!r}. "
            f"Languages are: {', '.join(known)}.{'' if unknown is None else suggest(unknown, known)}"
        )
    return codes[0], codes[1]


def _words(language: str, part: str, numbers: list[int]) -> pa.ChunkedArray:
    """Returns the numbers in words; kept in the cache, since some languages take a millisecond for each."""

    def write_out() -> pa.Table:
        from num2words import num2words

        # Telugu's end in spaces.
        return pa.table({"words": [num2words(number, lang=language).strip() for number in numbers]})

    version = importlib.metadata.version("num2words")
    return cached_table(f"numbers/{language}-{part}-{version}-{_FORMAT}.parquet", write_out)["words"]


def _draw() -> dict[str, list[int]]:
    """Returns the numbers of each part, in random order; none is in both."""
    generator = random.Random(_SEED)
    parts = {TRAIN: list(range(100)), VALIDATION: []}
    for digits, held_out in _COUNTS[VALIDATION].items():
        count = held_out + _COUNTS[TRAIN][digits]
        drawn = generator.sample(range(10 ** (digits - 1), 10**digits), count)
        parts[VALIDATION] += drawn[:held_out]
        parts[TRAIN] += drawn[held_out:]
    for numbers in parts.values():
        generator.shuffle(numbers)
    return parts
