"""The tokenizers in checkpoint folders: a text encoder's, and Marian's."""

import dataclasses
from pathlib import Path

from kformer.checkpoints.byte_bpe_files import in_order, read_byte_bpe, with_added_tokens
from kformer.checkpoints.hf_folder import read_json


def read_tokenizer(folder):
    """The tokenizer of a text model: BERT's WordPiece, or the byte-level BPE of GPT-2 and RoBERTa.

    Args:
        folder: path of a Hugging Face folder.

    Returns:
        str, its kind in `kformer.data.tokenizers`, and dict, its arguments.

    Raises:
        FileNotFoundError: when the folder has no tokenizer's files.
        ValueError: when tokenizer.json holds another kind of tokenizer.
    """
    folder = Path(folder)
    tokenizer = _tokenizer_json(folder)
    is_byte_bpe = tokenizer["model"].get("type") == "BPE" if tokenizer else (folder / "merges.txt").exists()
    if is_byte_bpe:
        return "byte_bpe", read_byte_bpe(folder, tokenizer)
    vocabulary, lowercase = read_vocabulary(folder)
    return "wordpiece", {"vocabulary": vocabulary, "lowercase": lowercase}


def _tokenizer_json(folder):
    """The content of tokenizer.json, {} where there is none."""
    path = folder / "tokenizer.json"
    if not path.exists():
        return {}
    tokenizer = read_json(path)
    if not isinstance(tokenizer.get("model"), dict):
        raise ValueError(f"{path} has no `model`, which every tokenizer.json has: fetch or write it again.")
    return tokenizer


def read_vocabulary(folder):
    """A WordPiece vocabulary in the order of its ids, and whether the tokenizer lowers case.

    Args:
        folder: path of a Hugging Face folder.

    Returns:
        list of str and bool.

    Raises:
        FileNotFoundError: when neither vocab.txt nor tokenizer.json is there.
        ValueError: when tokenizer.json holds another kind of tokenizer.
    """
    folder = Path(folder)
    tokenizer = _tokenizer_json(folder)
    if (folder / "vocab.txt").exists():
        vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
        vocabulary = vocabulary[:-1] if vocabulary and vocabulary[-1] == "" else vocabulary
    elif tokenizer:
        vocabulary = _from_tokenizer(folder / "tokenizer.json", tokenizer)
    else:
        raise FileNotFoundError(
            f"{folder} has neither tokenizer.json nor vocab.txt nor merges.txt: the text cannot be tokenised."
        )
    return [token.rstrip("\r") for token in vocabulary], _lowercase(folder, tokenizer)


def _from_tokenizer(path, tokenizer):
    kind = tokenizer["model"].get("type")
    if kind != "WordPiece":
        raise ValueError(
            f"{path} holds a {kind} tokenizer: text tasks read WordPiece (BERT, DistilBERT) and byte-level BPE "
            "(RoBERTa)."
        )
    ids = with_added_tokens(tokenizer)
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
    source = _pieces(folder / "vocab.json")
    own = folder / "target_vocab.json"
    return MarianVocabulary(
        source_model=(folder / "source.spm").read_bytes(),
        target_model=(folder / "target.spm").read_bytes(),
        source=source,
        target=_pieces(own) if own.exists() else source,
    )


def _pieces(path):
    """The pieces of a JSON object piece -> id, in the order of their ids."""
    return in_order(read_json(path), path)
