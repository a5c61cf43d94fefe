"""ViT, and what its relatives DeiT and YOLOS share with it."""

from kformer.checkpoints.families.activations import our_activation, their_activation
from kformer.checkpoints.families.bert import encoder_rows
from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.rows import CONVOLUTION, ONE_ROW, dense, norm, row

EMBEDDINGS = (
    row("embeddings.cls_token", "class_token/embeddings", form=ONE_ROW),
    row("embeddings.position_embeddings", "position_embedding/embeddings", form=ONE_ROW),
    row("embeddings.patch_embeddings.projection.weight", "patch_embedding/kernel", form=CONVOLUTION),
    row("embeddings.patch_embeddings.projection.bias", "patch_embedding/bias"),
)
BLOCK = encoder_rows(
    "encoder.layer.{i}",
    query="attention.attention.query",
    key="attention.attention.key",
    value="attention.attention.value",
    output="attention.output.dense",
    attention_norm="layernorm_before",
    hidden="intermediate.dense",
    projection="output.dense",
    output_norm="layernorm_after",
)
BACKBONE = (*EMBEDDINGS, *BLOCK, *norm("layernorm", "stack/final_norm"))
# The pooler that no classifier reads, and the decoder and token of masked image modeling.
IGNORED = (r"pooler\.", r"decoder\.", r"embeddings\.mask_token$")


def vit_sizes(config):
    patch_size = config["patch_size"]
    if not isinstance(patch_size, int):
        height, width = patch_size
        if height != width:
            raise ValueError(
                f"The checkpoint has `patch_size` {patch_size}: only square patches, one number, can be loaded."
            )
        patch_size = height
    return {
        "num_layers": config["num_hidden_layers"],
        "d_model": config["hidden_size"],
        "num_heads": config["num_attention_heads"],
        "d_ff": config["intermediate_size"],
        "image_size": _one_or_two(config["image_size"]),
        "patch_size": patch_size,
        "num_channels": config.get("num_channels", 3),
        "dropout": config.get("hidden_dropout_prob", 0.0),
        "attention_dropout": config.get("attention_probs_dropout_prob", 0.0),
        "activation": our_activation(config.get("hidden_act", "gelu")),
        "norm_epsilon": config.get("layer_norm_eps", 1e-12),
        "qkv_bias": config.get("qkv_bias", True),
    }


def _one_or_two(image_size):
    """An image's size as one number where it is square."""
    if isinstance(image_size, int):
        return image_size
    height, width = image_size
    return height if height == width else [height, width]


def vit_config(sizes):
    return {
        "model_type": "vit",
        "num_hidden_layers": sizes["num_layers"],
        "hidden_size": sizes["d_model"],
        "num_attention_heads": sizes["num_heads"],
        "intermediate_size": sizes["d_ff"],
        "image_size": sizes["image_size"],
        "patch_size": sizes["patch_size"],
        "num_channels": sizes["num_channels"],
        "hidden_dropout_prob": sizes["dropout"],
        "attention_probs_dropout_prob": sizes["attention_dropout"],
        "hidden_act": their_activation(sizes["activation"]),
        "layer_norm_eps": sizes["norm_epsilon"],
        "qkv_bias": sizes["qkv_bias"],
    }


def _config(sizes):
    if sizes["pooling"] != "first":
        raise ValueError(
            "Hugging Face's ViT classifies by its class token: only `pooling` first can be written. Received: "
            f"pooling={sizes['pooling']!r}; export it as a SavedModel."
        )
    return vit_config(sizes)


VIT = Family(
    name="vit",
    prefix="vit.",
    backbone=BACKBONE,
    heads={"classifier": Head("ViTForImageClassification", dense("classifier", "head"))},
    bare=Head("ViTModel"),
    sizes=vit_sizes,
    config=_config,
    ignored=IGNORED,
)
