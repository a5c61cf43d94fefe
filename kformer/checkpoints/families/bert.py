"""BERT (and MiniLM, which is one), and what its relatives DistilBERT and RoBERTa share with it."""

from kformer.checkpoints.families.activations import our_activation, their_activation
from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.rows import dense, norm, row


def encoder_rows(layer, query, key, value, output, attention_norm, hidden, projection, output_norm):
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
    row("embeddings.word_embeddings.weight", "token_embedding/embeddings"),
    row("embeddings.position_embeddings.weight", "position_embedding/embeddings"),
    *norm("embeddings.LayerNorm", "embedding_norm"),
)
SEGMENTS = (row("embeddings.token_type_embeddings.weight", "segment_embedding/embeddings"),)
BERT_BLOCK = encoder_rows(
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


def bert_sizes(config):
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
        "activation": our_activation(config.get("hidden_act", "gelu")),
        "norm_epsilon": config.get("layer_norm_eps", 1e-12),
    }


def bert_config(sizes):
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
        "hidden_act": their_activation(sizes["activation"]),
        "layer_norm_eps": sizes["norm_epsilon"],
        "pad_token_id": 0,
    }


# Heads of pretraining and of other tasks, and the positions' row numbers that old files store as a tensor.
OTHER_HEADS = (r"cls\.", r"lm_head\.", r"vocab_(transform|layer_norm|projector)\.", r"qa_outputs\.")
POSITION_IDS = r"embeddings\.(position|token_type)_ids"
IGNORED = (*OTHER_HEADS, POSITION_IDS)
WORD_TABLE = "embeddings.word_embeddings.weight"

BERT = Family(
    name="bert",
    prefix="bert.",
    backbone=(*EMBEDDINGS, *SEGMENTS, *BERT_BLOCK),
    heads={
        "classifier": Head("BertForSequenceClassification", dense("classifier", "head")),
        "mlm": Head(
            "BertForMaskedLM",
            (
                *dense("cls.predictions.transform.dense", "mlm/dense"),
                *norm("cls.predictions.transform.LayerNorm", "mlm/norm"),
                row("cls.predictions.bias", "mlm/bias"),
            ),
            aliases=(
                ("cls.predictions.decoder.weight", WORD_TABLE),
                ("cls.predictions.decoder.bias", "cls.predictions.bias"),
            ),
        ),
    },
    bare=Head("BertModel"),
    sizes=bert_sizes,
    config=bert_config,
    pooler=dense("pooler.dense", "pooler"),
    ignored=IGNORED,
)
