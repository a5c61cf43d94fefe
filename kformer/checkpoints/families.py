"""One name table per family: which of their tensors is which of our variables, and whose configuration means what.

A table row is read in both directions, so import and export cannot disagree. `{i}` stands for the layer's number.
"""

import dataclasses
from collections.abc import Callable

from kformer.errors import suggest


@dataclasses.dataclass(frozen=True)
class Row:
    """One tensor: its name in the file, its name here, and whether one is the transpose of the other."""

    theirs: str
    ours: str
    transposed: bool = False


@dataclasses.dataclass(frozen=True)
class Family:
    """How one family's checkpoints are written.

    Attributes:
        name: str, `model_type` in config.json.
        prefix: str, before the backbone's names in files that also hold a head.
        backbone: rows of the backbone without its pooler.
        pooler: rows of the pooler in files without a classification head.
        classifier: rows of the classification head; where the family's head begins with the pooler, of that too.
        ignored: regular expressions of tensors that are left out on purpose.
        sizes: from config.json to the backbone's arguments.
        config: from the backbone's arguments to config.json.
        backbone_architecture, classifier_architecture: str, the classes named in config.json.
    """

    name: str
    prefix: str
    backbone: tuple[Row, ...]
    pooler: tuple[Row, ...]
    classifier: tuple[Row, ...]
    ignored: tuple[str, ...]
    sizes: Callable[[dict], dict]
    config: Callable[[dict], dict]
    backbone_architecture: str
    classifier_architecture: str


def expand(rows, num_layers):
    """The rows with `{i}` replaced by each layer's number."""
    return [
        Row(row.theirs.format(i=i), row.ours.format(i=i), row.transposed)
        for row in rows
        for i in (range(num_layers) if "{i}" in row.theirs else (0,))
    ]


def dense(theirs, ours):
    """A dense layer: their (out, in) weight is our (in, out) kernel."""
    return Row(f"{theirs}.weight", f"{ours}/kernel", transposed=True), Row(f"{theirs}.bias", f"{ours}/bias")


def norm(theirs, ours):
    """A layer normalisation."""
    return Row(f"{theirs}.weight", f"{ours}/gamma"), Row(f"{theirs}.bias", f"{ours}/beta")


def _encoder_rows(layer, query, key, value, output, attention_norm, hidden, projection, output_norm):
    """The rows of one block, from the family's names of its parts."""
    return (
        *dense(f"{layer}.{query}", "stack/block_{i}/attention/query"),
        *dense(f"{layer}.{key}", "stack/block_{i}/attention/key"),
        *dense(f"{layer}.{value}", "stack/block_{i}/attention/value"),
        *dense(f"{layer}.{output}", "stack/block_{i}/attention/output"),
        *norm(f"{layer}.{attention_norm}", "stack/block_{i}/attention_residual/norm"),
        *dense(f"{layer}.{hidden}", "stack/block_{i}/feed_forward/hidden"),
        *dense(f"{layer}.{projection}", "stack/block_{i}/feed_forward/output"),
        *norm(f"{layer}.{output_norm}", "stack/block_{i}/feed_forward_residual/norm"),
    )


EMBEDDINGS = (
    Row("embeddings.word_embeddings.weight", "token_embedding/embeddings"),
    Row("embeddings.position_embeddings.weight", "position_embedding/embeddings"),
    *norm("embeddings.LayerNorm", "embedding_norm"),
)
SEGMENTS = (Row("embeddings.token_type_embeddings.weight", "segment_embedding/embeddings"),)
BERT_BLOCK = _encoder_rows(
    "encoder.layer.{i}",
    query="attention.self.query",
    key="attention.self.key",
    value="attention.self.value",
    output="attention.output.dense",
    attention_norm="attention.output.LayerNorm",
    hidden="intermediate.dense",
    projection="output.dense",
    output_norm="output.LayerNorm",
)
DISTILBERT_BLOCK = _encoder_rows(
    "transformer.layer.{i}",
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    output="attention.out_lin",
    attention_norm="sa_layer_norm",
    hidden="ffn.lin1",
    projection="ffn.lin2",
    output_norm="output_layer_norm",
)

# Their names of activations -> ours. "gelu_new" is GPT-2's tanh form.
ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "relu": "relu", "silu": "silu"}


def _our_activation(name):
    if name not in ACTIVATIONS:
        raise ValueError(f"The checkpoint's activation {name!r} is not known. Known: {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]


def _their_activation(name):
    return {ours: theirs for theirs, ours in ACTIVATIONS.items()}[name]


def _bert_sizes(config):
    positions = config.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise ValueError(
            f"The checkpoint has `position_embedding_type` {positions!r}: only 'absolute' (a learned vector per "
            "position) can be loaded."
        )
    return {
        "vocab_size": config["vocab_size"],
        "num_layers": config["num_hidden_layers"],
        "d_model": config["hidden_size"],
        "num_heads": config["num_attention_heads"],
        "d_ff": config["intermediate_size"],
        "max_length": config["max_position_embeddings"],
        "num_segments": config.get("type_vocab_size", 2),
        "dropout": config.get("hidden_dropout_prob", 0.1),
        "attention_dropout": config.get("attention_probs_dropout_prob", 0.1),
        "activation": _our_activation(config.get("hidden_act", "gelu")),
        "norm_epsilon": config.get("layer_norm_eps", 1e-12),
    }


def _bert_config(sizes):
    return {
        "model_type": "bert",
        "vocab_size": sizes["vocab_size"],
        "num_hidden_layers": sizes["num_layers"],
        "hidden_size": sizes["d_model"],
        "num_attention_heads": sizes["num_heads"],
        "intermediate_size": sizes["d_ff"],
        "max_position_embeddings": sizes["max_length"],
        "type_vocab_size": sizes["num_segments"],
        "hidden_dropout_prob": sizes["dropout"],
        "attention_probs_dropout_prob": sizes["attention_dropout"],
        "hidden_act": _their_activation(sizes["activation"]),
        "layer_norm_eps": sizes["norm_epsilon"],
        "pad_token_id": 0,
    }


def _roberta_sizes(config):
    # RoBERTa's table begins with rows for padding and before it, which count among its positions.
    sizes = _bert_sizes(config)
    offset = config.get("pad_token_id", 1) + 1
    return {**sizes, "max_length": sizes["max_length"] - offset, "position_offset": offset}


def _roberta_config(sizes):
    positions = sizes["max_length"] + sizes["position_offset"]
    special = {"pad_token_id": sizes["position_offset"] - 1, "bos_token_id": 0, "eos_token_id": 2}
    return {**_bert_config(sizes), "model_type": "roberta", "max_position_embeddings": positions, **special}


def _distilbert_sizes(config):
    return {
        "vocab_size": config["vocab_size"],
        "num_layers": config["n_layers"],
        "d_model": config["dim"],
        "num_heads": config["n_heads"],
        "d_ff": config["hidden_dim"],
        "max_length": config["max_position_embeddings"],
        "num_segments": 0,
        "dropout": config.get("dropout", 0.1),
        "attention_dropout": config.get("attention_dropout", 0.1),
        "activation": _our_activation(config.get("activation", "gelu")),
        "pooler_activation": "relu",
    }


def _distilbert_config(sizes):
    return {
        "model_type": "distilbert",
        "vocab_size": sizes["vocab_size"],
        "n_layers": sizes["num_layers"],
        "dim": sizes["d_model"],
        "n_heads": sizes["num_heads"],
        "hidden_dim": sizes["d_ff"],
        "max_position_embeddings": sizes["max_length"],
        "dropout": sizes["dropout"],
        "attention_dropout": sizes["attention_dropout"],
        "activation": _their_activation(sizes["activation"]),
        "sinusoidal_pos_embds": False,
        "pad_token_id": 0,
    }


# Heads of pretraining and of other tasks, and the positions' row numbers that old files store as a tensor.
OTHER_HEADS = (r"cls\.", r"lm_head\.", r"vocab_(transform|layer_norm|projector)\.", r"qa_outputs\.")
POSITION_IDS = r"embeddings\.(position|token_type)_ids"

FAMILIES = {
    family.name: family
    for family in (
        Family(
            name="bert",
            prefix="bert.",
            backbone=(*EMBEDDINGS, *SEGMENTS, *BERT_BLOCK),
            pooler=dense("pooler.dense", "pooler"),
            classifier=dense("classifier", "head"),
            ignored=(*OTHER_HEADS, POSITION_IDS),
            sizes=_bert_sizes,
            config=_bert_config,
            backbone_architecture="BertModel",
            classifier_architecture="BertForSequenceClassification",
        ),
        Family(
            name="distilbert",
            prefix="distilbert.",
            backbone=(*EMBEDDINGS, *DISTILBERT_BLOCK),
            pooler=(),
            classifier=(*dense("pre_classifier", "pooler"), *dense("classifier", "head")),
            ignored=(*OTHER_HEADS, POSITION_IDS),
            sizes=_distilbert_sizes,
            config=_distilbert_config,
            backbone_architecture="DistilBertModel",
            classifier_architecture="DistilBertForSequenceClassification",
        ),
        Family(
            name="roberta",
            prefix="roberta.",
            backbone=(*EMBEDDINGS, *SEGMENTS, *BERT_BLOCK),
            pooler=dense("pooler.dense", "pooler"),
            classifier=(*dense("classifier.dense", "pooler"), *dense("classifier.out_proj", "head")),
            ignored=(*OTHER_HEADS, POSITION_IDS),
            sizes=_roberta_sizes,
            config=_roberta_config,
            backbone_architecture="RobertaModel",
            classifier_architecture="RobertaForSequenceClassification",
        ),
    )
}


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
    """The family whose settings these backbone arguments are."""
    if sizes["num_segments"] == 0:
        return FAMILIES["distilbert"]
    return FAMILIES["roberta" if sizes["position_offset"] else "bert"]
