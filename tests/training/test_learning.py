"""That a training learns what it was not shown: the one-minute form of the trainings in benchmarks/RESULTS.md."""

import numpy as np
import pyarrow as pa
from num2words import num2words

import kformer as kf
from kformer.data import Examples
from kformer.tasks import Translation
from kformer.training.recipes import TranslationRecipe


def numbers(values):
    """Numbers written out in English and in German."""
    columns = {
        role: [num2words(int(value), lang=language) for value in values]
        for role, language in (("text", "en"), ("target", "de"))
    }
    return Examples(pa.table(columns), {name: name for name in columns}, source="numbers below 1,000")


def test_a_transformer_translates_numbers_that_it_never_saw():
    order = np.random.default_rng(0).permutation(np.arange(100, 1000))
    train, held_out = numbers([*range(100), *order[150:]]), numbers(order[:150])
    recipe = TranslationRecipe(
        epochs=10,
        batch_tokens=512,
        learning_rate=2e-3,
        schedule="linear",
        dropout=0.0,
        label_smoothing=0.0,
        average=0,
        vocab_size=60,
        num_buckets=4,
        max_length=40,
        beam_size=1,
    )
    run = kf.fine_tune(Translation.from_recipe(train, "none", recipe), train, held_out, recipe)
    assert run.metrics["validation"]["exact_match"]["value"] > 0.5
