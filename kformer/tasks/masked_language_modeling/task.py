"""Masked language modeling: which words are hidden in a text."""

import keras
from keras import ops

from kformer.checkpoints import fill
from kformer.layers import MaskedLanguageModelHead
from kformer.models.registry import families_serving
from kformer.tasks.loading import find_start
from kformer.tasks.masked_language_modeling.processor import MaskedElements, MaskedTextProcessor
from kformer.tasks.masked_language_modeling.serving import make_serving
from kformer.tasks.precision import resolve_precision
from kformer.tasks.token_prediction import TokenPrediction, in_float32


@keras.saving.register_keras_serializable("kformer")
class MaskedLanguageModeling(TokenPrediction):
    """A text encoder that guesses hidden tokens: how it is pretrained, on text without labels.

    Paper: Devlin et al., BERT, arXiv 1810.04805, section 3.1. Which tokens are hidden differs from epoch to epoch (Liu
    et al., RoBERTa, arXiv 1907.11692).

    Args:
        backbone: a text encoder such as `kformer.models.BertBackbone`.
        processor: `MaskedTextProcessor`.
        mask_rate: float, the share of tokens that are hidden.

    Call arguments:
        inputs: the backbone's, and optionally `masked_positions` (batch, masks) int32, the places to guess.

    Returns:
        Logits (batch, masks, vocab_size), float32; at every position where no places are given.
    """

    processor_class = MaskedTextProcessor
    title = "masked language modeling"
    example_command = 'predict {run} "a text with a [MASK] of your own"'
    required = ("text",)

    def __init__(self, backbone, processor, mask_rate=0.15, **kwargs):
        super().__init__(**kwargs)
        if processor.max_length > backbone.max_length:
            raise ValueError(
                f"`max_length` is {processor.max_length}, but the model has {backbone.max_length} positions: lower it."
            )
        self.backbone = backbone
        self.processor = processor
        self.mask_rate = mask_rate
        if backbone.pooler is not None:
            backbone.pooler.trainable = False  # nothing reads it
        self.head = MaskedLanguageModelHead(
            backbone.d_model,
            backbone.vocab_size,
            backbone.activation,
            backbone.norm_epsilon,
            dtype=backbone.dtype_policy,
            name="mlm",
        )
        self.build()

    @classmethod
    def from_recipe(cls, train, init, recipe):
        settings = {
            "max_length": recipe.max_length,
            "html": recipe.html,
            "mask_rate": recipe.mask_rate,
            "precision": recipe.precision,
            "seed": recipe.seed,
        }
        if init != "none":
            return cls.from_pretrained(init, dropout=recipe.dropout, **settings)
        return cls.from_scratch(
            train.values("text"),
            variant=recipe.variant,
            vocab_size=recipe.vocab_size,
            dropout=0.1 if recipe.dropout is None else recipe.dropout,
            **settings,
        )

    @classmethod
    def from_pretrained(
        cls, init="minilm", max_length=128, html=False, mask_rate=0.15, dropout=None, precision="auto", seed=0
    ):
        """A task over pretrained weights, with their head where they have one and a new one otherwise.

        Args:
            init: str or path: "minilm", a variant of `kformer models`, "hf:organisation/name", "preset:name", a Hugging
                Face folder, or a run of kformer.
            max_length: int, longest row of ids; longer text becomes several rows.
            html: bool, remove HTML tags and resolve entities.
            mask_rate: float, see the class.
            dropout: float for every dropout layer, or None for the checkpoint's own.
            precision: str, see `kformer.tasks.precision.resolve_precision`.
            seed: int, of a new head and the dropout layers.
        """
        families = families_serving("masked-language-modeling")
        start = find_start(init, resolve_precision(precision)[0], dropout, families)
        keras.utils.set_random_seed(seed)
        task = cls(start.backbone, MaskedTextProcessor(start.tokenizer, max_length, html=html), mask_rate)
        if type(start.task) is cls:
            task.head.set_weights(start.task.head.get_weights())
        if start.checkpoint is not None:
            fill(task.variables_by_name(), start.checkpoint)
        task.reseed(seed)
        return task

    @classmethod
    def from_scratch(
        cls,
        texts,
        variant="bert-tiny",
        vocab_size=8000,
        lowercase=True,
        max_length=128,
        html=False,
        mask_rate=0.15,
        dropout=0.1,
        precision="auto",
        seed=0,
    ):
        """A task with random weights and a WordPiece vocabulary learned from texts.

        Args:
            texts: iterable of str.
            variant: str, whose sizes to take (`kformer models`).
            vocab_size: int, at most so many tokens.
            lowercase: bool, lower case and strip accents.
            max_length, html, mask_rate, dropout, precision, seed: see `from_pretrained`.
        """
        from kformer.data.tokenizers import WordPieceTokenizer, train_wordpiece
        from kformer.models import build

        tokenizer = WordPieceTokenizer(train_wordpiece(texts, vocab_size, lowercase), lowercase)
        keras.utils.set_random_seed(seed)
        backbone = build(
            variant,
            vocab_size=tokenizer.vocab_size,
            # BERT's own kind of input and pooler, as a text classification from scratch has them.
            num_segments=2,
            position_offset=0,
            pooler_activation="tanh",
            dropout=dropout,
            dtype=resolve_precision(precision)[0],
        )
        task = cls(backbone, MaskedTextProcessor(tokenizer, max_length, html=html), mask_rate)
        task.reseed(seed)
        return task

    def build(self, input_shape=None):
        if not self.built:
            self.head.build()

    def call(self, inputs, training=False):
        x = self.backbone(inputs, training=training)["sequence_output"]
        if "masked_positions" in inputs:
            x = ops.take_along_axis(x, ops.expand_dims(inputs["masked_positions"], axis=-1), axis=1)
        return in_float32(self.head(x, table=self.backbone.token_embedding.embeddings))

    def element_source(self, examples, seed=None, inputs_only=False, with_step_targets=False):
        return MaskedElements(self.processor, examples, self.mask_rate, seed, inputs_only, with_step_targets)

    def data_report(self, train):
        return {"token_lengths": self.processor.lengths(train)}  # nothing is cut off

    def serving(self):
        return make_serving(self)

    def served(self):
        return {
            "serve": {
                "filled": "(batch,) strings, the texts with the most probable tokens in place of their masks",
                "tokens": "(batch, masks, 5) strings, the most probable tokens for each mask",
                "scores": "(batch, masks, 5), their probabilities",
                "num_masks": "(batch,), how many masks each text has: what is beyond stands for nothing",
            }
        }

    def answer(self, outputs, i):
        guesses = [
            {token.decode("utf-8"): float(score) for token, score in zip(*best, strict=True)}
            for best in zip(outputs["tokens"][i], outputs["scores"][i], strict=True)
        ]
        return {
            "filled": outputs["filled"][i].decode("utf-8", errors="replace"),
            "masks": guesses[: outputs["num_masks"][i]],
        }

    def variables_by_name(self):
        """The trainable variables by their names in the checkpoint tables (`kformer.checkpoints`)."""
        from kformer.checkpoints import own_variables

        return {**own_variables(self.backbone), **own_variables(self.head, "mlm/")}

    def stages(self):
        """The layers in groups from input to output: what layer-wise rates and freezing count by."""
        unread = [self.backbone.pooler]
        return [*(stage for stage in self.backbone.stages() if stage != unread), [self.head]]

    def arguments(self):
        return {"mask_rate": self.mask_rate}
