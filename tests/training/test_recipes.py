"""The recipes of the tasks."""

import pytest

import kformer as kf
from kformer.tasks import TASKS
from kformer.training.recipes import RECIPES, recipe_class, recipe_for


def test_every_task_has_a_recipe():
    assert set(RECIPES) == set(TASKS)


def test_the_default_is_the_task_s_own():
    assert recipe_for("translation") == kf.TranslationRecipe()


def test_a_task_s_own_recipe_is_taken_as_it_is():
    recipe = kf.TranslationRecipe(epochs=2)
    assert recipe_for("translation", recipe) is recipe


def test_a_plain_recipe_changes_what_it_says_of_the_task_s_own():
    recipe = recipe_for("translation", kf.Recipe(epochs=2))
    assert recipe == kf.TranslationRecipe(epochs=2)


def test_another_task_s_recipe_is_refused():
    with pytest.raises(TypeError, match="translation takes a TranslationRecipe. Received: a TextClassificationRecipe."):
        recipe_for("translation", kf.TextClassificationRecipe())


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match="There is no task 'tranlation'. Did you mean 'translation'\\? Known: face-v"):
        recipe_class("tranlation")


def test_averaged_and_best_weights_contradict_each_other():
    with pytest.raises(ValueError, match="`average` 3 and `restore_best` contradict each other: both say which"):
        kf.TranslationRecipe(average=3, restore_best=True)


def test_a_variant_and_sizes_contradict_each_other():
    with pytest.raises(
        ValueError, match="`variant` gpt2 and `d_model` 64 contradict each other: both give the model's"
    ):
        kf.LanguageModelingRecipe(variant="gpt2", d_model=64)


def test_heads_that_do_not_divide_the_width_contradict_it():
    with pytest.raises(
        ValueError, match="`d_model` 256 and `num_heads` 3 contradict each other: heads must divide the"
    ):
        kf.LanguageModelingRecipe(num_heads=3)
