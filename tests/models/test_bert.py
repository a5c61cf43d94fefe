import numpy as np
import pytest

from kformer.models import BertBackbone
from tests.tiny import FAMILIES, SIZES, backbone

TOKEN_IDS = np.array([[2, 41, 42, 3], [2, 44, 3, 0]], "int32")
BATCH = {"token_ids": TOKEN_IDS, "padding_mask": TOKEN_IDS > 0}


@pytest.mark.parametrize("changes", [{}, {"pooler_activation": None}, {"num_layers": 3, "max_length": 7}])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_parameters_are_counted_without_building(family, changes):
    sizes = {"vocab_size": 60, **SIZES, **FAMILIES[family], **changes}
    built = sum(int(np.prod(variable.shape)) for variable in BertBackbone(**sizes).trainable_variables)
    assert BertBackbone.count_parameters(**sizes) == built


def test_segments_are_zero_unless_given():
    model = backbone()
    given = model({**BATCH, "segment_ids": np.zeros_like(TOKEN_IDS)})
    np.testing.assert_array_equal(model(BATCH)["sequence_output"], given["sequence_output"])


def test_segments_change_the_output():
    model = backbone()
    given = model({**BATCH, "segment_ids": np.ones_like(TOKEN_IDS)})
    assert not np.allclose(model(BATCH)["sequence_output"], given["sequence_output"])


def test_a_distilbert_has_no_segments():
    assert backbone("distilbert").segment_embedding is None


def test_a_roberta_s_positions_begin_at_row_two():
    model = backbone("roberta")
    np.testing.assert_array_equal(
        model.position_embedding(TOKEN_IDS)[0], np.asarray(model.position_embedding.embeddings)[2:6]
    )


def test_the_pooled_output_reads_the_first_position():
    model = backbone()
    outputs = model(BATCH)
    first = np.asarray(outputs["sequence_output"])[:, 0]
    expected = np.tanh(first @ np.asarray(model.pooler.kernel) + np.asarray(model.pooler.bias))
    np.testing.assert_allclose(outputs["pooled_output"], expected, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_pooled_output_alone_is_that_of_the_whole_pass(family):
    model = backbone(family, num_layers=2)
    pooled = model(BATCH, pooled_only=True)
    np.testing.assert_allclose(pooled["pooled_output"], model(BATCH)["pooled_output"], atol=1e-6)
    assert pooled["sequence_output"].shape == (2, 1, 8)


def test_without_a_pooler_there_is_no_pooled_output():
    assert set(backbone(pooler_activation=None)(BATCH)) == {"sequence_output"}


def test_scores_and_states_come_on_request():
    outputs = backbone(num_layers=2)(BATCH, return_hidden_states=True, return_attention_scores=True)
    assert len(outputs["hidden_states"]) == 3
    assert [score.shape for score in outputs["attention_scores"]] == [(2, 2, 4, 4)] * 2


def test_the_stages_hold_every_trainable_variable_once():
    model = backbone(num_layers=2)
    staged = [id(variable) for stage in model.stages() for layer in stage for variable in layer.trainable_variables]
    assert sorted(staged) == sorted(map(id, model.trainable_variables))
    assert len(model.stages()) == 4


def test_flops_are_those_of_the_products():
    """Per token: four (d, d) and two (d, d_ff) products, and two of length x d in attention."""
    expected = 2 * (4 * 8 * 8 + 2 * 8 * 16 + 2 * 10 * 8)
    assert BertBackbone.flops_per_token(num_layers=1, d_model=8, d_ff=16, length=10) == expected


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="`num_heads` must divide `d_model`. Received: num_heads=3, d_model=8"):
        backbone(num_heads=3)
