"""What a docstring says in words: its text without code, markup and the names of libraries."""

import re

MASK = "library"

# ufuncs have two of them.
_SIGNATURES = re.compile(r"\A(?:[\w.]+\([^\n]*\)[ ]*(?:->[^\n]*)?\n\s*\n)+")
_FENCED = re.compile(r"^[ ]*```.*?^[ ]*```[ ]*$", re.DOTALL | re.MULTILINE)
# An example at the prompt, with its continuation lines and its output up to the next empty line.
_PROMPT = re.compile(r"^[ ]*>>>.*?(?:\n[ ]*\n|\Z)", re.DOTALL | re.MULTILINE)
# Below headings, and in tables.
_RULE = re.compile(r"^[ ]*[-=~+]{3}[-=~+ ]*$", re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ ]*\.\. .*$", re.MULTILINE)
_ROLE = re.compile(r":[\w:]+:`~?([^`<]*?)(?: ?<[^`>]*>)?`")
_LINK = re.compile(r"\[([^\]]*)\]\s?\([^)\s]*\)")
_URL = re.compile(r"<?https?://\S+")
_REFERENCE = re.compile(r"\s*\[\d+\]_?")
# Pointers into a library's own handbook.
_GUIDE = re.compile(r"(?:Read more|See)[^.]*(?:User Guide|user guide)[^.]*\.")
_MARKS = re.compile(r"[`|\\$]|\*\*")

# tf-idf is a measure, not a library.
_MEASURE = re.compile(r"\btf[-_ \u2013\u00d7]{0,3}(?=idf)", re.IGNORECASE)
_SCIKIT_LEARN = re.compile(r"scikits?[- ]learn", re.IGNORECASE)
# A word with its import path: "keras.layers.Dense".
_PATH = re.compile(r"[\w.]+")
# Any word with a full name in it, and the usual aliases: "np.sum", "tf.data", "tfds", "TFRecord".
_NAMED = re.compile(r"numpy|scipy|scikit|sklearn|tensorflow|tensorboard|keras|^np$|^(?:np|sp|sk)\.\w|(?:^|[._])tf")


def prose(docstring: str) -> str:
    """Returns what a docstring says, on one line, with `MASK` in place of every name and import path of a library.

    Args:
        docstring: The text of a docstring, its indentation removed (`inspect.cleandoc`).

    Returns:
        Its words without signature, code examples, headings' underlines, links and markup.
    """
    text = _SIGNATURES.sub("", docstring)
    for pattern in (_FENCED, _PROMPT, _RULE, _DIRECTIVE):
        text = pattern.sub("\n", text)
    text = _LINK.sub(r"\1", _ROLE.sub(r"\1", text))
    for pattern in (_URL, _GUIDE, _REFERENCE, _MARKS):
        text = pattern.sub("", text)
    return " ".join(mask_names(text).split())


def mask_names(text: str) -> str:
    """Returns the text with `MASK` in place of the libraries' names, import paths and usual aliases."""
    text = _SCIKIT_LEARN.sub("sklearn", _MEASURE.sub("term-frequency ", text))
    return _PATH.sub(_mask, text)


def _mask(match: re.Match) -> str:
    word = match.group()
    if not _NAMED.search(word.lower()):
        return word
    # The full stop after a name ends a sentence, it is no part of the path.
    return MASK + "." if word.endswith(".") else MASK
