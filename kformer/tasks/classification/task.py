"""Classification and regression of anything that a backbone turns into a vector."""

import keras
import numpy as np
from keras import ops

from kformer.layers import Dropout
from kformer.layers.initializers import kernel_initializer_of
from kformer.tasks.classification.metrics import MultiLabelF1
from kformer.tasks.classification.serving import make_serving
from kformer.tasks.losses import binary_cross_entropy, cross_entropy, squared_error
from kformer.tasks.task import Task

# Kind of the labels of examples -> what is asked of the model.
PROBLEMS = {"class": "single_label", "multi": "multi_label", "number": "regression"}


class Classification(Task):
    """A label, several labels, or a number for an input: the base of the tasks that give one.

    A task defines `pool`, its constructors and `element_source`; its processor's class is `processor_class`.

    Args:
        backbone: what turns inputs into vectors of its `d_model`.
        processor: the task's processor.
        labels: the label names in the order of the outputs; () for a regression.
        problem: "single_label", "multi_label" or "regression".
        dropout: float, rate before the head.
        seed: int or None, of the head's random weights.

    Call arguments:
        inputs: the backbone's.

    Returns:
        Logits (batch, labels); for a regression values (batch,).
    """

    def __init__(self, backbone, processor, labels=(), problem="single_label", dropout=0.1, seed=None, **kwargs):
        super().__init__(**kwargs)
        _check(labels, problem)
        self.backbone = backbone
        self.processor = processor
        self.labels = tuple(labels)
        self.problem = problem
        self.dropout = dropout
        self.seed = seed
        self.monitor = {"single_label": ("val_accuracy", "max"), "multi_label": ("val_f1", "max")}.get(
            problem, ("val_loss", "min")
        )
        self.head_dropout = Dropout(dropout, seed=seed, name="head_dropout")
        # It begins as the blocks below it do.
        initializer = kernel_initializer_of(getattr(backbone, "kernel_initializer", "truncated_normal"), seed)
        # Logits in float32: softmax and loss lose too much in 8 bits of mantissa.
        self.head = keras.layers.Dense(
            max(len(self.labels), 1), kernel_initializer=initializer, dtype="float32", name="head"
        )
        self.build()

    def build(self, input_shape=None):
        if self.built:
            return
        self.head_dropout.build((None, self.backbone.d_model))
        self.head.build((None, self.backbone.d_model))
        if self.problem == "regression":
            self.target_mean = self.add_weight(name="target_mean", shape=(), initializer="zeros", trainable=False)
            self.target_scale = self.add_weight(name="target_scale", shape=(), initializer="ones", trainable=False)

    def call(self, inputs, training=False):
        logits = self.head(self.head_dropout(self.pool(inputs, training), training=training))
        if self.problem != "regression":
            return logits
        return self.target_mean + self.target_scale * ops.squeeze(logits, axis=-1)

    def pool(self, inputs, training=False):
        """One vector for each of the backbone's inputs, (batch, d_model)."""
        return self.backbone(inputs, pooled_only=True, training=training)["pooled_output"]

    def check_recipe(self, recipe):
        smoothing, weights = recipe.label_smoothing, getattr(recipe, "class_weights", "none")
        if smoothing and self.problem == "regression":
            raise ValueError(f"`label_smoothing` {smoothing} has no meaning for a regression: leave it at 0.")
        if weights == "balanced" and self.problem != "single_label":
            raise ValueError(f"`class_weights` balanced needs single labels. Received: a {self.problem} task.")

    def target_losses(self, y, y_pred, label_smoothing=0.0):
        if self.problem == "single_label":
            return cross_entropy(y, y_pred, label_smoothing)
        if self.problem == "multi_label":
            return binary_cross_entropy(y, y_pred, label_smoothing)
        # In units of the targets' spread, so that learning rates mean the same for stars and for prices.
        return squared_error(
            (y - self.target_mean) / self.target_scale, (y_pred - self.target_mean) / self.target_scale
        )

    def default_metrics(self):
        if self.problem == "single_label":
            return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
        if self.problem == "multi_label":
            return [MultiLabelF1(len(self.labels), name="f1")]
        return [keras.metrics.RootMeanSquaredError(name="rmse")]

    def adapt(self, examples):
        """Sets a regression's mean and scale from the training targets; does nothing for labels.

        Args:
            examples: `kformer.data.Examples`, those to train on.
        """
        if self.problem == "regression":
            targets = examples.targets()
            self.target_mean.assign(targets.mean())
            self.target_scale.assign(targets.std() or 1.0)

    def target_weights(self, targets, class_weights):
        """The weight of each example, float32 (n,), or None where all weigh 1.

        Args:
            targets: (n, ...), as `Examples.targets` gives them.
            class_weights: "none", or "balanced": an example weighs n / (classes x examples of its class), so that
                every class weighs the same.
        """
        if class_weights not in ("none", "balanced"):
            raise ValueError(f"`class_weights` must be none or balanced. Received: class_weights={class_weights!r}.")
        if class_weights == "none":
            return None
        if self.problem != "single_label":
            raise ValueError(f"`class_weights` balanced needs single labels. Received: a {self.problem} task.")
        counts = np.bincount(targets, minlength=len(self.labels))
        return (len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[targets].astype("float32")

    def probabilities(self, outputs):
        """What the outputs mean: probabilities of labels (n, labels), or a regression's values (n,).

        Args:
            outputs: tensor or array, what the model returns.
        """
        if self.problem == "single_label":
            return ops.softmax(outputs, axis=-1)
        return ops.sigmoid(outputs) if self.problem == "multi_label" else outputs

    def serving(self):
        return make_serving(self)

    def served(self):
        if self.problem == "regression":
            return {"serve": {"score": "(batch,) numbers"}}
        outputs = {
            "scores": "(batch, labels), the probability of each label",
            "labels": "(labels,) strings, their names",
        }
        if self.problem == "single_label":
            outputs |= {"label": "(batch,) strings, the most probable one", "score": "(batch,), its probability"}
        return {"serve": outputs}

    def answer(self, outputs, i):
        if not self.labels:
            return {"score": float(outputs["score"][i])}
        scores = {label: float(score) for label, score in zip(self.labels, outputs["scores"][i], strict=True)}
        if self.problem == "multi_label":
            return {"labels": [label for label, score in scores.items() if score >= 0.5], "scores": scores}
        return {"label": outputs["label"][i].decode(), "score": float(outputs["score"][i]), "scores": scores}

    def arguments(self):
        return {
            "labels": list(self.labels),
            "problem": self.problem,
            "dropout": self.dropout,
            "seed": self.seed,
        }


def _check(labels, problem):
    if problem not in PROBLEMS.values():
        raise ValueError(f"`problem` must be one of {', '.join(PROBLEMS.values())}. Received: problem={problem!r}.")
    least = {"single_label": 2, "multi_label": 1, "regression": 0}[problem]
    if len(labels) < least or (problem == "regression" and labels):
        wanted = "no labels" if problem == "regression" else f"at least {least} labels"
        raise ValueError(f"A {problem} task needs {wanted}. Received: labels={list(labels)!r}.")
