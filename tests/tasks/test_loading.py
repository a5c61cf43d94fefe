"""What a task starts from, and the models that it cannot use."""

import keras_hub
import pytest

from kformer.models.registry import families_serving
from kformer.tasks import SentenceEmbedder, TextClassification
from kformer.tasks.loading import find_start
from tests.tiny import GOLDENS, LABELS, VOCABULARY, randomise, task

ENCODERS = "Accepted: bert, distilbert, roberta \\(`kformer models` lists what there is of them\\)"


def test_another_family_s_folder_is_refused():
    message = f"`init` '.*gpt2' holds a model of type 'gpt2', which this task cannot start from. {ENCODERS}"
    with pytest.raises(ValueError, match=message):
        TextClassification.from_pretrained(GOLDENS / "gpt2", LABELS)


def test_sentences_are_embedded_by_text_encoders_only():
    with pytest.raises(
        ValueError, match=f"holds a model of type 'marian', which this task cannot start from. {ENCODERS}"
    ):
        SentenceEmbedder.from_pretrained(GOLDENS / "marian")


def test_a_translation_cannot_start_from_a_text_encoder():
    message = "'.*bert' holds a model of type 'bert', which this task cannot start from. Accepted: transformer, marian"
    with pytest.raises(ValueError, match=message):
        find_start(GOLDENS / "bert", "float32", families=families_serving("translation"))


def test_a_run_of_another_family_is_refused(tmp_path):
    task().save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="model.keras' holds a model of type 'bert', which .* Accepted: gpt2 "):
        find_start(tmp_path / "model.keras", "float32", families=families_serving("language-modeling"))


def test_a_task_starts_from_a_preset_of_kerashub(tmp_path):
    backbone = keras_hub.models.BertBackbone(len(VOCABULARY), 1, 2, 8, 16, max_sequence_length=16)
    randomise(backbone).save_to_preset(str(tmp_path))
    keras_hub.models.BertTokenizer(vocabulary=VOCABULARY, lowercase=True).save_to_preset(str(tmp_path))
    started = TextClassification.from_pretrained(f"preset:{tmp_path}", LABELS, max_length=16, precision="float32")
    expected = randomise(backbone).token_embedding.embeddings
    assert (started.backbone.token_embedding.embeddings.numpy() == expected.numpy()).all()
    assert started.processor.tokenizer.vocabulary == VOCABULARY
