"""DeiT: ViT's names, and a distillation token with a classifier of its own."""

from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.rows import ONE_ROW, dense, row
from kformer.checkpoints.families.vit import BACKBONE, IGNORED, vit_config, vit_sizes


def _sizes(config):
    return {**vit_sizes(config), "distilled": True}


def _config(sizes):
    return {**vit_config(sizes), "model_type": "deit"}


DEIT = Family(
    name="deit",
    prefix="deit.",
    backbone=(row("embeddings.distillation_token", "distillation_token/embeddings", form=ONE_ROW), *BACKBONE),
    heads={
        "classifier": Head("DeiTForImageClassification", dense("classifier", "head")),
        # The mean of the logits of both is the answer.
        "distilled": Head(
            "DeiTForImageClassificationWithTeacher",
            (*dense("cls_classifier", "head"), *dense("distillation_classifier", "distillation_head")),
        ),
    },
    bare=Head("DeiTModel"),
    sizes=_sizes,
    config=_config,
    ignored=IGNORED,
)
