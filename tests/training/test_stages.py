"""Freezing and layer-wise rates count by the task's stages: embeddings, blocks, pooler, head."""

import pytest

from kformer.training.stages import freeze_stages, stage_multipliers
from tests.tiny import task


def learning(model):
    """Whether each stage has weights that learn."""
    return [any(layer.trainable_variables for layer in stage) for stage in model.stages()]


def test_the_stages_are_embeddings_blocks_pooler_and_head():
    model = task(num_layers=2)
    staged = [id(variable) for stage in model.stages() for layer in stage for variable in layer.trainable_variables]
    assert len(model.stages()) == 5
    assert sorted(staged) == sorted(map(id, model.trainable_variables))


@pytest.mark.parametrize(
    ("count", "expected"), [(0, [True] * 4), (2, [False, False, True, True]), (-1, [False, False, False, True])]
)
def test_frozen_stages_stay_as_they_are(count, expected):
    model = task()
    freeze_stages(model, count)
    assert learning(model) == expected


def test_freezing_can_be_undone():
    model = task()
    everything = len(model.trainable_variables)
    freeze_stages(model, -1)
    freeze_stages(model, 0)
    assert len(model.trainable_variables) == everything


def test_freezing_all_is_refused():
    message = "`freeze` must be below the model's 4 stages .* or -1 for all but the head. Received: freeze=4"
    with pytest.raises(ValueError, match=message):
        freeze_stages(task(), 4)


def test_rates_fall_by_the_factor_from_the_head_down():
    model = task()
    factors = dict(zip((v.path for v in model.trainable_variables), stage_multipliers(model, 0.5), strict=True))

    def factors_of(part):
        return {factor for path, factor in factors.items() if part in path}

    assert factors_of("/head/") | factors_of("head/kernel") == {1.0}
    assert factors_of("pooler") == {0.5}
    assert factors_of("block_0") == {0.25}
    assert factors_of("embedding") == {0.125}


def test_a_layer_decay_of_one_changes_no_rate():
    model = task()
    assert set(stage_multipliers(model, 1.0)) == {1.0}


def test_frozen_variables_have_no_multiplier():
    model = task()
    freeze_stages(model, 2)
    assert len(stage_multipliers(model, 0.5)) == len(model.trainable_variables) == 4
