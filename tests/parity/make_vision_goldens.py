"""Write the goldens of the families that read images, ViT, DeiT and YOLOS, with PyTorch `transformers`.

Run from the root of the repository, with the extra `parity`: python -m tests.parity.make_vision_goldens

Each folder is a Hugging Face folder plus `inputs.npz` and `expected.npz`. For each batch ("trained": images of the size
in the configuration, "other": of another) there are `images` (batch, height, width, channels); `hidden_states`
(num_layers + 1, batch, tokens, d_model: what each block reads, and what the last gives before its norm),
`attention_scores` (num_layers, batch, heads, query, key), `sequence_output`, `logits`; of `deit/` the two classifiers'
logits by themselves; of `yolos/` `boxes`. `yolos_plain/` has no positions between its blocks.
"""

import numpy as np
import torch
from transformers import DeiTConfig, ViTConfig, YolosConfig

from tests.parity.make_decoder_goldens import write
from tests.parity.make_goldens import tiny_model

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "image_size": 12,
    "patch_size": 4,
}
DETECTION = {**SIZES, "image_size": [12, 16], "num_detection_tokens": 3}
OTHER_SIZE = (8, 20)


def main():
    write_family("vit", "ViTForImageClassification", ViTConfig(**SIZES))
    write_family("deit", "DeiTForImageClassificationWithTeacher", DeiTConfig(**SIZES, num_channels=1, qkv_bias=False))
    write_family("yolos", "YolosForObjectDetection", YolosConfig(**{**DETECTION, "num_hidden_layers": 3}))
    plain = YolosConfig(**DETECTION, use_mid_position_embeddings=False)
    write_family("yolos_plain", "YolosForObjectDetection", plain)


def write_family(name, class_name, config):
    random = np.random.default_rng(0)
    size = config.image_size if isinstance(config.image_size, list) else [config.image_size] * 2
    batches = {
        kind: {"images": random.normal(size=(2, *size, config.num_channels)).astype("float32")}
        for kind, size in {"trained": size, "other": OTHER_SIZE}.items()
    }
    write(name, tiny_model(class_name, config), batches, outputs)


@torch.no_grad()
def outputs(model, batch):
    images = torch.tensor(batch["images"]).permute(0, 3, 1, 2)
    is_yolos = model.config.model_type == "yolos"
    others = {} if is_yolos else {"interpolate_pos_encoding": True}  # YOLOS interpolates unasked
    layers = model.base_model.encoder.layer if is_yolos else model.base_model.layers
    # Not `output_hidden_states`: in YOLOS those lack the positions that are added between the blocks.
    read = []
    hooks = [layer.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0])) for layer in layers]
    hooks.append(layers[-1].register_forward_hook(lambda _, inputs, output: read.append(output)))
    backbone = model.base_model(images, output_attentions=True, **others)
    for hook in hooks:
        hook.remove()
    output = model(images, **others)
    result = {
        "sequence_output": backbone.last_hidden_state,
        "hidden_states": torch.stack(read),
        "attention_scores": torch.stack(backbone.attentions),
        "logits": output.logits,
    }
    names = {"cls_logits": "class_logits", "distillation_logits": "distillation_logits", "pred_boxes": "boxes"}
    return result | {ours: output[theirs] for theirs, ours in names.items() if theirs in output}


if __name__ == "__main__":
    main()
