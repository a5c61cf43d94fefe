"""From text without labels to a run, the whole way, with models that take seconds."""

import csv
import json
import re
import subprocess
import sys

import pytest

import kformer as kf

LINES = [f"{who} {does} {what}\n  and {does}\t{what}" for who in "abcd" for does in ("is", "has") for what in "efgh"]
SMALL = {"max_length": 16, "batch_size": 8, "epochs": 1}
FRESH_PROCESS = """
import sys
sys.modules["kformer"] = sys.modules["keras_hub"] = None  # importing either is an error
import tensorflow as tf, tensorflow_text
model = tf.saved_model.load(sys.argv[1])
print(model.serve(tf.constant(["a is", ""]))["continuation"].numpy().tolist())
"""


@pytest.fixture(scope="module")
def language_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("language")
    (folder / "book.txt").write_text("\n".join(LINES), encoding="utf-8")
    recipe = kf.LanguageModelingRecipe(**SMALL, num_layers=1, d_model=8, num_heads=2)
    return kf.fit("language-modeling", folder / "book.txt", init="none", recipe=recipe, out=folder / "run")


def test_a_language_model_keeps_white_space(language_run):
    assert set("\n\t") <= set(language_run.task.processor.tokenizer.characters)


def test_a_language_model_s_run_tells_perplexity_and_bits(language_run):
    metrics = json.loads((language_run.folder / "metrics.json").read_text(encoding="utf-8"))["validation"]
    assert {"perplexity", "bits_per_character", "accuracy", "loss"} <= set(metrics)
    assert metrics["loss"]["value"] == pytest.approx(language_run.history[0]["val_loss"], rel=1e-4)


def test_the_report_of_a_language_model_shows_continuations(language_run):
    page = (language_run.folder / "report.html").read_text(encoding="utf-8")
    assert re.search(r"<h2>Samples</h2>.*prompt.*continuation", page, re.DOTALL)
    assert "kformer generate" in page


def test_a_language_model_is_exported_into_fresh_processes(language_run):
    command = [sys.executable, "-c", FRESH_PROCESS, str(language_run.folder / "export")]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr[-2000:]
    answers = kf.Predictor(kf.tasks.load_task(language_run.folder, precision="float32"))(["a is", ""])
    assert process.stdout.strip() == str([answer["continuation"].encode() for answer in answers])


def test_a_language_model_is_measured_on_other_texts(language_run):
    examples = kf.data.load("stdlib", split="validation", required=("text",)).take(range(2))
    assert kf.load(language_run.folder).evaluate(examples)["perplexity"]["value"] > 1


def test_pretraining_and_fine_tuning_from_it_are_two_calls(tmp_path):
    with open(tmp_path / "labelled.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([line.replace("\n", " "), "is" if "is" in line else "has"] for line in LINES)
        writer.writerow(["one that is longer than a row and becomes several " * 9, "is"])
    recipe = kf.MaskedLanguageModelingRecipe(**SMALL, vocab_size=100)
    first = kf.fit(
        "masked-language-modeling", tmp_path / "labelled.csv", init="none", recipe=recipe, out=tmp_path / "a"
    )
    assert "Samples" in (first.folder / "report.html").read_text(encoding="utf-8")
    recipe = kf.TextClassificationRecipe(**SMALL, freeze=-1)
    second = kf.fit(
        "text-classification", tmp_path / "labelled.csv", init=first.folder, recipe=recipe, out=tmp_path / "b"
    )
    ours, theirs = (run.task.backbone.token_embedding.embeddings.numpy() for run in (first, second))
    assert (ours == theirs).all()
