"""Language modeling: what comes next."""

import functools

import keras

from kformer.generation import Generator, Sampling
from kformer.models.registry import families_serving
from kformer.tasks.decoding import CausalDecoder
from kformer.tasks.language_modeling.processor import LanguageModelProcessor, WindowElements
from kformer.tasks.language_modeling.serving import make_serving
from kformer.tasks.language_modeling.text_stream import stream_texts
from kformer.tasks.language_modeling.tokenizing import learn_tokenizer
from kformer.tasks.loading import find_start
from kformer.tasks.precision import resolve_precision
from kformer.tasks.token_prediction import TokenPrediction, in_float32

AS_IT_IS = Sampling()


@keras.saving.register_keras_serializable("kformer")
class LanguageModeling(TokenPrediction):
    """A decoder that guesses each next token of a text, and so continues any text.

    Paper: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.

    Args:
        backbone: `kformer.models.GPT2Backbone`.
        processor: `LanguageModelProcessor`.
        max_new_tokens: int, tokens that `serving()` adds to a text.

    Call arguments:
        inputs: the backbone's.

    Returns:
        Logits (batch, length, vocab_size) of the token behind each, float32.

    Raises:
        ValueError: when windows, or the tokens to add, are longer than the backbone's positions.
    """

    processor_class = LanguageModelProcessor
    title = "language modeling"
    example_command = 'generate {run} --prompt "How a text of your own begins"'
    required = ("text",)

    def __init__(self, backbone, processor, max_new_tokens=64, **kwargs):
        super().__init__(**kwargs)
        if processor.max_length > backbone.max_length:
            raise ValueError(
                f"`max_length` is {processor.max_length}, but the model has {backbone.max_length} positions: lower it."
            )
        if not 0 < max_new_tokens < backbone.max_length:
            raise ValueError(
                f"`max_new_tokens` must be at least 1 and below the model's {backbone.max_length} positions. "
                f"Received: max_new_tokens={max_new_tokens}."
            )
        self.backbone = backbone
        self.processor = processor
        self.max_new_tokens = max_new_tokens
        self.built = True

    @classmethod
    def cleaning(cls, recipe):
        from kformer.data import Cleaning

        return Cleaning(**recipe.cleaning_options(), white_space=False)

    @classmethod
    def from_recipe(cls, train, init, recipe):
        settings = {
            "max_length": recipe.max_length,
            "html": recipe.html,
            "precision": recipe.precision,
            "seed": recipe.seed,
        }
        if init != "none":
            return cls.from_pretrained(init, dropout=recipe.dropout, **settings)
        return cls.from_scratch(
            train.values("text"),
            tokenizer=recipe.tokenizer,
            vocab_size=recipe.vocab_size,
            dropout=0.0 if recipe.dropout is None else recipe.dropout,
            **recipe.sizes(),
            **settings,
        )

    @classmethod
    def from_pretrained(cls, init="gpt2", max_length=256, html=False, dropout=None, precision="auto", seed=0):
        """A task over pretrained weights and their own tokenizer.

        Args:
            init: str or path: a variant of `kformer models`, "hf:organisation/name", "preset:name", a Hugging Face
                folder of a GPT-2, or a run of kformer.
            max_length: int, tokens of a window.
            html: bool, remove HTML tags and resolve entities.
            dropout: float for every dropout layer, or None for the checkpoint's own.
            precision: str, see `kformer.tasks.precision.resolve_precision`.
            seed: int, of the dropout layers.
        """
        start = find_start(init, resolve_precision(precision)[0], dropout, families_serving("language-modeling"))
        task = cls(start.backbone, LanguageModelProcessor(start.tokenizer, max_length, html), _few(start.backbone))
        task.reseed(seed)
        return task

    @classmethod
    def from_scratch(
        cls,
        texts,
        tokenizer="auto",
        vocab_size=8000,
        variant=None,
        num_layers=4,
        d_model=256,
        num_heads=4,
        max_length=256,
        html=False,
        dropout=0.0,
        precision="auto",
        seed=0,
    ):
        """A task with random weights and a tokenizer learned from texts.

        Args:
            texts: list of str.
            tokenizer, vocab_size: see `learn_tokenizer`.
            variant: str, whose sizes to take (`kformer models`), or None for those that follow.
            num_layers, d_model, num_heads: ints, the sizes.
            max_length: int, tokens of a window, and positions of the model.
            html, dropout, precision, seed: see `from_pretrained`.
        """
        from kformer.models import GPT2Backbone
        from kformer.models.registry import get_variant

        learned = learn_tokenizer(texts, tokenizer, vocab_size)
        sizes = {"num_layers": num_layers, "d_model": d_model, "num_heads": num_heads}
        sizes = get_variant(variant).sizes if variant else sizes
        keras.utils.set_random_seed(seed)
        backbone = GPT2Backbone(
            **{
                **sizes,
                "vocab_size": learned.vocab_size,
                "max_length": max_length,
                "dropout": dropout,
                "dtype": resolve_precision(precision)[0],
            }
        )
        task = cls(backbone, LanguageModelProcessor(learned, max_length, html), _few(backbone))
        task.reseed(seed)
        return task

    def call(self, inputs, training=False):
        outputs = self.backbone(inputs, training=training)
        return in_float32(self.backbone.logits(outputs["sequence_output"]))

    def lengths(self, examples, training=False, windows=None):
        return self.processor.windows(examples, 0 if training else None, windows).lengths

    def element_source(self, examples, seed=None, inputs_only=False, with_step_targets=False, windows=None):
        """The batches of `examples`.

        Args:
            examples, seed, inputs_only, with_step_targets: see `Task.element_source`.
            windows: int, so many of an epoch begin anywhere; None cuts the texts into windows side by side.
        """
        return WindowElements(self.processor.windows(examples, seed, windows), inputs_only, with_step_targets)

    def data_report(self, train):
        return {}  # texts are neither read one by one nor cut

    @property
    def longest_prompt(self):
        """int, the tokens of a prompt that `serving()` reads."""
        return self.backbone.max_length - self.max_new_tokens

    def serving(self):
        return make_serving(self)

    def served(self):
        return {"serve": {"continuation": "(batch,) strings, how each text goes on"}}

    def answer(self, outputs, i):
        return {"continuation": outputs["continuation"][i].decode("utf-8", errors="replace")}

    def generate(self, prompts, sampling=AS_IT_IS, **options):
        """How texts go on.

        Args:
            prompts: list of str.
            sampling: `kformer.generation.Sampling`.
            **options: of `stream`.

        Returns:
            list of `len(prompts) * num_samples` str, the samples of a prompt side by side.

        Raises:
            ValueError: as `stream`.
        """
        return ["".join(pieces) for pieces in zip(*self.stream(prompts, sampling, **options), strict=True)]

    def stream(self, prompts, sampling=AS_IT_IS, *, max_new_tokens=None, num_samples=1, seed=0, stop=(), chunk=16):
        """Yields how texts go on, in pieces as they come.

        Args:
            prompts: list of str; a prompt gives the same text alone and among others.
            sampling: `kformer.generation.Sampling`.
            max_new_tokens: int; None adds as many as there are positions for, at most 256.
            num_samples: int, texts per prompt.
            seed: int; the same seed gives the same texts.
            stop: sequence of str, at the first of which a text ends, without it.
            chunk: int, new tokens per turn.

        Returns:
            Iterator over lists of `len(prompts) * num_samples` str, pieces that put together are the texts: complete
            characters only.

        Raises:
            ValueError: a prompt without a token or without room, or a number outside of its range.
        """
        rows = self.processor.prompts(prompts)
        if max_new_tokens is None:
            max_new_tokens = max(1, min(256, self.backbone.max_length - max(map(len, rows), default=0)))
        tokens = self._generator.stream(
            rows, sampling, max_new_tokens=max_new_tokens, num_samples=num_samples, seed=seed, chunk=chunk
        )
        return stream_texts(self.processor.decode, [row for row in rows for _ in range(num_samples)], tokens, stop)

    @functools.cached_property
    def _generator(self):
        return Generator(CausalDecoder(self.backbone), self.processor.tokenizer.end_id)

    def arguments(self):
        return {"max_new_tokens": self.max_new_tokens}


def _few(backbone):
    """int, the tokens that `serving()` is to add: half of the positions at most, so that prompts have the others."""
    return min(64, backbone.max_length // 2)
