"""Decoding as PyTorch `transformers` decodes: beam search with its scores, and what sampling does to logits."""

import numpy as np
import pytest

from kformer.checkpoints import own_variables, save_weights
from kformer.generation import BeamSearch, Sampling
from kformer.generation.sampling import penalise, truncate
from kformer.models import MarianModel
from kformer.tasks.decoding import TargetDecoder
from tests.tiny import randomise

torch = pytest.importorskip("torch", reason="needs PyTorch: make parity")
transformers = pytest.importorskip("transformers", reason="needs transformers: make parity")

END, PADDING = 0, 49
random = np.random.default_rng(2)
MASK = np.arange(9) < np.array([[9], [4], [1], [7]])
SOURCE = np.where(MASK, random.integers(1, 49, MASK.shape), PADDING).astype("int32")


@pytest.fixture(scope="module")
def marian(tmp_path_factory):
    """A model of ours, and theirs of the same weights."""
    folder = tmp_path_factory.mktemp("marian")
    sizes = {"num_layers": 1, "d_model": 16, "num_heads": 2, "d_ff": 32, "max_length": 32}
    ours = randomise(MarianModel(input_vocab_size=50, target_vocab_size=50, padding_id=PADDING, **sizes), seed=7)
    # Then some sentences end at once, some late and some not at all.
    ours.final_logits_bias.assign(np.where(np.arange(50) == END, 4.5, 0.0))
    save_weights(folder, ours.get_config(), own_variables(ours), "translation")
    theirs = transformers.MarianMTModel.from_pretrained(folder).eval()
    theirs.generation_config.forced_eos_token_id = None  # would end every sentence that is cut
    return ours, theirs


@torch.no_grad()
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("early_stopping", [True, False, "never"])
def test_all_hypotheses_and_their_scores_equal_theirs(marian, length_penalty, early_stopping):
    ours, theirs = marian
    settings = {
        "num_beams": 4,
        "max_new_tokens": 16,
        "length_penalty": length_penalty,
        "early_stopping": early_stopping,
    }
    found = BeamSearch(end_id=END, suppressed_ids=[PADDING], **settings)(
        TargetDecoder(ours, SOURCE), np.full(len(SOURCE), PADDING, "int32")
    )
    config = transformers.GenerationConfig(
        decoder_start_token_id=PADDING,
        eos_token_id=END,
        pad_token_id=PADDING,
        bad_words_ids=[[PADDING]],
        num_return_sequences=4,
        return_dict_in_generate=True,
        output_scores=True,
        **settings,
    )
    expected = theirs.generate(
        torch.tensor(SOURCE.astype("int64")),
        attention_mask=torch.tensor(MASK.astype("int64")),
        generation_config=config,
    )
    np.testing.assert_allclose(np.asarray(found.scores).ravel(), expected.sequences_scores.numpy(), atol=1e-4)
    sequences = expected.sequences[:, 1:].numpy()
    ids = np.asarray(found.token_ids).reshape(16, 16)
    np.testing.assert_array_equal(ids[:, : sequences.shape[1]], np.where(sequences == PADDING, END, sequences))


@pytest.mark.parametrize(
    "settings", [{"top_k": 7}, {"top_p": 0.6}, {"top_k": 20, "top_p": 0.8}, {"top_p": 0.01}], ids=str
)
def test_top_k_and_top_p_leave_the_logits_that_theirs_leave(settings):
    logits = random.normal(0, 3, (5, 60)).astype("float32")
    warpers = {"top_k": transformers.TopKLogitsWarper, "top_p": transformers.TopPLogitsWarper}
    expected = torch.tensor(logits)
    for name, value in settings.items():
        expected = warpers[name](value)(None, expected)
    np.testing.assert_allclose(truncate(logits, Sampling(**settings).options()), expected.numpy(), atol=1e-6)


def test_the_repetition_penalty_is_theirs():
    logits = random.normal(0, 3, (2, 60)).astype("float32")
    token_ids = random.integers(0, 60, (2, 9))
    seen = (token_ids[:, :, None] == np.arange(60)).any(axis=1)
    expected = transformers.RepetitionPenaltyLogitsProcessor(1.3)(torch.tensor(token_ids), torch.tensor(logits))
    np.testing.assert_allclose(penalise(logits, seen, 1.3), expected.numpy(), rtol=1e-6)
