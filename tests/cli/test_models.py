import pytest

from kformer.cli.probe import Probe, training_memory
from kformer.models import get_variant


@pytest.fixture
def slow_machine(monkeypatch):
    """Measures always one GFLOP/s."""
    monkeypatch.setattr("kformer.cli.probe.measure", lambda: Probe(1e9, "float32", "This processor"))


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("review,stars\n" + "a film of five words,5\nno,1\n" * 50, encoding="utf-8")
    return path


def line_of(name, out):
    return next(line for line in out.splitlines() if line.startswith(name))


def test_every_model_is_listed_with_its_size(kformer):
    assert "22.7 M" in line_of("minilm", kformer("models").out)


def test_every_model_is_listed_with_its_paper(kformer):
    assert "https://arxiv.org/abs/1810.04805" in line_of("bert-base ", kformer("models").out)


@pytest.mark.parametrize(
    ("tasks", "name"),
    [
        ("text-classification, masked-language-modeling", "minilm"),
        ("language-modeling", "gpt2 "),
        ("translation", "transformer-base"),
        ("image-classification, object-detection, segmentation, face-verification", "deit-tiny-distilled"),
        ("image-classification, face-verification", "cct-7-3x1-32"),
        ("object-detection", "yolos-small"),
    ],
)
def test_every_model_is_listed_under_the_tasks_it_serves(kformer, tasks, name):
    sections = kformer("models").out.split("For ")
    assert line_of(name, next(section for section in sections if section.startswith(f"{tasks}:")))


def test_texts_are_estimated_for_models_of_texts(kformer, slow_machine, reviews):
    out = kformer("models", "--for", reviews).out
    assert "gpt2" in out
    assert "transformer-base" not in out
    assert "vit-base" not in out


def test_translations_are_estimated_for_models_of_translation(kformer, slow_machine, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("en,de\n" + "a house,ein Haus\n" * 9, encoding="utf-8")
    out = kformer("models", "--for", path, "--text", "en", "--target", "de").out
    assert "transformer-base" in out
    assert "gpt2" not in out


def test_images_are_estimated_for_models_that_classify_them(kformer, slow_machine):
    out = kformer("models", "--for", "digits").out
    assert "1,348 images, each model at its own size" in out
    assert {"vit-micro-4", "cct-2-3x2-32"} < set(out.split())
    assert "yolos-tiny" not in out
    assert "minilm" not in out


def test_a_source_adds_speed_memory_and_time(kformer, slow_machine, reviews):
    out = kformer("models", "--for", reviews).out
    assert "100 texts of about" in out
    line = line_of("minilm", out)
    assert "GiB" in line
    assert "/s" in line
    assert "min" in line


def test_twice_the_epochs_take_twice_the_time(kformer, slow_machine, reviews):
    once = line_of("bert-large", kformer("models", "--for", reviews, "--epochs", "10").out).split()[-2]
    twice = line_of("bert-large", kformer("models", "--for", reviews, "--epochs", "20").out).split()[-2]
    assert float(twice) == pytest.approx(2 * float(once), rel=0.05)


def test_longer_text_takes_more_memory():
    minilm = get_variant("minilm")
    assert training_memory(minilm, 32, 256) > training_memory(minilm, 32, 64)


def test_the_probe_measures_this_machine():
    from kformer.cli.probe import measure

    probe = measure()
    assert probe.matmul_flops > 1e8
    assert "multiplies matrices at" in probe.description
