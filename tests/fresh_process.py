"""A SavedModel asked in a process that has TensorFlow and nothing of kformer: what whoever serves it has."""

import pickle
import subprocess
import sys

_PROGRAM = """
import importlib, pickle, sys

path, module = sys.argv[1:]

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("kformer", "keras_hub", "keras_nlp", "keras_cv", "sentencepiece", "tokenizers"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
answers, sys.stdout = sys.stdout.buffer, sys.stderr
import tensorflow as tf
if module:
    importlib.import_module(module)

model = tf.saved_model.load(path)
inputs = pickle.load(sys.stdin.buffer)

def plain(value):
    return value.to_list() if isinstance(value, tf.RaggedTensor) else value.numpy()

outputs = {name: tf.nest.map_structure(plain, getattr(model, name)(*map(tf.constant, inputs[name]))) for name in inputs}
answers.write(pickle.dumps(outputs))
"""


def served(folder, module="", **inputs):
    """What a SavedModel answers.

    Args:
        folder: its path.
        module: str, what else has to be imported before it loads: "tensorflow_text".
        **inputs: for each endpoint a tuple of its arguments, lists of str or bytes.

    Returns:
        dict of what each endpoint gives, as arrays, or lists where it is ragged.
    """
    command = [sys.executable, "-c", _PROGRAM, str(folder), module]
    process = subprocess.run(command, input=pickle.dumps(inputs), capture_output=True, check=False)
    assert process.returncode == 0, process.stderr.decode()[-2000:]
    return pickle.loads(process.stdout)  # noqa: S301 - of the program above
