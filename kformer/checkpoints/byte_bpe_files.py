"""The byte-level BPE of a checkpoint folder: tokenizer.json, or vocab.json and merges.txt."""

from kformer.checkpoints.hf_folder import read_json


def read_byte_bpe(folder, tokenizer):
    """The vocabulary and merges of GPT-2's or RoBERTa's tokenizer.

    Args:
        folder: Path of a Hugging Face folder.
        tokenizer: dict, its tokenizer.json; {} where there is none.

    Returns:
        dict of the arguments of `kformer.data.tokenizers.ByteBPETokenizer`.

    Raises:
        ValueError: when tokenizer.json cuts text in another way than GPT-2's.
    """
    if not tokenizer:
        settings = folder / "tokenizer_config.json"
        prefix = read_json(settings).get("add_prefix_space", False) if settings.exists() else False
        lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
        merges = [tuple(line.split(" ")) for line in lines if line.strip() and not line.startswith("#version")]
        return {
            "vocabulary": in_order(read_json(folder / "vocab.json"), folder / "vocab.json"),
            "merges": merges,
            "add_prefix_space": bool(prefix),
        }
    byte_level = tokenizer.get("pre_tokenizer") or {}
    if byte_level.get("type") != "ByteLevel" or not byte_level.get("use_regex", True) or tokenizer.get("normalizer"):
        steps = [str(step.get("type")) for step in (tokenizer.get("normalizer"), byte_level) if step]
        raise ValueError(
            f"{folder / 'tokenizer.json'} prepares text by {' and '.join(steps) or 'nothing'} before BPE: only the "
            "byte level of GPT-2 and RoBERTa can be read."
        )
    model = tokenizer["model"]
    merges = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]]
    return {
        "vocabulary": in_order(with_added_tokens(tokenizer), folder / "tokenizer.json"),
        "merges": merges,
        "add_prefix_space": bool(byte_level.get("add_prefix_space", False)),
    }


def with_added_tokens(tokenizer):
    """dict, token -> id, of a tokenizer.json: its model's, and those added later."""
    added = {token["content"]: token["id"] for token in tokenizer.get("added_tokens", ())}
    return {**tokenizer["model"]["vocab"], **added}


def in_order(ids, path):
    """The tokens in the order of their ids.

    Raises:
        ValueError: when the ids have gaps.
    """
    tokens = sorted(ids, key=ids.get)
    if [ids[token] for token in tokens] != list(range(len(tokens))):
        raise ValueError(f"{path} must number its {len(tokens)} pieces from 0 without gaps: fetch or write it again.")
    return tokens
