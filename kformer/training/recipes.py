"""The recipe of each task: the fields that it adds, and the defaults that suit it."""

import dataclasses
from typing import Literal

from kformer.errors import suggest
from kformer.training.image_recipes import (
    FaceVerificationRecipe,
    ImageClassificationRecipe,
    ObjectDetectionRecipe,
    SegmentationRecipe,
)
from kformer.training.recipe import Recipe, Schedule, option


@dataclasses.dataclass(frozen=True)
class TextRecipe(Recipe):
    """What the tasks share that read text."""

    batch_size: int = option(32, "Mean examples per batch; a batch holds a budget of tokens.", low=1)
    batch_tokens: int | None = option(None, "Tokens per batch, padding included, in place of --batch-size.", low=1)
    num_buckets: int = option(16, "At most so many padded lengths.", low=1)
    html: bool = option(False, "Remove HTML tags and resolve entities.")

    for_plan = (*Recipe.for_plan, "batch_tokens", "num_buckets")
    for_cleaning = ("duplicates", "html")


@dataclasses.dataclass(frozen=True)
class TextClassificationRecipe(TextRecipe):
    """How to train a text classifier."""

    class_weights: Literal["none", "balanced"] = option("none", "Balanced: every class weighs the same.")
    max_length: int = option(128, "Longest input in tokens; longer text is cut.", low=3)
    pooling: Literal["first", "mean"] = option("first", "What the head reads: the first position, or the mean.")
    variant: str = option("bert-tiny", "Sizes of a model from scratch (--init none).")
    vocab_size: int = option(8000, "Vocabulary of a model from scratch.", low=100)

    for_batches = ("class_weights",)


@dataclasses.dataclass(frozen=True)
class TranslationRecipe(TextRecipe):
    """How to train a translator; the defaults are those for a small model from scratch.

    Papers: Vaswani et al., arXiv 1706.03762, section 5 (schedule, beta 2, smoothing, averaging); Wu et al., "Good for
    Misconceived Reasons", ACL 2021 (a small model on Multi30k: batches of 4,096 tokens, dropout 0.3, rate 5e-3); Xiong
    et al., arXiv 2002.04745 (why to normalise first: after 500 updates on Multi30k 0.46 of the next tokens were
    guessed, against 0.34 when normalising after).
    """

    epochs: int = option(30, "Passes over the training examples.", low=1)
    batch_tokens: int | None = option(4096, "Tokens per batch on the longer side, padding included.", low=1)
    learning_rate: float = option(5e-3, "Peak learning rate.", low=0.0)
    schedule: Schedule = option("inverse_sqrt", "How the rate falls after the warm-up.")
    beta_2: float = option(0.98, "Adam's memory of squared gradients.", low=0.0, below=1.0)
    weight_decay: float = option(0.0, "Decoupled weight decay, not on biases and norms.", low=0.0)
    label_smoothing: float = option(0.1, "Share of the target spread over the vocabulary.", low=0.0, below=1.0)
    restore_best: bool = option(False, "End with the weights of the best epoch.")
    average: int = option(5, "End with the mean of the weights after so many last epochs; 0 does not.", low=0)
    variant: str = option("transformer-tiny", "Sizes of a model from scratch (--init none).")
    norm_first: bool = option(True, "Normalise before each sublayer of a model from scratch, not after it.")
    vocab_size: int | None = option(
        None, "Subwords of a model from scratch; none is 8,000, or as many as the texts support.", low=5
    )
    subwords: Literal["bpe", "unigram"] = option("bpe", "How subwords are learned.")
    joint_vocabulary: bool = option(True, "One vocabulary, and one table, for both languages.")
    lowercase: bool = option(False, "Lower-case both sides.")
    max_length: int = option(128, "Longest side in tokens; longer text is cut.", low=3)
    max_characters: int = option(1000, "Longest side in characters; longer examples are left out.", low=1)
    max_ratio: float = option(4.0, "Largest ratio of the sides' lengths, against the usual one.", low=1.0)
    word_dropout: float = option(0.0, "Share of source tokens that are hidden in training.", low=0.0, below=1.0)
    subword_dropout: float = option(0.0, "Share of merges left out on the source in training.", low=0.0, below=1.0)
    beam_size: int = option(4, "Beams of the search; 1 is greedy.", low=1)
    length_penalty: float = option(0.6, "Power of the length by which a translation's score is divided.")

    for_batches = ("word_dropout", "subword_dropout")
    for_cleaning = (*TextRecipe.for_cleaning, "max_ratio", "max_characters")

    def _refuse_contradictions(self):
        super()._refuse_contradictions()
        if self.average and self.restore_best:
            raise ValueError(
                f"`average` {self.average} and `restore_best` contradict each other: both say which weights a run ends "
                "with. Drop one of them."
            )


_SIZES = {"num_layers": 4, "d_model": 256, "num_heads": 4}


@dataclasses.dataclass(frozen=True)
class LanguageModelingRecipe(TextRecipe):
    """How to train a language model; the defaults are those for a small model from scratch.

    Paper: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019. Rate, decay and beta 2 are those
    of nanoGPT for characters.
    """

    epochs: int = option(5, "Passes over the training text.", low=1)
    batch_size: int = option(32, "Windows per batch.", low=1)
    learning_rate: float = option(1e-3, "Peak learning rate.", low=0.0)
    schedule: Schedule = option("cosine", "How the rate falls after the warm-up.")
    warmup: float = option(0.05, "Share of the steps in which the rate rises from 0.", low=0.0, below=1.0)
    final_rate: float | None = option(0.1, "Share of the peak at the end.", low=0.0, high=1.0)
    beta_2: float = option(0.99, "Adam's memory of squared gradients.", low=0.0, below=1.0)
    weight_decay: float = option(0.1, "Decoupled weight decay, not on biases and norms.", low=0.0)
    max_length: int = option(256, "Tokens of a window: what the model sees at a time.", low=2)
    windows: int | None = option(
        None, "Windows of an epoch, begun anywhere; none cuts the text into windows side by side.", low=1
    )
    tokenizer: Literal["auto", "character", "byte_bpe", "sentencepiece"] = option(
        "auto", "Tokens of a model from scratch; auto is characters for small texts, else byte BPE."
    )
    vocab_size: int = option(8000, "Vocabulary of a model from scratch.", low=5)
    variant: str | None = option(None, "Sizes of a model from scratch, such as gpt2; none takes those that follow.")
    num_layers: int = option(_SIZES["num_layers"], "Blocks of a model from scratch.", low=1)
    d_model: int = option(_SIZES["d_model"], "Its width.", low=1)
    num_heads: int = option(_SIZES["num_heads"], "Its heads.", low=1)

    for_batches = ("windows",)

    def sizes(self):
        """The sizes of a model from scratch, by name."""
        return {"variant": self.variant, **{name: getattr(self, name) for name in _SIZES}}

    def _refuse_contradictions(self):
        super()._refuse_contradictions()
        for name, default in _SIZES.items():
            if self.variant and getattr(self, name) != default:
                raise ValueError(
                    f"`variant` {self.variant} and `{name}` {getattr(self, name)} contradict each other: both give the "
                    "model's sizes. Drop one of them."
                )
        if self.d_model % self.num_heads:
            raise ValueError(
                f"`d_model` {self.d_model} and `num_heads` {self.num_heads} contradict each other: heads must divide "
                "the width evenly. Change one of them."
            )


@dataclasses.dataclass(frozen=True)
class MaskedLanguageModelingRecipe(TextRecipe):
    """How to pretrain a text encoder on text without labels; the defaults are those for a small model from scratch.

    Papers: Devlin et al., BERT, arXiv 1810.04805; Liu et al., RoBERTa, arXiv 1907.11692, section 4 (beta 2).
    """

    epochs: int = option(10, "Passes over the training texts.", low=1)
    learning_rate: float = option(1e-3, "Peak learning rate; 5e-5 from pretrained weights.", low=0.0)
    beta_2: float = option(0.98, "Adam's memory of squared gradients.", low=0.0, below=1.0)
    mask_rate: float = option(0.15, "Share of the tokens that are hidden.", low=0.01, below=1.0)
    max_length: int = option(128, "Longest row in tokens; longer text becomes several.", low=3)
    variant: str = option("bert-tiny", "Sizes of a model from scratch (--init none).")
    vocab_size: int = option(8000, "Vocabulary of a model from scratch.", low=100)


# Task on the command line -> its recipe.
RECIPES = {
    "face-verification": FaceVerificationRecipe,
    "image-classification": ImageClassificationRecipe,
    "language-modeling": LanguageModelingRecipe,
    "masked-language-modeling": MaskedLanguageModelingRecipe,
    "object-detection": ObjectDetectionRecipe,
    "segmentation": SegmentationRecipe,
    "text-classification": TextClassificationRecipe,
    "translation": TranslationRecipe,
}


def recipe_class(task_name):
    """The class of a task's recipe.

    Args:
        task_name: str, a name of `kformer.tasks.TASKS`.

    Raises:
        ValueError: for an unknown name; the known ones are listed and the nearest is suggested.
    """
    if task_name not in RECIPES:
        raise ValueError(f"There is no task {task_name!r}.{suggest(task_name, RECIPES)} Known: {', '.join(RECIPES)}.")
    return RECIPES[task_name]


def recipe_for(task_name, recipe=None):
    """A task's recipe: the default one, or what a plain `Recipe` changes of it.

    Args:
        task_name: str, a name of `kformer.tasks.TASKS`.
        recipe: `Recipe`, the task's own or a plain one, or None.

    Raises:
        TypeError: for the recipe of another task.
    """
    own = recipe_class(task_name)
    if recipe is None:
        return own()
    if isinstance(recipe, own):
        return recipe
    if type(recipe) is not Recipe:
        raise TypeError(f"{task_name} takes a {own.__name__}. Received: a {type(recipe).__name__}.")
    plain = Recipe()
    fields = dataclasses.asdict(recipe)
    return own(**{name: value for name, value in fields.items() if value != getattr(plain, name)})
