"""From our variables to a Hugging Face folder that `transformers` reads."""

import json
from pathlib import Path

import numpy as np

from kformer.checkpoints.families import expand, family_of
from kformer.checkpoints.matching import count_layers


def save_weights(folder, sizes, variables, head=None, **config):
    """Writes config.json and model.safetensors of a backbone, bare or with a head.

    Args:
        folder: path of a new or existing folder.
        sizes: dict, the backbone's arguments.
        variables: dict, name in the table -> variable or array, the head's among them.
        head: str, "classifier" or "mlm" (BERT, DistilBERT, RoBERTa), "lm" (GPT-2), "translation" (Marian), "classifier"
            (ViT, DeiT), "distilled" (DeiT) or "detector" (YOLOS); None for none.
        **config: further entries of config.json, such as ids of special tokens.

    Raises:
        ValueError: when the family has no such head, or its files no place for one of the variables.
    """
    from safetensors.numpy import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    family = family_of(sizes)
    if head is not None and head not in family.heads:
        raise ValueError(
            f"`head` of a {family.name} must be one of {', '.join(family.heads)}. Received: head={head!r}."
        )
    tensors = {}
    head = family.bare if head is None else family.heads[head]
    for row in _rows_to_write(family, head, variables):
        arrays = [np.asarray(variables[ours], dtype="float32") for ours in row.ours]
        tensors[row.theirs] = np.ascontiguousarray(row.form.write(*arrays))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    written = {"architectures": [head.architecture], **family.config(sizes), **config}
    write_json(folder / "config.json", written)


def _rows_to_write(family, head, variables):
    """Every row of a file with this head, the backbone's names under the family's prefix."""
    of_head = {ours for row in head.rows for ours in row.ours}
    pooler = [row for row in family.pooler if not set(row.ours) & of_head]
    backbone = [
        row
        for row in (*expand(family.backbone, count_layers(variables)), *pooler)
        if any(ours in variables for ours in row.ours)
    ]
    lost = set(variables) - of_head - {ours for row in backbone for ours in row.ours}
    if lost:
        raise ValueError(f"A {family.name}'s files have no place for the variables {', '.join(sorted(lost))}.")
    return [*(row.prefixed(family.prefix) for row in backbone), *head.rows]


def save_hf(folder, sizes, variables, tokenizer, labels=(), problem="single_label"):
    """Writes config.json, model.safetensors and the tokenizer's files of a sequence classification model.

    Args:
        folder: path of a new or existing folder.
        sizes: dict, the backbone's arguments.
        variables: dict, name in the table -> variable or array; `head/kernel` and `head/bias` among them.
        tokenizer: of the kind "wordpiece" or "byte_bpe" (`kformer.data.tokenizers`).
        labels: the label names in order; empty for a regression.
        problem: str, "single_label", "multi_label" or "regression".
    """
    save_weights(folder, sizes, variables, "classifier", **label_config(labels, problem))
    write_tokenizer(Path(folder), tokenizer, family_of(sizes).name, sizes["max_length"])


def label_config(labels, problem):
    """The entries of config.json that say what a classifier's outputs mean.

    Args:
        labels, problem: see `save_hf`.
    """
    names = labels or ("score",)
    return {
        "problem_type": f"{problem}_classification" if labels else "regression",
        "id2label": {str(i): label for i, label in enumerate(names)},
        "label2id": {label: i for i, label in enumerate(names)},
    }


_BERT_TOKENS = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
_ROBERTA_TOKENS = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "cls_token": "<s>",
    "mask_token": "<mask>",
}
_GPT2_TOKENS = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")


def write_tokenizer(folder, tokenizer, family, max_length):
    """Writes the files from which `transformers` makes the same tokenizer.

    Args:
        folder: Path of an existing folder.
        tokenizer: of the kind "wordpiece" or "byte_bpe".
        family: str, the model's family.
        max_length: int, of the model.
    """
    tokenizer.save(folder)
    if tokenizer.kind == "wordpiece":
        name, special = "DistilBertTokenizer" if family == "distilbert" else "BertTokenizer", _BERT_TOKENS
        settings = {"do_lower_case": tokenizer.lowercase}
    else:
        is_gpt2 = tokenizer.mask_id is None
        name, special = ("GPT2Tokenizer", _GPT2_TOKENS) if is_gpt2 else ("RobertaTokenizer", _ROBERTA_TOKENS)
        settings = {"add_prefix_space": tokenizer.add_prefix_space}
    settings = {"tokenizer_class": name, **settings, "model_max_length": max_length, **special}
    write_json(folder / "tokenizer_config.json", settings)
    write_json(folder / "special_tokens_map.json", special)


_MARIAN_TOKENS = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


def write_marian_tokenizers(folder, source, target, max_length):
    """Writes the files from which `transformers` makes Marian's tokenizer (see `read_marian_vocabulary`).

    Args:
        folder: path of an existing folder.
        source, target: tokenizers of the kind "marian".
        max_length: int, longest text in ids.
    """
    folder = Path(folder)
    is_shared = source.pieces == target.pieces
    for side, tokenizer in (("source", source), ("target", target)):
        (folder / f"{side}.spm").write_bytes(tokenizer.model)
    write_json(folder / "vocab.json", {piece: i for i, piece in enumerate(source.pieces)})
    if not is_shared:
        write_json(folder / "target_vocab.json", {piece: i for i, piece in enumerate(target.pieces)})
    settings = {"tokenizer_class": "MarianTokenizer", "separate_vocabs": not is_shared, "model_max_length": max_length}
    write_json(folder / "tokenizer_config.json", {**settings, **_MARIAN_TOKENS})
    write_json(folder / "special_tokens_map.json", _MARIAN_TOKENS)


def write_json(path, value):
    """Writes a value as indented JSON."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
