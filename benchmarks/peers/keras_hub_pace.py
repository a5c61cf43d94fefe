"""KerasHub's BertTextClassifier of MiniLM's size, its own tokenizer in the graph, every text at one fixed length.

The weights are random: only the speed is of interest.
"""

import itertools

import keras
import keras_hub
import tensorflow as tf

from benchmarks.peers.machine import has_bf16
from benchmarks.peers.pace import Pace, report, worker_arguments
from benchmarks.peers.pace_callback import PaceCallback
from benchmarks.peers.rows import minilm_folder, read_rows

BATCH_SIZE = 32


def make_classifier(num_classes, length):
    tokenizer = keras_hub.models.BertTokenizer(str(minilm_folder() / "vocab.txt"), lowercase=True)
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=30522, num_layers=6, num_heads=12, hidden_dim=384, intermediate_dim=1536
    )
    classifier = keras_hub.models.BertTextClassifier(
        backbone,
        num_classes=num_classes,
        preprocessor=keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=length),
    )
    optimizer = keras.optimizers.AdamW(5e-5, weight_decay=0.01, global_clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    classifier.compile(
        optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    return classifier


def main():
    arguments = worker_arguments(__doc__, length=(int, 128))
    pace = Pace(arguments.seconds, arguments.warm_up)
    keras.utils.set_random_seed(arguments.seed)
    if has_bf16():
        keras.config.set_dtype_policy("mixed_bfloat16")
    texts, labels = read_rows(arguments.train)
    names = sorted(set(labels))
    classifier = make_classifier(len(names), arguments.length)
    rows = tf.data.Dataset.from_tensor_slices((texts, [names.index(label) for label in labels]))
    batches = rows.shuffle(len(texts), seed=arguments.seed).batch(BATCH_SIZE, drop_remainder=True)
    classifier.fit(batches, epochs=3, callbacks=[PaceCallback(pace, itertools.repeat(BATCH_SIZE))], verbose=0)
    report(pace.result(precision=classifier.backbone.dtype_policy.name))


if __name__ == "__main__":
    main()
