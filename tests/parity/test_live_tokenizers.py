"""Our tokenizers against those of `transformers`, live, where it is installed (`make parity`)."""

import json
import warnings

import pytest
import sentencepiece
import tensorflow as tf

from kformer.checkpoints import read_marian_vocabulary
from kformer.data.tokenizers import MarianTokenizer
from tests.data.tokenizers.test_sentence_piece import nasty, sentences

transformers = pytest.importorskip("transformers", reason="needs transformers: make parity")


@pytest.fixture(scope="module")
def marian(tmp_path_factory):
    """A folder as in opus-mt: models with Unicode's normal forms, one vocabulary for both sides."""
    folder = tmp_path_factory.mktemp("marian")
    pieces = set()
    for seed, side in enumerate(("source", "target")):
        prefix = folder / side
        texts = iter(sentences(300, seed))
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=texts, model_prefix=str(prefix), vocab_size=45, minloglevel=4
        )
        prefix.with_suffix(".model").rename(prefix.with_suffix(".spm"))
        processor = sentencepiece.SentencePieceProcessor(model_file=str(prefix.with_suffix(".spm")))
        pieces |= {processor.id_to_piece(i) for i in range(45)}
    vocabulary = ["</s>", "<unk>", *sorted(pieces - {"</s>", "<unk>"}), ">>de<<", "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(vocabulary)}))
    return folder


@pytest.mark.parametrize("side", ["source", "target"])
def test_marian_s_ids_and_texts_are_theirs(marian, side):
    with warnings.catch_warnings(action="ignore"):  # it recommends sacremoses, which tokenising does not use
        theirs = transformers.MarianTokenizer.from_pretrained(marian)
    vocabulary = read_marian_vocabulary(marian)
    ours = MarianTokenizer(getattr(vocabulary, f"{side}_model"), getattr(vocabulary, side))
    texts = [*sentences(200, seed=7), *nasty(500, seed=7), ">>de<< the dog", ">>xx<<the dog", ""]
    expected = theirs(**{"text" if side == "source" else "text_target": texts}).input_ids
    assert ours.encode(texts).to_list() == expected
    decoded = ours.decode(tf.ragged.constant(expected, dtype="int32")).numpy()
    assert [text.decode() for text in decoded] == theirs.batch_decode(expected, skip_special_tokens=True)
    assert (ours.pad_id, ours.unk_id, ours.end_id) == (theirs.pad_token_id, theirs.unk_token_id, theirs.eos_token_id)
