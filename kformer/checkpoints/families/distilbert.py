"""DistilBERT: BERT's names in other words, and a pooler that belongs to the classification head."""

from kformer.checkpoints.families.activations import our_activation, their_activation
from kformer.checkpoints.families.bert import EMBEDDINGS, IGNORED, WORD_TABLE, encoder_rows
from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.rows import dense, norm, row

DISTILBERT_BLOCK = encoder_rows(
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
        "activation": our_activation(config.get("activation", "gelu")),
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
        "activation": their_activation(sizes["activation"]),
        "sinusoidal_pos_embds": False,
        "pad_token_id": 0,
    }


DISTILBERT = Family(
    name="distilbert",
    prefix="distilbert.",
    backbone=(*EMBEDDINGS, *DISTILBERT_BLOCK),
    heads={
        "classifier": Head(
            "DistilBertForSequenceClassification", (*dense("pre_classifier", "pooler"), *dense("classifier", "head"))
        ),
        "mlm": Head(
            "DistilBertForMaskedLM",
            (
                *dense("vocab_transform", "mlm/dense"),
                *norm("vocab_layer_norm", "mlm/norm"),
                row("vocab_projector.bias", "mlm/bias"),
            ),
            aliases=(("vocab_projector.weight", WORD_TABLE),),
        ),
    },
    bare=Head("DistilBertModel"),
    sizes=_distilbert_sizes,
    config=_distilbert_config,
    ignored=IGNORED,
)
