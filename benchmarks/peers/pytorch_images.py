"""PyTorch `transformers`' ViT of the same size, on images that are mirrored and shifted as whole tensors."""

import numpy as np
import torch
from transformers import ViTConfig, ViTForImageClassification, get_cosine_schedule_with_warmup

from benchmarks.peers.images import (
    BATCH_SIZE,
    IMAGE_SIZE,
    LEARNING_RATE,
    MANY_EPOCHS,
    NUM_HEADS,
    NUM_LAYERS,
    PATCH_SIZE,
    WARM_UP,
    WEIGHT_DECAY,
    WIDTH,
    read_zip,
)
from benchmarks.peers.machine import has_bf16
from benchmarks.peers.pace import Pace, report, worker_arguments

SHIFT = 4  # pixels


def make_model(num_classes):
    config = ViTConfig(
        hidden_size=WIDTH,
        num_hidden_layers=NUM_LAYERS,
        num_attention_heads=NUM_HEADS,
        intermediate_size=4 * WIDTH,
        image_size=IMAGE_SIZE,
        patch_size=PATCH_SIZE,
        num_labels=num_classes,
    )
    return ViTForImageClassification(config)


def make_optimizer(model, num_steps):
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, fused=True)
    return optimizer, get_cosine_schedule_with_warmup(optimizer, int(WARM_UP * num_steps), num_steps)


def prepared(images):
    """Pixels of 0 to 255, channels last, as the model reads them."""
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).float() / 127.5 - 1.0


def augmented(images, generator):
    """A batch of which every image is mirrored or not, and shifted by up to an eighth."""
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)))
    result = np.empty_like(images)
    for i, (down, right) in enumerate(generator.integers(0, 2 * SHIFT + 1, (len(images), 2))):
        part = padded[i, down : down + IMAGE_SIZE, right : right + IMAGE_SIZE]
        result[i] = part[:, ::-1] if generator.random() < 0.5 else part
    return result


def train(model, images, targets, epochs, bf16, seed):
    """Train to the end; yields the number of images after each step."""
    generator, num_batches = np.random.default_rng(seed), len(images) // BATCH_SIZE
    optimizer, schedule = make_optimizer(model, epochs * num_batches)
    targets = torch.from_numpy(targets).long()
    model.train()
    for _epoch in range(epochs):
        order = generator.permutation(len(images))[: num_batches * BATCH_SIZE]
        for chosen in order.reshape(num_batches, BATCH_SIZE):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                loss = model(prepared(augmented(images[chosen], generator)), labels=targets[chosen]).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            yield BATCH_SIZE


def main():
    arguments = worker_arguments(__doc__, epochs=(int, 0))
    pace = Pace(arguments.seconds, arguments.warm_up)
    torch.manual_seed(arguments.seed)
    images, targets, names = read_zip(arguments.train)
    model, bf16 = make_model(len(names)), has_bf16()
    for num_images in train(model, images, targets, arguments.epochs or MANY_EPOCHS, bf16, arguments.seed):
        if pace.step(num_images):
            break
    accuracy = measured_accuracy(model, arguments.validation) if arguments.epochs else None
    report(pace.result(precision="bfloat16 autocast" if bf16 else "float32", accuracy=accuracy))


@torch.no_grad()
def measured_accuracy(model, path):
    model.eval()
    images, targets, _ = read_zip(path)
    outputs = [model(prepared(images[start : start + 250])).logits.argmax(-1) for start in range(0, len(images), 250)]
    return float((torch.cat(outputs).numpy() == targets).mean())


if __name__ == "__main__":
    main()
