import json

import pytest

from kformer.generation import Sampling
from tests.tiny import language_model, task


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A saved language model."""
    path = tmp_path_factory.mktemp("run") / "model.keras"
    language_model().save(path)
    return path


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def generate(kformer, run, *arguments):
    result = kformer("generate", run, "--precision", "float32", "--max-new-tokens", "6", *arguments)
    assert result.status == 0, result.err
    return result


def test_one_prompt_is_written_with_what_follows(kformer, run):
    out = generate(kformer, run, "--prompt", "a b").out
    assert out == "a b" + language_model().generate(["a b"], max_new_tokens=6)[0] + "\n"


def test_several_prompts_are_json_lines(kformer, run):
    answers = rows(generate(kformer, run, "--prompt", "a b", "--prompt", "gh").out)
    texts = language_model().generate(["a b", "gh"], max_new_tokens=6)
    assert answers == [{"prompt": "a b", "continuation": texts[0]}, {"prompt": "gh", "continuation": texts[1]}]


def test_samples_are_numbered(kformer, run):
    answers = rows(generate(kformer, run, "--prompt", "ab", "--prompt", "gh", "--num-samples", "2").out)
    assert [(answer["prompt"], answer["sample"]) for answer in answers] == [("ab", 0), ("ab", 1), ("gh", 0), ("gh", 1)]


def test_prompts_of_a_file_are_written_to_a_file(kformer, run, tmp_path):
    (tmp_path / "prompts.txt").write_text("a b\ngh\n", encoding="utf-8")
    generate(kformer, run, "--input", tmp_path / "prompts.txt", "--output", tmp_path / "texts.jsonl")
    assert [row["prompt"] for row in rows((tmp_path / "texts.jsonl").read_text(encoding="utf-8"))] == ["a b", "gh"]


def test_rows_without_a_prompt_are_counted(kformer, run, tmp_path):
    (tmp_path / "prompts.csv").write_text("id,text\n1,a b\n2,\n", encoding="utf-8")
    result = generate(kformer, run, "--input", tmp_path / "prompts.csv", "--output", tmp_path / "texts.csv")
    assert "1 of 2 rows have no text and are left out." in result.err


def test_options_change_the_text(kformer, run):
    out = generate(kformer, run, "--prompt", "ab", "--seed", "2", "--top-k", "5", "--temperature", "2").out
    sampling = Sampling(temperature=2.0, top_k=5)
    assert out == "ab" + language_model().generate(["ab"], sampling, max_new_tokens=6, seed=2)[0] + "\n"


def test_a_stop_string_ends_the_text(kformer, run):
    (text,) = language_model().generate(["ab"], max_new_tokens=6)
    out = generate(kformer, run, "--prompt", "ab", "--stop", text[2]).out
    assert out == "ab" + text.partition(text[2])[0] + "\n"


def test_nothing_to_continue_is_refused(error, run):
    assert "Give either --prompt or --input. Received: none." in error("generate", run)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--top-p", "0"), "--top-p must lie in (0, 1], where 1 keeps all tokens. Received: top_p=0.0."),
        (("--top-p", "1.5"), "--top-p must lie in (0, 1], where 1 keeps all tokens. Received: top_p=1.5."),
        (("--prompt", ""), "A prompt needs at least one character of text. Received: ''; write how the text begins."),
        (("--prompt", "a" * 30), "A prompt must be shorter than the model's 24 positions, to leave room for a new"),
        (("--max-new-tokens", "30"), "at most 22 new tokens are possible."),
    ],
)
def test_bad_input_is_one_line(error, run, arguments, message):
    assert message in error("generate", run, "--prompt", "ab", *arguments)


def test_a_run_of_another_task_is_refused(error, tmp_path):
    task().save(tmp_path / "model.keras")
    message = error("generate", tmp_path / "model.keras", "--prompt", "a")
    assert "holds a task of text classification, which continues no texts. Use `kformer predict`." in message
