"""The usual names of columns, by which their roles are guessed, and a header is told from a first row of data."""

import re
from collections.abc import Sequence

# Most telling first.
PAIRS = (
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("text1", "text2"),
    ("sentence_a", "sentence_b"),
    ("text_a", "text_b"),
    ("text", "text_pair"),
    ("question", "sentence"),
    ("query", "passage"),
)
TEXTS = (
    "text sentence review review_text review_body content document comment comment_text message body article tweet "
    "post utterance question query description abstract summary headline title caption"
)
LABELS = (
    "label labels class category categories target sentiment stars rating score similarity intent topic topics emotion "
    "polarity gold_label is_duplicate tag tags y"
)
IMAGES = (
    "image image_path img img_path image_file image_filename filename file_name filepath file_path path file photo "
    "picture"
)
MASKS = "mask mask_path segmentation annotation annotation_path"
# A text and its translation.
TRANSLATIONS = (
    ("source", "target"),
    ("src", "tgt"),
    ("source_text", "target_text"),
    ("src_text", "tgt_text"),
    ("text", "target"),
    ("text", "translation"),
)
# ISO 639-1; people write "en", "en-GB" and "pt_br".
_LANGUAGES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st "
    "su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_][a-z]{2,4})?")
NOT_LABELS = frozenset(("id", "idx", "index", "row", "file", "url", "date", "time", "timestamp", "column 1"))
_USUAL = frozenset(
    (
        *(name for pair in (*PAIRS, *TRANSLATIONS) for name in pair),
        *(name for names in (TEXTS, LABELS, IMAGES, MASKS) for name in names.split()),
        *NOT_LABELS,
    )
)


def is_language(name: str) -> bool:
    """Tells whether a name is that of a language, such as "en" or "pt_br"."""
    match = _LANGUAGE.fullmatch(name)
    return match is not None and match[1] in _LANGUAGES.split()


def holds_usual_name(names: Sequence[str]) -> bool:
    """Tells whether a usual name is among the names of columns, or all of them are languages.

    One language by itself is none: "no" and "it" are words as well.
    """
    names = [name.strip().lower() for name in names]
    return not _USUAL.isdisjoint(names) or all(map(is_language, names))
