"""KerasHub's ViT of the same size, with Keras' own layers for mirrored and shifted images, as its users train it."""

import itertools

import keras
import keras_hub
import tensorflow as tf

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
from benchmarks.peers.pace_callback import PaceCallback


def make_classifier(num_classes, num_steps):
    backbone = keras_hub.models.ViTBackbone(
        image_shape=(IMAGE_SIZE, IMAGE_SIZE, 3),
        patch_size=PATCH_SIZE,
        num_layers=NUM_LAYERS,
        num_heads=NUM_HEADS,
        hidden_dim=WIDTH,
        mlp_dim=4 * WIDTH,
    )
    classifier = keras_hub.models.ViTImageClassifier(backbone, num_classes=num_classes)
    num_warm_up = int(WARM_UP * num_steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, num_steps - num_warm_up, warmup_target=LEARNING_RATE, warmup_steps=num_warm_up
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY, global_clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    classifier.compile(
        optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    return classifier


def main():
    arguments = worker_arguments(__doc__, epochs=(int, 0))
    pace = Pace(arguments.seconds, arguments.warm_up)
    keras.utils.set_random_seed(arguments.seed)
    if has_bf16():
        keras.config.set_dtype_policy("mixed_bfloat16")
    images, targets, names = read_zip(arguments.train)
    epochs = arguments.epochs or MANY_EPOCHS
    classifier = make_classifier(len(names), epochs * (len(images) // BATCH_SIZE))
    # In float32 whatever the model computes in: they run in tf.data.
    augmentation = [
        keras.layers.RandomFlip("horizontal", dtype="float32"),
        keras.layers.RandomTranslation(0.125, 0.125, dtype="float32"),
    ]

    def prepare(images, targets):
        images = tf.cast(images, tf.float32)
        for layer in augmentation:
            images = layer(images, training=True)
        return images / 127.5 - 1.0, targets

    rows = tf.data.Dataset.from_tensor_slices((images, targets)).shuffle(len(images), seed=arguments.seed)
    batches = rows.batch(BATCH_SIZE, drop_remainder=True).map(prepare, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    classifier.fit(batches, epochs=epochs, callbacks=[PaceCallback(pace, itertools.repeat(BATCH_SIZE))], verbose=0)
    accuracy = None
    if arguments.epochs:
        images, targets, _ = read_zip(arguments.validation)
        outputs = classifier.predict(images.astype("float32") / 127.5 - 1.0, verbose=0)
        accuracy = float((outputs.argmax(axis=1) == targets).mean())
    report(pace.result(precision=classifier.backbone.dtype_policy.name, accuracy=accuracy))


if __name__ == "__main__":
    main()
