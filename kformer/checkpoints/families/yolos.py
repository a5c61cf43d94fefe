"""YOLOS: ViT's names, detection tokens, positions between the blocks, and a head of dense layers."""

from kformer.checkpoints.families.family import Family, Head
from kformer.checkpoints.families.rows import ONE_ROW, ROW_IN_EACH, dense, row
from kformer.checkpoints.families.vit import BACKBONE, IGNORED, vit_config, vit_sizes
from kformer.layers.detection_head import NUM_DENSE


def _network(theirs, ours):
    """The dense layers of one half of the head."""
    return tuple(part for i in range(NUM_DENSE) for part in dense(f"{theirs}.layers.{i}", f"{ours}_{i}"))


def _sizes(config):
    return {
        **vit_sizes(config),
        "num_detection_tokens": config["num_detection_tokens"],
        "use_mid_position_embeddings": config.get("use_mid_position_embeddings", True),
    }


def _config(sizes):
    size = sizes["image_size"]
    return {
        **vit_config(sizes),
        "model_type": "yolos",
        "image_size": [size, size] if isinstance(size, int) else size,
        "num_detection_tokens": sizes["num_detection_tokens"],
        "use_mid_position_embeddings": sizes["use_mid_position_embeddings"],
    }


YOLOS = Family(
    name="yolos",
    prefix="vit.",
    backbone=(
        row("embeddings.detection_tokens", "detection_tokens/embeddings", form=ONE_ROW),
        row("encoder.mid_position_embeddings", "mid_positions/embeddings", form=ROW_IN_EACH),
        *BACKBONE,
    ),
    heads={
        "detector": Head(
            "YolosForObjectDetection",
            (
                *_network("class_labels_classifier", "head/class"),
                *_network("bbox_predictor", "head/box"),
            ),
        )
    },
    bare=Head("YolosModel"),
    sizes=_sizes,
    config=_config,
    ignored=IGNORED,
)
