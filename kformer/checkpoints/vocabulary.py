"""The WordPiece vocabulary of a checkpoint folder: vocab.txt, or tokenizer.json."""

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
