"""GPT-2."""

import numpy as np

from kformer.models import GPT2Backbone
from tests.tiny import randomise

TOKEN_IDS = np.random.default_rng(0).integers(0, 20, (2, 6)).astype("int32")


def test_an_attention_mask_hides_what_it_forbids():
    backbone = randomise(GPT2Backbone(vocab_size=20, num_layers=2, d_model=8, num_heads=2, max_length=8))
    mask = np.ones((2, 1, 6), bool)
    mask[:, :, 2] = False
    changed = TOKEN_IDS.copy()
    changed[:, 2] = (changed[:, 2] + 1) % 20
    before, after = (
        np.asarray(backbone({"token_ids": token_ids, "attention_mask": mask})["sequence_output"])
        for token_ids in (TOKEN_IDS, changed)
    )
    np.testing.assert_allclose(np.delete(after, 2, axis=1), np.delete(before, 2, axis=1), atol=1e-6)
