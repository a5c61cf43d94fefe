"""What every downstream task shares: a plain Keras model with its own loss, metrics, optimizer and batches."""

import functools

import keras
import numpy as np
from keras import ops

from kformer.data.allocator import keep_freed_memory
from kformer.layers import Dropout, DropPath
from kformer.tasks.losses import TargetMean


class Task(keras.Model):
    """A `keras.Model` of a backbone and a head that knows how it is trained: the base of every task.

    `compile()` without arguments takes the task's own loss, metrics and optimizer, and any of yours instead.
    `batches(examples)` gives the `tf.data.Dataset` that `fit` and `evaluate` want.

    A task defines `from_recipe`, `target_losses`, `default_metrics`, `element_source`, `serving`, `answer` and
    `arguments`, and has a `processor` of its `processor_class`: a plain object, since a Keras layer that holds a lookup
    turns XLA off for the whole model.

    The loss is the sum over real targets divided by the number of real targets of the whole optimizer step. A
    sample weight of 0 marks a target that is not real. When a step is spread over several batches, the inputs carry
    `step_targets` (batch,): the step's real targets per batch.
    """

    backbone = None
    processor = None
    head = None
    # Its `from_config` takes what `get_config` of a processor gave.
    processor_class = None
    # What reports call it, and what to try of `kformer` after a run.
    title = ""
    example_command = ""
    # The roles that examples to train on must have (see `kformer.data.load`).
    required = ("text", "label")
    # The weights that a training starts from where none are named.
    default_init = "none"
    # What an answer is made from, in the order of the arguments of `serving()`.
    input_names = ("text",)
    labels = ()
    # The attributes that a person may change and that `serving()` builds in.
    serving_settings = ()
    # So many validation examples are judged for TensorBoard after each epoch.
    num_shown = 1000
    # What labels are, where it is not to be guessed from them (see `kformer.data.load`).
    label_kind = None
    # A role whose values must not be both in training and in validation: people, say.
    apart = None
    # What decides which epoch was best, and whether more of it is better.
    monitor = ("val_loss", "min")

    def compile(self, optimizer="auto", loss="auto", metrics="auto", label_smoothing=0.0, **kwargs):
        """Prepares for training; the arguments are those of `keras.Model.compile`.

        Args:
            optimizer: "auto" is AdamW with rate 5e-5 and weight decay 0.01 on all but biases and norms, clipped at
                global norm 1. In float16 every optimizer that does not scale the loss is made to.
            loss: "auto" is the task's own.
            metrics: "auto" are the task's own.
            label_smoothing: float in [0, 1), for the task's own loss.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        keep_freed_memory()
        self.label_smoothing = label_smoothing
        self.has_own_loss = loss == "auto"
        optimizer = self.default_optimizer() if optimizer == "auto" else optimizer
        if self.needs_loss_scale and kwargs.get("auto_scale_loss", True):
            optimizer = with_loss_scale(optimizer)
        super().compile(
            optimizer=optimizer,
            loss=None if self.has_own_loss else loss,
            # Even an empty list would have Keras compare what the targets and the outputs are called.
            weighted_metrics=(self.default_metrics() or None) if metrics == "auto" else None,
            metrics=None if metrics == "auto" else metrics,
            **kwargs,
        )
        if self.has_own_loss:
            # Past Keras' tracking, as its own `compile` does: the trainer lists this metric by itself.
            vars(self)["_loss_tracker"] = TargetMean(name="loss")
        if self.optimizer is not None:
            # Variables that the first step had to create would make TensorFlow trace that step twice.
            self.optimizer.build(self.trainable_variables)

    @property
    def needs_loss_scale(self):
        """Whether it computes in float16, where the small gradients of a loss that is not scaled vanish."""
        return self.backbone.compute_dtype == "float16"

    def default_optimizer(self):
        """A Keras AdamW with the usual settings for fine-tuning, without a schedule."""
        optimizer = keras.optimizers.AdamW(5e-5, weight_decay=0.01, epsilon=1e-8, global_clipnorm=1.0)
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The scalar loss of a batch (see the class); Keras calls this in `fit` and `evaluate`."""
        if not self.has_own_loss:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        losses = ops.cast(self.target_losses(y, y_pred, self.label_smoothing), "float32")
        weights = ops.ones_like(losses) if sample_weight is None else ops.cast(sample_weight, "float32")
        total, count = ops.sum(losses * weights), ops.sum(ops.cast(ops.not_equal(weights, 0.0), "float32"))
        self._loss_tracker.add(total, count)
        if isinstance(x, dict) and "step_targets" in x:
            count = ops.mean(x["step_targets"])
        loss = total / ops.maximum(count, 1.0)
        return loss + ops.sum(ops.stack([ops.sum(extra) for extra in self.losses])) if self.losses else loss

    @classmethod
    def cleaning(cls, recipe):
        """What is cleaned of the examples to train and to validate on: `kformer.data.Cleaning`.

        Args:
            recipe: the task's recipe.
        """
        from kformer.data import Cleaning

        return Cleaning(**recipe.cleaning_options())

    @classmethod
    def from_recipe(cls, train, init, recipe):
        """A task to be trained on examples as a recipe says.

        Args:
            train: `kformer.data.Examples`.
            init: str or path, the weights to start from, or "none".
            recipe: the task's recipe (`kformer.training.recipes`).
        """
        raise NotImplementedError

    def adapt(self, train):
        """Sets what the training examples alone determine, before the first step."""

    def check_examples(self, train, validation):
        """Refuses examples that cannot be trained on or judged by, before anything is computed.

        Args:
            train, validation: `kformer.data.Examples`.

        Raises:
            ValueError: saying what is wrong with them.
        """

    def calibrate(self, validation):
        """Sets what the validation examples alone determine, after the last step: a threshold, say.

        Args:
            validation: `kformer.data.Examples`.
        """

    def shown(self, validation):
        """The validation examples that are judged for TensorBoard after each epoch: the first `num_shown`.

        Args:
            validation: `kformer.data.Examples`.
        """
        return validation.take(range(min(len(validation), self.num_shown)))

    def data_report(self, train):
        """What a report tells of the training texts as the model reads them: a dict.

        Args:
            train: `kformer.data.Examples`.

        Returns:
            `token_lengths` (n,), or (n, 2) of both sides, before cutting; `max_length`; `truncated`, the number of
            texts that are cut. Nothing where texts are not read one by one.
        """
        cache = self.processor.token_cache(train)
        return {
            "token_lengths": cache.full_lengths,
            "max_length": self.processor.max_length,
            "truncated": cache.num_truncated,
        }

    def data_notes(self, train):
        """Lines to show before training: what becomes of the data in memory, say.

        Args:
            train: `kformer.data.Examples`.
        """
        return ()

    def preview(self, train, recipe):
        """A picture of what training sees, the bytes of a PNG file; None where there is nothing to see.

        Args:
            train: `kformer.data.Examples`.
            recipe: the task's recipe.
        """
        return

    def check_recipe(self, recipe):
        """Refuses a recipe that contradicts the task, before anything is computed.

        Raises:
            ValueError: naming the field and the task's property.
        """

    def serving(self):
        """A `tf.function` from vectors of strings, one per name of `input_names`, to a dict: all of a SavedModel."""
        raise NotImplementedError

    def endpoints(self):
        """All `tf.function`s of a SavedModel by name; "serve" is what answers are made from."""
        return {"serve": self.serving()}

    def served(self):
        """What each of `endpoints()` gives, for readers: its name -> dict from the name of an output to what it is."""
        raise NotImplementedError

    def answer(self, outputs, i):
        """The answer to input `i` as a dict, from the arrays that `serving()` gave."""
        raise NotImplementedError

    @property
    def empty_input(self):
        """An input that says nothing."""
        return "" if len(self.input_names) == 1 else ("",) * len(self.input_names)

    def read_inputs(self, inputs):
        """What a person gives, as `serving()` takes it: one list of str or bytes per name of `input_names`.

        Args:
            inputs: list of texts, or of pairs of texts; of images where these are read.

        Raises:
            TypeError: an input is not of this kind.
        """
        count = len(self.input_names)
        for i, item in enumerate(inputs):
            parts = tuple(item) if isinstance(item, tuple | list) else (item,)
            if len(parts) != count or not all(isinstance(part, str) for part in parts):
                wanted = "a pair (text, text)" if count > 1 else "a text"
                raise TypeError(f"The model reads {wanted} per input. Received: input {i} = {item!r}.")
        if count == 1:
            return [inputs]
        return [list(column) for column in zip(*inputs, strict=True)] if inputs else [[] for _ in range(count)]

    def answers(self, columns, batch_size=64):
        """The answers to many inputs.

        Args:
            columns: one list of str or bytes per name of `input_names`, as `read_inputs` gives them.
            batch_size: int, inputs at a time; they are taken in order of length, so that little is padded.

        Returns:
            list of dicts, in the order of the inputs.
        """
        answers = [None] * len(columns[0])
        order = np.argsort([sum(map(len, texts)) for texts in zip(*columns, strict=True)], kind="stable")
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            outputs = self._served()(*([column[i] for i in rows] for column in columns))
            outputs = {name: value.numpy() for name, value in outputs.items()}
            for position, row in enumerate(rows):
                answers[row] = self.answer(outputs, position)
        return answers

    def _served(self):
        """`serving()`, made once for all answers, and anew when one of its settings has changed."""
        # Past Keras' tracking, which would take the function for a part of the model.
        made_for, function = vars(self).get("_serving_made", (None, None))
        settings = tuple(getattr(self, name) for name in self.serving_settings)
        if function is None or made_for != settings:
            function = self.serving()
            vars(self)["_serving_made"] = settings, function
        return function

    def target_losses(self, y, y_pred, label_smoothing=0.0):
        """The loss of each target, (batch, ...), from targets and outputs."""
        raise NotImplementedError

    def default_metrics(self):
        """A list of Keras metrics that read the task's outputs."""
        raise NotImplementedError

    def batches(
        self,
        examples,
        training=False,
        batch_size=32,
        num_buckets=16,
        seed=0,
        accumulation=1,
        batch_tokens=None,
        **options,
    ):
        """The `tf.data.Dataset` that `fit` and `evaluate` want.

        Args:
            examples: `kformer.data.Examples`.
            training: bool; then the order is random, and another one in each epoch.
            batch_size: int, mean examples per batch: a batch holds a budget of tokens, so short ones come in more.
            num_buckets: int, at most so many padded lengths.
            seed: int, of the order.
            accumulation: int, batches per optimizer step.
            batch_tokens: int, tokens of a batch, padding included, in place of `batch_size`.
            **options: of the task, for training, such as `class_weights`.

        Returns:
            Dataset of (inputs, targets, sample weights), or of inputs where the examples have no labels.
        """
        from kformer.data.batches import make_batches

        seed = seed if training else None
        plan = self.plan(examples, batch_size, num_buckets, accumulation, batch_tokens, training, **options)
        source = self.element_source(examples, seed=seed, with_step_targets=accumulation > 1, **options)
        return make_batches(plan, source, seed)

    def plan(
        self,
        examples,
        batch_size=32,
        num_buckets=16,
        accumulation=1,
        batch_tokens=None,
        training=False,
        **options,
    ):
        """The `kformer.data.plan.Plan` behind `batches`, of the same arguments."""
        from kformer.data.plan import make_plan

        lengths = self.lengths(examples, training, **options)
        return make_plan(lengths, batch_size, num_buckets, accumulation, batch_tokens)

    def lengths(self, examples, training=False, **options):
        """int (n,) or (n, 2), the tokens of what a batch is made of: the examples, or what a task cuts them into.

        Args:
            examples: `kformer.data.Examples`.
            training: bool.
            **options: of `batches`.
        """
        return self.processor.lengths(examples)

    def element_source(self, examples, seed=None, inputs_only=False, with_step_targets=False, **options):
        """What makes the batches of `examples`: `kformer.data.batches.Elements`.

        Args:
            examples: `kformer.data.Examples`.
            seed: int, of what is random in training; None otherwise.
            inputs_only: bool, leave targets out even where there are some.
            with_step_targets: bool, put the optimizer step's number of targets among the inputs (see the class).
            **options: of `batches`.
        """
        raise NotImplementedError

    def outputs_of(self, examples, batch_size=64):
        """The model's outputs for all examples, in their order: float32 (n, ...)."""
        from kformer.data.batches import make_batches

        plan = self.plan(examples, batch_size)
        source = self.element_source(examples, inputs_only=True)
        outputs = self.predict(make_batches(plan, source), verbose=0)
        order = np.concatenate([indices for _, indices in plan.epoch()])
        restored = np.empty_like(outputs)
        restored[order] = outputs
        return restored

    def losses_of(self, examples, batch_size=64):
        """The loss of each example, without label smoothing: what a perplexity is computed from.

        Args:
            examples: `kformer.data.Examples`.
            batch_size: int, mean examples per batch.

        Returns:
            (losses, counts), each (n,): the sum over an example's real targets, and the number of these.
        """
        scores = self.scores_of(examples, batch_size)
        return scores["loss"], scores["count"]

    def scores_of(self, examples, batch_size=64):
        """The scores of `target_scores`, summed over the real targets of each example.

        Args:
            examples: `kformer.data.Examples`.
            batch_size: int, mean examples per batch.

        Returns:
            dict, the name of a score -> float (n,); "count" is the number of real targets.
        """
        from kformer.data.batches import make_batches

        plan = self.plan(examples, batch_size)
        batches = make_batches(plan, self.element_source(examples))
        sums = [keras.tree.map_structure(np.asarray, self._scores_of_batch(*batch)) for batch in batches]
        restored = np.argsort(np.concatenate([indices for _, indices in plan.epoch()]))
        return {name: np.concatenate([row[name] for row in sums])[restored] for name in sums[0]}

    def target_scores(self, y, y_pred):
        """What is known of each target from the outputs: a dict of (batch, ...); "loss" is one of them."""
        return {"loss": self.target_losses(y, y_pred)}

    @functools.cached_property
    def _scores_of_batch(self):
        """A function of (inputs, targets, weights) to the sums of each row; a graph on TensorFlow."""

        def sums(x, y, weights):
            scores = self.target_scores(y, self(x, training=False))
            scores = {name: ops.cast(score, "float32") * weights for name, score in scores.items()}
            scores["count"] = ops.cast(ops.not_equal(weights, 0.0), "float32")
            flat = {name: ops.reshape(score, (ops.shape(score)[0], -1)) for name, score in scores.items()}
            return {name: ops.sum(score, axis=1) for name, score in flat.items()}

        if keras.backend.backend() != "tensorflow":
            return sums
        import tensorflow as tf

        return tf.function(sums, autograph=False, reduce_retracing=True)

    def dropout_layers(self):
        """The `Dropout` layers of backbone and head, in order."""
        return [layer for layer in self._flatten_layers() if isinstance(layer, Dropout)]

    def set_dropout(self, rate):
        """Sets the rate of every dropout layer, without a new trace.

        Args:
            rate: float in [0, 1).
        """
        for layer in self.dropout_layers():
            layer.rate.assign(rate)

    def reseed(self, seed):
        """Restarts the random sequences of all layers that drop something, so that a seed repeats a run.

        Args:
            seed: int.
        """
        random = [layer for layer in self._flatten_layers() if isinstance(layer, Dropout | DropPath)]
        for i, layer in enumerate(random):
            layer.seed_generator.state.assign([seed % 2**31, i])

    def variables_by_name(self):
        """The trainable variables by their names in the checkpoint tables (`kformer.checkpoints`)."""
        from kformer.checkpoints import own_variables

        return {**own_variables(self.backbone), **({} if self.head is None else own_variables(self.head, "head/"))}

    def stages(self):
        """The layers in groups from input to output: what layer-wise rates and freezing count by."""
        return [*self.backbone.stages(), *([] if self.head is None else [[self.head]])]

    def arguments(self):
        """The constructor's arguments beside backbone and processor, as a configuration holds them: a dict."""
        return {}

    def get_config(self):
        backbone = keras.saving.serialize_keras_object(self.backbone)
        # Precision belongs to where a task runs, not to the file: `load_task` chooses it anew.
        backbone["config"]["dtype"] = "float32"
        return {
            "name": self.name,
            "backbone": backbone,
            "processor": self.processor.get_config(),
            **self.arguments(),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        backbone = keras.saving.deserialize_keras_object(config.pop("backbone"), custom_objects=custom_objects)
        return cls(backbone, cls.processor_class.from_config(config.pop("processor")), **config)

    def save_assets(self, dir_path):
        """Writes the processor's files into a saved model; Keras calls this."""
        self.processor.save(dir_path)

    def load_assets(self, dir_path):
        """Reads the processor's files from a saved model; Keras calls this."""
        self.processor.load(dir_path)


def with_loss_scale(optimizer):
    """An optimizer that scales the loss: the given one, or Keras' around it.

    Keras does so by itself only where the policy of the whole model is float16; here it is the backbone's.

    Args:
        optimizer: what `keras.optimizers.get` takes.
    """
    optimizer = keras.optimizers.get(optimizer)
    scales = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    if optimizer is None or scales or getattr(optimizer, "loss_scale", None) is not None:
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
