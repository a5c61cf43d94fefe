"""RoBERTa: BERT's block and names, positions that begin after the padding's id, and other heads."""

from kformer.checkpoints.families.bert import BERT, IGNORED, WORD_TABLE, bert_config, bert_sizes
from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.rows import dense, norm, row


def _roberta_sizes(config):
    # RoBERTa's table begins with rows for padding and before it, which count among its positions.
    sizes = bert_sizes(config)
    offset = config.get("pad_token_id", 1) + 1
    return {**sizes, "max_length": sizes["max_length"] - offset, "position_offset": offset}


def _roberta_config(sizes):
    positions = sizes["max_length"] + sizes["position_offset"]
    special = {"pad_token_id": sizes["position_offset"] - 1, "bos_token_id": 0, "eos_token_id": 2}
    return {**bert_config(sizes), "model_type": "roberta", "max_position_embeddings": positions, **special}


ROBERTA = Family(
    name="roberta",
    prefix="roberta.",
    backbone=BERT.backbone,
    heads={
        "classifier": Head(
            "RobertaForSequenceClassification",
            (*dense("classifier.dense", "pooler"), *dense("classifier.out_proj", "head")),
        ),
        "mlm": Head(
            "RobertaForMaskedLM",
            (
                *dense("lm_head.dense", "mlm/dense"),
                *norm("lm_head.layer_norm", "mlm/norm"),
                row("lm_head.bias", "mlm/bias"),
            ),
            aliases=(("lm_head.decoder.weight", WORD_TABLE), ("lm_head.decoder.bias", "lm_head.bias")),
        ),
    },
    bare=Head("RobertaModel"),
    sizes=_roberta_sizes,
    config=_roberta_config,
    pooler=BERT.pooler,
    ignored=IGNORED,
)
