"""The vocabularies in checkpoint folders: WordPiece's (vocab.txt, or tokenizer.json) and Marian's."""

import dataclasses
from pathlib import Path

from kformer.checkpoints.hf_folder import read_json


def read_vocabulary(folder):
    """The vocabulary in the order of its ids, and whether the tokenizer lowers case.

    Args:
        folder: path of a Hugging Face folder.

    Returns:
        list of str and bool.

    Raises:
        FileNotFoundError: when neither vocab.txt nor tokenizer.json is there.
        ValueError: when tokenizer.json holds another kind of tokenizer.
    """
    folder = Path(folder)
    has_tokenizer = (folder / "tokenizer.json").exists()
    tokenizer = read_json(folder / "tokenizer.json") if has_tokenizer else {}
    if (folder / "vocab.txt").exists():
        vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
        vocabulary = vocabulary[:-1] if vocabulary and vocabulary[-1] == "" else vocabulary
    elif has_tokenizer:
        vocabulary = _from_tokenizer(folder / "tokenizer.json", tokenizer)
    else:
        raise FileNotFoundError(f"{folder} has neither vocab.txt nor tokenizer.json: the text cannot be tokenised.")
    return [token.rstrip("\r") for token in vocabulary], _lowercase(folder, tokenizer)


def _from_tokenizer(path, tokenizer):
    model = tokenizer.get("model", {})
    if model.get("type") != "WordPiece":
        raise ValueError(
            f"{path} holds a {model.get('type')} tokenizer: text tasks read WordPiece vocabularies (BERT, DistilBERT)."
        )
    ids = dict(model["vocab"])
    ids.update({token["content"]: token["id"] for token in tokenizer.get("added_tokens", ())})
    return sorted(ids, key=ids.get)


def _lowercase(folder, tokenizer):
    normalizer = tokenizer.get("normalizer") or {}
    if "lowercase" in normalizer:
        return bool(normalizer["lowercase"])
    settings = folder / "tokenizer_config.json"
    return bool(read_json(settings).get("do_lower_case", True)) if settings.exists() else True


@dataclasses.dataclass(frozen=True)
class MarianVocabulary:
    """What cuts and numbers the pieces of a translation model, side by side.

    Attributes:
        source_model, target_model: bytes, the SentencePiece models.
        source, target: list of str in the order of their ids; equal unless the sides have vocabularies of their own.
    """

    source_model: bytes
    target_model: bytes
    source: list[str]
    target: list[str]


def read_marian_vocabulary(folder):
    """The vocabulary of a Marian (opus-mt) folder.

    Args:
        folder: path of a Hugging Face folder.

    Returns:
        `MarianVocabulary`.

    Raises:
        FileNotFoundError: when source.spm, target.spm or vocab.json is not there.
        ValueError: when a vocabulary does not number its pieces from 0 without gaps.
    """
    folder = Path(folder)
    missing = [name for name in ("source.spm", "target.spm", "vocab.json") if not (folder / name).exists()]
    if missing:
        raise FileNotFoundError(f"{folder} has no {' and no '.join(missing)}, which a Marian folder needs.")
    source = _numbered(folder / "vocab.json")
    own = folder / "target_vocab.json"
    return MarianVocabulary(
        source_model=(folder / "source.spm").read_bytes(),
        target_model=(folder / "target.spm").read_bytes(),
        source=source,
        target=_numbered(own) if own.exists() else source,
    )


def _numbered(path):
    """The pieces of a JSON object piece -> id, in the order of their ids."""
    ids = read_json(path)
    pieces = sorted(ids, key=ids.get)
    if [ids[piece] for piece in pieces] != list(range(len(pieces))):
        raise ValueError(f"{path} must number its {len(pieces)} pieces from 0 without gaps: fetch or write it again.")
    return pieces
