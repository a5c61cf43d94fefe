"""Text classification: one label, several labels or a number, for one text or a pair."""

import keras
import numpy as np
from keras import ops

from kformer.layers import Dropout
from kformer.layers.initializers import truncated_normal
from kformer.models.registry import families_serving
from kformer.tasks.loading import find_start
from kformer.tasks.losses import binary_cross_entropy, cross_entropy, squared_error
from kformer.tasks.pooling import mean_pool
from kformer.tasks.precision import resolve_precision
from kformer.tasks.task import Task
from kformer.tasks.text_classification.metrics import MultiLabelF1
from kformer.tasks.text_classification.serving import make_serving
from kformer.tasks.text_processor import TextElements, TextProcessor

PROBLEMS = {"class": "single_label", "multi": "multi_label", "number": "regression"}
POOLINGS = ("first", "mean")


@keras.saving.register_keras_serializable("kformer")
class TextClassification(Task):
    """A label, several labels, or a number for a text or a pair of texts.

    Args:
        backbone: a text encoder such as `kformer.models.BertBackbone`.
        processor: `TextProcessor`.
        labels: the label names in the order of the outputs; () for a regression.
        problem: "single_label", "multi_label" or "regression".
        pooling: "first", the backbone's pooled output as in BERT, or "mean" over the real positions.
        dropout: float, rate before the head.
        seed: int or None, of the head's random weights.

    Call arguments:
        inputs: the backbone's.

    Returns:
        Logits (batch, labels); for a regression values (batch,).
    """

    title = "text classification"
    example_command = 'predict {run} "a text of your own"'

    def __init__(
        self,
        backbone,
        processor,
        labels=(),
        problem="single_label",
        pooling="first",
        dropout=0.1,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        _check(labels, problem, pooling)
        self.backbone = backbone
        self.processor = processor
        self.labels = tuple(labels)
        self.problem = problem
        self.pooling = pooling
        self.dropout = dropout
        self.seed = seed
        self.monitor = {"single_label": ("val_accuracy", "max"), "multi_label": ("val_f1", "max")}.get(
            problem, ("val_loss", "min")
        )
        if pooling == "mean" and backbone.pooler is not None:
            backbone.pooler.trainable = False  # nothing reads it
        self.head_dropout = Dropout(dropout, seed=seed, name="head_dropout")
        # Logits in float32: softmax and loss lose too much in 8 bits of mantissa.
        self.head = keras.layers.Dense(
            max(len(self.labels), 1), kernel_initializer=truncated_normal(seed=seed), dtype="float32", name="head"
        )
        self.build()

    @classmethod
    def from_recipe(cls, train, init, recipe):
        settings = {
            "labels": train.labels,
            "problem": PROBLEMS[train.label_kind],
            "pair": "text_pair" in train.fields,
            "max_length": recipe.max_length,
            "html": recipe.html,
            "pooling": recipe.pooling,
            "precision": recipe.precision,
            "seed": recipe.seed,
        }
        if init != "none":
            return cls.from_pretrained(init, dropout=recipe.dropout, **settings)
        texts = [text for role in ("text", "text_pair") if role in train.fields for text in train.values(role)]
        dropout = 0.1 if recipe.dropout is None else recipe.dropout
        return cls.from_scratch(
            texts, variant=recipe.variant, vocab_size=recipe.vocab_size, dropout=dropout, **settings
        )

    @classmethod
    def from_pretrained(
        cls,
        init="minilm",
        labels=(),
        problem="single_label",
        pair=False,
        max_length=128,
        html=False,
        pooling="first",
        dropout=None,
        precision="auto",
        seed=0,
    ):
        """A task over pretrained weights, with a new head unless the checkpoint's has the same labels.

        Args:
            init: str or path: "minilm", a variant of `kformer models`, "hf:organisation/name", a Hugging Face
                folder, or a run of kformer.
            labels, problem, pooling: see the class.
            pair: bool, every example has two texts.
            max_length: int, longest row of ids; longer text is cut.
            html: bool, remove HTML tags and resolve entities.
            dropout: float for every dropout layer, or None for the checkpoint's own.
            precision: str, see `kformer.tasks.precision.resolve_precision`.
            seed: int, of the head and the dropout layers.
        """
        start = find_start(init, resolve_precision(precision)[0], dropout, families_serving("text-classification"))
        processor = TextProcessor(start.tokenizer, max_length, pair, html)
        task = cls._over(start.backbone, processor, labels, problem, pooling, seed)
        start.fill_head(task)
        return task

    @classmethod
    def from_scratch(
        cls,
        texts,
        variant="bert-tiny",
        vocab_size=8000,
        lowercase=True,
        labels=(),
        problem="single_label",
        pair=False,
        max_length=128,
        html=False,
        pooling="first",
        dropout=0.1,
        precision="auto",
        seed=0,
    ):
        """A task with random weights and a vocabulary learned from texts.

        Args:
            texts: iterable of str, what the vocabulary is learned from.
            variant: str, whose sizes to take (`kformer models`).
            vocab_size: int, at most so many tokens.
            lowercase: bool, lower case and strip accents.
            labels, problem, pair, max_length, html, pooling, dropout, precision, seed: see `from_pretrained`.
        """
        from kformer.data.tokenizers import WordPieceTokenizer, train_wordpiece
        from kformer.models import build

        tokenizer = WordPieceTokenizer(train_wordpiece(texts, vocab_size, lowercase), lowercase)
        processor = TextProcessor(tokenizer, max_length, pair, html)
        keras.utils.set_random_seed(seed)
        backbone = build(
            variant,
            vocab_size=tokenizer.vocab_size,
            # Whatever the variant, BERT's own kind of input and pooler: for pairs, and so that BERT's files hold it.
            num_segments=2,
            position_offset=0,
            pooler_activation="tanh",
            dropout=dropout,
            dtype=resolve_precision(precision)[0],
        )
        return cls._over(backbone, processor, labels, problem, pooling, seed)

    @classmethod
    def _over(cls, backbone, processor, labels, problem, pooling, seed):
        if processor.max_length > backbone.max_length:
            raise ValueError(
                f"`max_length` is {processor.max_length}, but the model has {backbone.max_length} positions: lower it."
            )
        task = cls(backbone, processor, labels, problem, pooling, backbone.dropout, seed)
        task.reseed(seed)
        return task

    def build(self, input_shape=None):
        if self.built:
            return
        self.head_dropout.build((None, self.backbone.d_model))
        self.head.build((None, self.backbone.d_model))
        if self.problem == "regression":
            self.target_mean = self.add_weight(name="target_mean", shape=(), initializer="zeros", trainable=False)
            self.target_scale = self.add_weight(name="target_scale", shape=(), initializer="ones", trainable=False)

    def call(self, inputs, training=False):
        outputs = self.backbone(inputs, training=training)
        logits = self.head(self.head_dropout(self._pool(inputs, outputs), training=training))
        if self.problem != "regression":
            return logits
        return self.target_mean + self.target_scale * ops.squeeze(logits, axis=-1)

    def _pool(self, inputs, outputs):
        if self.pooling == "first":
            return outputs["pooled_output"]
        return mean_pool(outputs["sequence_output"], inputs["padding_mask"])

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

    def element_source(self, examples, seed=None, inputs_only=False, with_step_targets=False, class_weights="none"):
        """The batches of `examples`.

        Args:
            examples, seed, inputs_only, with_step_targets: see `Task.element_source`; nothing here is random.
            class_weights: "none", or "balanced": an example weighs n / (classes x examples of its class), so that
                every class weighs the same.
        """
        if inputs_only or "label" not in examples.fields:
            return TextElements(self.processor, examples)
        targets = examples.targets(self.labels or None)
        return TextElements(self.processor, examples, targets, self._weights(targets, class_weights), with_step_targets)

    def _weights(self, targets, class_weights):
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

    @property
    def input_names(self):
        return ("text", "text_pair") if self.processor.pair else ("text",)

    def serving(self):
        return make_serving(self)

    def answer(self, outputs, i):
        if not self.labels:
            return {"score": float(outputs["score"][i])}
        scores = {label: float(score) for label, score in zip(self.labels, outputs["scores"][i], strict=True)}
        if self.problem == "multi_label":
            return {"labels": [label for label, score in scores.items() if score >= 0.5], "scores": scores}
        return {"label": outputs["label"][i].decode(), "score": float(outputs["score"][i]), "scores": scores}

    def variables_by_name(self):
        """The trainable variables by their names in the checkpoint tables (`kformer.checkpoints`)."""
        from kformer.checkpoints import own_variables

        return {**own_variables(self.backbone), "head/kernel": self.head.kernel, "head/bias": self.head.bias}

    def stages(self):
        """The layers in groups from input to output: what layer-wise rates and freezing count by."""
        unread = [self.backbone.pooler] if self.pooling == "mean" else None
        return [*(stage for stage in self.backbone.stages() if stage != unread), [self.head]]

    def get_config(self):
        backbone = keras.saving.serialize_keras_object(self.backbone)
        # Precision belongs to where a task runs, not to the file: `load_task` chooses it anew.
        backbone["config"]["dtype"] = "float32"
        return {
            "name": self.name,
            "backbone": backbone,
            "processor": self.processor.get_config(),
            "labels": list(self.labels),
            "problem": self.problem,
            "pooling": self.pooling,
            "dropout": self.dropout,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        backbone = keras.saving.deserialize_keras_object(config.pop("backbone"), custom_objects=custom_objects)
        return cls(backbone, TextProcessor.from_config(config.pop("processor")), **config)


def _check(labels, problem, pooling):
    if problem not in PROBLEMS.values():
        raise ValueError(f"`problem` must be one of {', '.join(PROBLEMS.values())}. Received: problem={problem!r}.")
    if pooling not in POOLINGS:
        raise ValueError(f"`pooling` must be one of {', '.join(POOLINGS)}. Received: pooling={pooling!r}.")
    least = {"single_label": 2, "multi_label": 1, "regression": 0}[problem]
    if len(labels) < least or (problem == "regression" and labels):
        wanted = "no labels" if problem == "regression" else f"at least {least} labels"
        raise ValueError(f"A {problem} task needs {wanted}. Received: labels={list(labels)!r}.")
