"""From our variables to a Hugging Face folder that `transformers` reads."""

import json
from pathlib import Path

import numpy as np

from kformer.checkpoints.families import expand, family_of


def save_hf(folder, sizes, variables, vocabulary, lowercase, labels=(), problem="single_label"):
    """Writes config.json, model.safetensors and the tokenizer's files of a sequence classification model.

    Args:
        folder: path of a new or existing folder.
        sizes: dict, the backbone's arguments.
        variables: dict, name in the table -> variable or array; `head/kernel` and `head/bias` among them.
        vocabulary: list of str, the WordPiece vocabulary in the order of its ids.
        lowercase: bool, whether the tokenizer lowers case and strips accents.
        labels: the label names in order; empty for a regression.
        problem: str, "single_label", "multi_label" or "regression".
    """
    from safetensors.numpy import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    family = family_of(sizes)
    tensors = {}
    for row in _classifier_rows(family, sizes["num_layers"]):
        value = np.asarray(variables[row.ours], dtype="float32")
        tensors[row.theirs] = np.ascontiguousarray(value.T if row.transposed else value)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    config = {
        "architectures": [family.classifier_architecture],
        **family.config(sizes),
        "problem_type": f"{problem}_classification" if labels else "regression",
        "id2label": {str(i): label for i, label in enumerate(labels or ("score",))},
        "label2id": {label: i for i, label in enumerate(labels or ("score",))},
    }
    _write_json(folder / "config.json", config)
    _write_tokenizer(folder, family.name, vocabulary, lowercase, sizes["max_length"])


def _classifier_rows(family, num_layers):
    """Every row of a classification file, the backbone's names under the family's prefix."""
    in_head = {row.ours for row in family.classifier}
    pooler = [row for row in family.pooler if row.ours not in in_head]
    prefixed = [
        type(row)(family.prefix + row.theirs, row.ours, row.transposed)
        for row in (*expand(family.backbone, num_layers), *pooler)
    ]
    return [*prefixed, *family.classifier]


def _write_tokenizer(folder, family, vocabulary, lowercase, max_length):
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in vocabulary), encoding="utf-8")
    special = {
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
    }
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "DistilBertTokenizer" if family == "distilbert" else "BertTokenizer",
            "do_lower_case": lowercase,
            "model_max_length": max_length,
            **special,
        },
    )
    _write_json(folder / "special_tokens_map.json", special)


def _write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
