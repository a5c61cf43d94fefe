"""One name table per family: which of their tensors is which of our variables, and whose configuration means what.

A table is read in both directions, so import and export cannot disagree.
"""

from kformer.checkpoints.families.bert import BERT
from kformer.checkpoints.families.deit import DEIT
from kformer.checkpoints.families.distilbert import DISTILBERT
from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.gpt2 import GPT2
from kformer.checkpoints.families.marian import MARIAN
from kformer.checkpoints.families.roberta import ROBERTA
from kformer.checkpoints.families.rows import expand
from kformer.checkpoints.families.vit import VIT
from kformer.checkpoints.families.yolos import YOLOS
from kformer.errors import suggest

__all__ = ["FAMILIES", "Family", "Head", "expand", "family_of", "get_family"]

FAMILIES = {family.name: family for family in (BERT, DISTILBERT, ROBERTA, GPT2, MARIAN, VIT, DEIT, YOLOS)}


def get_family(name, where):
    """The family called `name`, the `model_type` that `where` states.

    Raises:
        ValueError: for a family that cannot be read; the known ones are listed.
    """
    if name not in FAMILIES:
        raise ValueError(
            f"{where} holds a model of type {name!r}, which cannot be read.{suggest(str(name), FAMILIES)} "
            f"Accepted: {', '.join(FAMILIES)}."
        )
    return FAMILIES[name]


def family_of(sizes):
    """The family whose settings these backbone arguments are.

    Raises:
        ValueError: for those of a model that no family of Hugging Face's computes.
    """
    if "num_segments" in sizes:
        if sizes["num_segments"] == 0:
            return DISTILBERT
        return ROBERTA if sizes["position_offset"] else BERT
    if "num_detection_tokens" in sizes:
        return YOLOS
    if "patch_size" in sizes:
        return DEIT if sizes["distilled"] else VIT
    if "scale_embedding" in sizes:
        return MARIAN
    if "vocab_size" in sizes:
        return GPT2
    model = "CompactTransformer" if "num_convolutions" in sizes else "TransformerModel of your own"
    raise ValueError(
        f"A {model} has no counterpart among Hugging Face's classes: a folder of theirs can hold one of "
        f"{', '.join(FAMILIES)}; export it as a SavedModel."
    )
