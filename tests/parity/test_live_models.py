"""Models of ours, with random weights, read by PyTorch `transformers`: equal logits and equal generated tokens."""

import numpy as np
import pytest

from kformer.checkpoints import own_variables, save_weights
from kformer.generation import BeamSearch, Generator, Sampling
from kformer.layers import MaskedLanguageModelHead
from kformer.models import GPT2Backbone, MarianModel
from kformer.tasks.decoding import CausalDecoder, TargetDecoder
from tests.tiny import backbone, randomise

torch = pytest.importorskip("torch", reason="needs PyTorch: make parity")
transformers = pytest.importorskip("transformers", reason="needs transformers: make parity")

TOLERANCE = 1e-5
random = np.random.default_rng(0)
LENGTHS = np.array([11, 6, 2])
MASK = np.arange(11) < LENGTHS[:, None]
IDS = random.integers(5, 45, (3, 11)).astype("int32")
PADDING_ID = 49
SIZES = {"num_layers": 2, "d_model": 16, "num_heads": 4, "d_ff": 24}


def long(array):
    return torch.tensor(np.asarray(array)).long()


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    """A model of ours, and theirs of the same weights."""
    folder = tmp_path_factory.mktemp("gpt2")
    ours = randomise(GPT2Backbone(vocab_size=50, max_length=32, **SIZES))
    save_weights(folder, ours.get_config(), own_variables(ours), "lm", bos_token_id=0, eos_token_id=0)
    return ours, transformers.GPT2LMHeadModel.from_pretrained(folder).eval()


@torch.no_grad()
def test_transformers_reads_a_gpt2_and_gives_equal_logits(gpt2):
    ours, theirs = gpt2
    expected = theirs(long(IDS), attention_mask=long(MASK)).logits.numpy()
    logits = np.asarray(ours.logits(ours({"token_ids": IDS, "padding_mask": MASK})["sequence_output"]))
    np.testing.assert_allclose(logits[MASK], expected[MASK], atol=TOLERANCE, rtol=TOLERANCE)


@torch.no_grad()
def test_a_gpt2_continues_prompts_as_theirs_does(gpt2):
    ours, theirs = gpt2
    prompts = [IDS[i, :length].tolist() for i, length in enumerate(LENGTHS)]
    continued = Generator(CausalDecoder(ours), end_id=0, jit_compile=False)(prompts, max_new_tokens=12)
    for prompt, new in zip(prompts, continued, strict=True):
        whole = theirs.generate(
            long([prompt]), attention_mask=long([[1] * len(prompt)]), max_new_tokens=12, do_sample=False, pad_token_id=0
        )
        assert whole[0, len(prompt) :].tolist() == new


@pytest.fixture(scope="module", params=["one table", "two tables"])
def marian(request, tmp_path_factory):
    """A model of ours, theirs of the same weights, and sources for them."""
    folder = tmp_path_factory.mktemp("marian")
    sizes = {**SIZES, "num_decoder_layers": 1, "input_vocab_size": 50, "padding_id": PADDING_ID, "max_length": 32}
    other = (
        {"target_vocab_size": 50}
        if request.param == "one table"
        else {"target_vocab_size": 60, "tie_embeddings": "output"}
    )
    ours = randomise(MarianModel(**sizes, **other))
    save_weights(folder, ours.get_config(), own_variables(ours), "translation")
    theirs = transformers.MarianMTModel.from_pretrained(folder).eval()
    theirs.generation_config.forced_eos_token_id = None  # would end every translation that is cut
    return ours, theirs, np.where(MASK, IDS, PADDING_ID)


@torch.no_grad()
def test_transformers_reads_a_marian_and_gives_equal_logits(marian):
    ours, theirs, source_ids = marian
    target_ids = np.concatenate([np.full((3, 1), PADDING_ID), IDS[:, :6]], axis=1).astype("int32")
    expected = theirs(long(source_ids), attention_mask=long(MASK), decoder_input_ids=long(target_ids)).logits
    logits = ours({"source_ids": source_ids, "source_padding_mask": MASK, "target_ids": target_ids})
    np.testing.assert_allclose(logits, expected.numpy(), atol=TOLERANCE, rtol=TOLERANCE)


@torch.no_grad()
def test_a_marian_translates_greedily_as_theirs_does(marian):
    ours, theirs, source_ids = marian
    for ids, length in zip(source_ids, LENGTHS, strict=True):
        decoder = TargetDecoder(ours, ids[None, :length].astype("int32"))
        # Without a penalty, random weights say one word again and again.
        greedy = Sampling(temperature=0.0, repetition_penalty=3.0)
        (new,) = Generator(decoder, end_id=0, jit_compile=False)([[PADDING_ID]], greedy, max_new_tokens=12)
        translated = theirs.generate(
            long(ids[None, :length]),
            attention_mask=long(np.ones((1, length))),
            generation_config=transformers.GenerationConfig(
                decoder_start_token_id=PADDING_ID,
                eos_token_id=0,
                pad_token_id=PADDING_ID,
                max_new_tokens=12,
                repetition_penalty=3.0,
            ),
        )
        assert translated[0, 1:].tolist() == new
        assert len(set(new)) > 3


@torch.no_grad()
@pytest.mark.parametrize("force_end", [False, True])
def test_a_marian_translates_with_beams_as_theirs_does(marian, force_end):
    ours, theirs, source_ids = marian
    search = BeamSearch(num_beams=4, max_new_tokens=12, end_id=0, suppressed_ids=(PADDING_ID,), force_end=force_end)
    translated = theirs.generate(
        long(source_ids),
        attention_mask=long(MASK),
        generation_config=transformers.GenerationConfig(
            decoder_start_token_id=PADDING_ID,
            eos_token_id=0,
            forced_eos_token_id=0 if force_end else None,
            pad_token_id=PADDING_ID,
            bad_words_ids=[[PADDING_ID]],
            num_beams=4,
            max_new_tokens=12,
        ),
    )
    found = search(TargetDecoder(ours, source_ids.astype("int32"), MASK), np.full(3, PADDING_ID, "int32"))
    for ids, expected in zip(np.asarray(found.token_ids)[:, 0], translated[:, 1:].numpy(), strict=True):
        length = np.argmax(np.append(expected, 0) == 0)
        assert ids[:length].tolist() == expected[:length].tolist()


@torch.no_grad()
@pytest.mark.parametrize(
    ("family", "class_name"),
    [("bert", "BertForMaskedLM"), ("distilbert", "DistilBertForMaskedLM"), ("roberta", "RobertaForMaskedLM")],
)
def test_transformers_reads_a_head_for_masked_tokens_and_gives_equal_logits(family, class_name, tmp_path):
    encoder = backbone(family, pooler_activation=None)
    head = MaskedLanguageModelHead(8, encoder.vocab_size, norm_epsilon=encoder.norm_epsilon, name="mlm")
    head.build()
    randomise(head)
    variables = {**own_variables(encoder), **own_variables(head, "mlm/")}
    save_weights(tmp_path, encoder.get_config(), variables, "mlm")
    theirs = getattr(transformers, class_name).from_pretrained(tmp_path).eval()
    # RoBERTa counts positions by what is not padding.
    token_ids = np.where(MASK, IDS, theirs.config.pad_token_id)
    expected = theirs(long(token_ids), attention_mask=long(MASK)).logits.numpy()
    outputs = encoder({"token_ids": token_ids, "padding_mask": MASK})["sequence_output"]
    logits = np.asarray(head(outputs, encoder.token_embedding.embeddings))
    np.testing.assert_allclose(logits[MASK], expected[MASK], atol=TOLERANCE, rtol=TOLERANCE)
