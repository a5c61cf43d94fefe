"""Text classification: one label, several labels or a number, for one text or a pair."""

import keras

from kformer.models.registry import families_serving
from kformer.tasks.classification import PROBLEMS, Classification
from kformer.tasks.loading import find_start
from kformer.tasks.pooling import mean_pool
from kformer.tasks.precision import resolve_precision
from kformer.tasks.text_processor import TextElements, TextProcessor

POOLINGS = ("first", "mean")


@keras.saving.register_keras_serializable("kformer")
class TextClassification(Classification):
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

    processor_class = TextProcessor
    title = "text classification"
    default_init = "minilm"
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
        if pooling not in POOLINGS:
            raise ValueError(f"`pooling` must be one of {', '.join(POOLINGS)}. Received: pooling={pooling!r}.")
        if pooling == "mean" and backbone.pooler is not None:
            backbone.pooler.trainable = False  # nothing reads it
        super().__init__(backbone, processor, labels, problem, dropout, seed, **kwargs)
        self.pooling = pooling

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

    def pool(self, inputs, training=False):
        if self.pooling == "first":
            return super().pool(inputs, training)
        return mean_pool(self.backbone(inputs, training=training)["sequence_output"], inputs["padding_mask"])

    def element_source(self, examples, seed=None, inputs_only=False, with_step_targets=False, class_weights="none"):
        """The batches of `examples`.

        Args:
            examples, seed, inputs_only, with_step_targets: see `Task.element_source`; nothing here is random.
            class_weights: see `target_weights`.
        """
        if inputs_only or "label" not in examples.fields:
            return TextElements(self.processor, examples)
        targets = examples.targets(self.labels or None)
        weights = self.target_weights(targets, class_weights)
        return TextElements(self.processor, examples, targets, weights, with_step_targets)

    @property
    def input_names(self):
        return ("text", "text_pair") if self.processor.pair else ("text",)

    def stages(self):
        """The layers in groups from input to output: what layer-wise rates and freezing count by."""
        unread = [self.backbone.pooler] if self.pooling == "mean" else None
        return [*(stage for stage in self.backbone.stages() if stage != unread), [self.head]]

    def arguments(self):
        return {**super().arguments(), "pooling": self.pooling}
