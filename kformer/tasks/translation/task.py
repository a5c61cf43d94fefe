"""Translation: a sentence in, a sentence out."""

import keras
import numpy as np

from kformer.tasks.losses import cross_entropy
from kformer.tasks.metrics import TokenAccuracy
from kformer.tasks.precision import resolve_precision
from kformer.tasks.task import Task
from kformer.tasks.translation.alignment import align
from kformer.tasks.translation.elements import SourceAugmentation, TranslationElements
from kformer.tasks.translation.processor import TranslationProcessor
from kformer.tasks.translation.serving import make_serving
from kformer.tasks.translation.starting import find_translator


@keras.saving.register_keras_serializable("kformer")
class Translation(Task):
    """An encoder-decoder Transformer that translates.

    Args:
        backbone: `kformer.TransformerModel`, or another with its `encode`, `decode` and `logits`.
        processor: `TranslationProcessor`.
        beam_size: int, beams of the search for a translation; 1 is greedy.
        length_penalty: float a; a translation's score is the sum of its log probabilities / length^a.

    Call arguments:
        inputs: the backbone's.

    Returns:
        Logits (batch, target_length, target_vocab_size).
    """

    processor_class = TranslationProcessor
    title = "translation"
    example_command = 'predict {run} "a sentence of your own"'
    required = ("text", "target")
    serving_settings = ("beam_size", "length_penalty")
    # A translation takes far longer than a label: few are shown after each epoch.
    num_shown = 20

    def __init__(self, backbone, processor, beam_size=4, length_penalty=0.6, **kwargs):
        super().__init__(**kwargs)
        if beam_size < 1:
            raise ValueError(f"`beam_size` must be at least 1. Received: beam_size={beam_size}.")
        self.backbone = backbone
        self.processor = processor
        self.beam_size = beam_size
        self.length_penalty = length_penalty
        self.built = True

    @classmethod
    def from_recipe(cls, train, init, recipe):
        settings = {
            "max_length": recipe.max_length,
            "html": recipe.html,
            "beam_size": recipe.beam_size,
            "length_penalty": recipe.length_penalty,
            "precision": recipe.precision,
            "seed": recipe.seed,
        }
        if init != "none":
            return cls.from_pretrained(init, dropout=recipe.dropout, **settings)
        return cls.from_scratch(
            train.values("text"),
            train.values("target"),
            variant=recipe.variant,
            norm_first=recipe.norm_first,
            vocab_size=recipe.vocab_size,
            subwords=recipe.subwords,
            joint=recipe.joint_vocabulary,
            lowercase=recipe.lowercase,
            dropout=0.1 if recipe.dropout is None else recipe.dropout,
            **settings,
        )

    @classmethod
    def from_pretrained(
        cls,
        init,
        max_length=128,
        html=False,
        beam_size=4,
        length_penalty=0.6,
        dropout=None,
        precision="auto",
        seed=0,
    ):
        """A task over a trained translator and its subwords.

        Args:
            init: str or path: a run of kformer, or a Marian folder ("hf:Helsinki-NLP/opus-mt-en-de").
            dropout: float for every dropout layer, or None for the model's own.
            max_length, html, beam_size, length_penalty, precision, seed: see `from_scratch`.
        """
        backbone, source, target = find_translator(init, precision, dropout)
        if max_length > backbone.max_length:
            raise ValueError(
                f"`max_length` is {max_length}, but the model has {backbone.max_length} positions: lower it."
            )
        task = cls(backbone, TranslationProcessor(source, target, max_length, html), beam_size, length_penalty)
        task.reseed(seed)
        return task

    @classmethod
    def from_scratch(
        cls,
        sources,
        targets,
        variant="transformer-tiny",
        norm_first=True,
        vocab_size=None,
        subwords="bpe",
        joint=True,
        lowercase=False,
        dropout=0.1,
        max_length=128,
        html=False,
        beam_size=4,
        length_penalty=0.6,
        precision="auto",
        seed=0,
    ):
        """A task with random weights, and subwords learned from the sentences.

        Args:
            sources, targets: lists of str.
            variant: str, whose sizes to take (`kformer models`).
            norm_first: bool, normalise before each sublayer: learns from fewer updates than the paper's norm after it.
            vocab_size: int, subwords of the joint vocabulary, or of each; None is 8,000, or as many as the sentences
                support.
            subwords: str, "bpe" or "unigram".
            joint: bool, one vocabulary and one table of vectors for both languages.
            lowercase: bool, lower-case both sides.
            dropout: float.
            max_length: int, longest side in ids; longer text is cut.
            html: bool, remove HTML tags and resolve entities.
            beam_size, length_penalty: see the class.
            precision: str, see `kformer.tasks.precision.resolve_precision`.
            seed: int, of the weights and the dropout layers.
        """
        from kformer.data.tokenizers import SentencePieceTokenizer, train_sentencepiece
        from kformer.models import build

        corpora = [[*sources, *targets]] if joint else [sources, targets]
        size, at_most = (8000, True) if vocab_size is None else (vocab_size, False)
        models = [train_sentencepiece(corpus, size, subwords, lowercase, at_most=at_most) for corpus in corpora]
        tokenizers = [SentencePieceTokenizer(model) for model in models]
        processor = TranslationProcessor(tokenizers[0], tokenizers[-1], max_length, html)
        keras.utils.set_random_seed(seed)
        backbone = build(
            variant,
            input_vocab_size=tokenizers[0].vocab_size,
            target_vocab_size=tokenizers[-1].vocab_size,
            tie_embeddings="all" if joint else "output",
            norm_first=norm_first,
            rate=dropout,
            max_length=max_length,
            dtype=resolve_precision(precision)[0],
        )
        task = cls(backbone, processor, beam_size, length_penalty)
        task.reseed(seed)
        return task

    def call(self, inputs, training=False):
        return self.backbone(inputs, training=training)

    def target_losses(self, y, y_pred, label_smoothing=0.0):
        return cross_entropy(y, y_pred, label_smoothing)

    def default_metrics(self):
        return [TokenAccuracy()]

    def element_source(
        self, examples, seed=None, inputs_only=False, with_step_targets=False, word_dropout=0.0, subword_dropout=0.0
    ):
        """The batches of `examples` (see `Task.batches`).

        Args:
            examples, seed, inputs_only, with_step_targets: see `Task.element_source`.
            word_dropout: float, the share of source tokens that the unknown token hides in training.
            subword_dropout: float, how often a source word is cut into smaller subwords in training (see
                `SentencePieceTokenizer.encode_sampled`).
        """
        augment = None
        if seed is not None and (word_dropout or subword_dropout):
            augment = SourceAugmentation(self.processor, examples, seed, word_dropout, subword_dropout)
        return TranslationElements(self.processor, examples, inputs_only, with_step_targets, augment)

    def data_report(self, train):
        lengths = np.stack([cache.full_lengths for cache in self.processor.token_caches(train)], axis=1)
        max_length = self.processor.max_length
        truncated = int(np.sum(lengths.max(axis=1) > max_length))
        return {"token_lengths": lengths, "max_length": max_length, "truncated": truncated}

    def serving(self):
        return make_serving(self)

    def served(self):
        return {
            "serve": {
                "translation": "(batch,) strings",
                "score": "(batch,), the log probability of each, divided by its length ** `length_penalty`",
            }
        }

    def answer(self, outputs, i):
        return {"translation": outputs["translation"][i].decode(), "score": float(outputs["score"][i])}

    def translate(self, texts, batch_size=64):
        """The translations of sentences: a list of str.

        Args:
            texts: sequence of str.
            batch_size: int, sentences at a time, in order of length.
        """
        return [answer["translation"] for answer in self.answers([list(texts)], batch_size)]

    def align(self, texts, translations=None):
        """From which source tokens each token of a translation was drawn: a list of `Alignment`.

        Args:
            texts: sequence of str.
            translations: sequence of str; the task's own when None.
        """
        return align(self, texts, self.translate(texts) if translations is None else translations)

    def arguments(self):
        return {"beam_size": self.beam_size, "length_penalty": self.length_penalty}
