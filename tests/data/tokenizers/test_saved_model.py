"""Every tokenizer lives inside a SavedModel: a process with only TensorFlow and tensorflow_text gives the same ids."""

import json
import subprocess
import sys

import pytest
import tensorflow as tf

from kformer.data.tokenizers import MarianTokenizer, SentencePieceTokenizer, train_sentencepiece
from tests.data.tokenizers.test_marian import FOLDER, PIECES
from tests.data.tokenizers.test_sentence_piece import nasty, sentences

TEXTS = [*sentences(20), *nasty(40), ""]
FRESH_PROCESS = """
import json, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("kformer", "keras_hub", "keras_nlp", "sentencepiece", "tokenizers"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import tensorflow as tf
import tensorflow_text

model = tf.saved_model.load(sys.argv[1])
tf.random.set_seed(1)
ids = {name: getattr(model, name)(tf.constant(json.loads(sys.argv[2]))) for name in json.loads(sys.argv[3])}
print(json.dumps({name: rows.to_list() for name, rows in ids.items()}))
"""


@pytest.fixture(scope="module")
def tokenizers():
    return {
        "bpe": SentencePieceTokenizer(train_sentencepiece(sentences(300), 45)),
        "unigram": SentencePieceTokenizer(train_sentencepiece(sentences(300), 45, "unigram")),
        "marian": MarianTokenizer((FOLDER / "source.spm").read_bytes(), PIECES),
    }


def test_a_fresh_process_gives_the_same_ids(tokenizers, tmp_path):
    module = tf.Module()
    for name, tokenizer in tokenizers.items():
        setattr(module, name, tf.function(tokenizer.encode, input_signature=[tf.TensorSpec((None,), "string")]))
    tf.saved_model.save(module, tmp_path)
    arguments = str(tmp_path), json.dumps(TEXTS), json.dumps(list(tokenizers))
    process = subprocess.run([sys.executable, "-c", FRESH_PROCESS, *arguments], capture_output=True, check=False)
    assert process.returncode == 0, process.stderr[-2000:]
    ids = json.loads(process.stdout.splitlines()[-1])
    assert ids == {name: tokenizer.encode(TEXTS).to_list() for name, tokenizer in tokenizers.items()}
