"""The report shows everything it is given, escapes all of it, and asks nothing of the network."""

import html.parser
import re

import numpy as np
import pytest

from kformer.evaluation import (
    ReportData,
    classification_metrics,
    confusion_matrix,
    regression_metrics,
    render_report,
    roc_curves,
    worst_mistakes,
)

VOID = {"meta", "br", "path", "use", "rect", "line"}
ATTACK = "<script>alert('kformer')</script><img src=x onerror=alert(1)>"


class Checker(html.parser.HTMLParser):
    """Collects tags, attributes and text, and whether every tag is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.unbalanced = [], [], [], []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attributes]

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.text += data


def checked(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    return checker


def full_report(word: str = "a stirring film", **changes) -> ReportData:
    """A report in which `word` stands everywhere that users' or machines' text can stand."""
    generator = np.random.default_rng(0)
    labels = ["negative", "neutral", word]
    targets = generator.integers(3, size=90)
    probabilities = generator.dirichlet(np.ones(3), 90)
    lengths = {"tokens": {"least": 2, "median": 20, "95 %": 50, "most": 70}}
    part = {
        "source": f"{word}.csv", "rows": 90, "label_kind": "class", "labels": dict.fromkeys(labels, 30),
        "lengths": lengths, "rejected": {word: 2}, "notes": [f"text = '{word}'"], "problems": [word],
    }  # fmt: skip
    values = {
        "title": word,
        "task": f"text-classification {word}",
        "labels": labels,
        "metrics": {f"validation {word}": classification_metrics(targets, probabilities, labels, num_resamples=20)},
        "history": [{"loss": 0.5, "val_loss": 0.4, word: 1.0}, {"loss": 0.4, "val_loss": 0.3, word: 2.0}],
        "confusion": confusion_matrix(targets, probabilities.argmax(axis=1), 3),
        "roc": roc_curves(targets, probabilities, labels),
        "samples": [{"prompt": word, "continuation": f"{word} and more"}],
        "mistakes": worst_mistakes("class", [word] * 90, targets, probabilities, labels, text_pairs=[word] * 90),
        "data": {
            "train": part, "validation": part, "cleaning": {"train_rows": 99, "train_rows_kept": 90},
            "findings": [f"3 {word}"], "token_lengths": [3, 4, 70], "max_length": 64, "truncated": 1,
        },
        "recipe": {"epochs": 3, word: word, "nested": {"seed": [1, 2]}},
        "environment": {"python": "3.11", "packages": {"keras": word}, "git_revision": None},
        "commands": [f"kformer predict runs/a '{word}'"],
        "created": word,
    }  # fmt: skip
    return ReportData(**{**values, **changes})


@pytest.fixture(scope="module")
def page():
    return render_report(full_report())


def test_every_tag_is_closed(page):
    checker = checked(page)
    assert checker.unbalanced == checker.open == []


@pytest.mark.parametrize(
    "shown",
    [
        "How good it is: validation",
        "Accuracy",
        "On 90 examples.",
        "Each label",
        "All metrics",
        "How the training went",
        "Confusion matrix",
        "Commonest confusions",
        "ROC curves",
        "Samples",
        "a stirring film and more",
        "Worst mistakes",
        "a stirring film",
        "The data",
        "Texts are cut at 64 tokens.",
        "texts cut at the maximum length: 1",
        "Try next",
        "kformer predict runs/a",
        "Recipe",
        "nested.seed",
        "Environment",
        "packages.keras",
    ],
)
def test_it_shows(page, shown):
    assert shown in checked(page).text


def test_a_value_stands_with_its_interval(page):
    metric = full_report().metrics["validation a stirring film"]["accuracy"]
    text = " ".join(checked(page).text.split())
    assert f"Accuracy {metric['value']:.3f}{metric['low']:.3f} to {metric['high']:.3f}" in text


def test_text_of_users_is_escaped_everywhere():
    checker = checked(render_report(full_report(ATTACK)))
    assert not {"script", "img"} & set(checker.tags)
    assert not [attribute for attribute in checker.attributes if attribute[1].startswith("on")]
    assert checker.text.count("<script>alert('kformer')</script>") > 30


def test_scripts_and_requests_are_forbidden_by_the_page_itself(page):
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page


def test_nothing_is_fetched(page):
    addresses = {
        value for _, name, value in checked(page).attributes if name in ("src", "href", "xlink:href", "action")
    }
    assert all(address.startswith("#") for address in addresses)
    without_namespaces = re.sub(r'xmlns(:xlink)?="[^"]*"', "", page)
    assert not re.search(r"https?://|@import|url\((?!#)", without_namespaces)


def test_it_follows_the_reader_into_the_dark(page):
    assert "color-scheme: light dark" in page
    assert "@media (prefers-color-scheme: dark)" in page


def test_it_fits_a_phone(page):
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page


def test_tables_name_their_rows_and_columns(page):
    heads = [dict(a[1:] for a in [attribute]) for attribute in checked(page).attributes if attribute[0] == "th"]
    assert sum("scope" in head for head in heads) == checked(page).tags.count("th")


def test_pictures_have_names_for_screen_readers(page):
    checker = checked(page)
    named = [value for tag, name, value in checker.attributes if tag == "svg" and name == "aria-label"]
    assert len(named) == checker.tags.count("svg") == 4


def test_an_empty_report_is_a_page():
    checker = checked(render_report(ReportData(title="run", task="text-classification")))
    assert checker.unbalanced == []
    assert "Worst mistakes" not in checker.text


def test_a_regression_shows_its_own_metrics_and_errors():
    targets, predictions = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 2.0, 4.5])
    report = ReportData(
        title="sts",
        task="text-classification",
        metrics={"validation": regression_metrics(targets, predictions)},
        mistakes=worst_mistakes("number", "wxyz", targets, predictions),
        data={"train": {"rows": 4, "label_kind": "number", "labels": {"least": 1.0, "most": 4.0}}},
    )
    text = checked(render_report(report)).text
    assert "Pearson correlation" in text
    assert "off by 1.000" in text
    assert "Labels, as numbers" in text
    assert "Each label" not in text


def test_undefined_metrics_are_said_to_be():
    metrics = classification_metrics([0, 0], [[0.9, 0.1], [0.8, 0.2]], "ab")
    text = checked(render_report(ReportData(title="run", task="t", labels="ab", metrics={"validation": metrics}))).text
    assert "undefined here" in text


def test_many_classes_show_confusions_instead_of_a_matrix():
    labels = [f"class {index}" for index in range(60)]
    matrix = np.eye(60, dtype=int) * 9
    matrix[3, 7] = 5
    text = checked(render_report(ReportData(title="run", task="t", labels=labels, confusion=matrix))).text
    assert "Confusion matrix" not in text
    assert re.search(r"class 3\s*class 7\s*5\s*36 %", text)


def test_lengths_that_are_known_of_training_only_make_no_empty_row():
    lengths = {"words": {"least": 1, "most": 5}}
    data = {"train": {"lengths": {**lengths, "tokens": {"least": 3, "most": 9}}}, "validation": {"lengths": lengths}}
    text = checked(render_report(ReportData(title="run", task="t", data=data))).text
    assert re.findall(r"(words|tokens)\s*(train|validation)", text) == [
        ("words", "train"),
        ("words", "validation"),
        ("tokens", "train"),
    ]


def test_sizes_of_images_are_called_so():
    sizes = {name: {"least": 6, "most": 9} for name in ("height", "width", "boxes")}
    text = checked(render_report(ReportData(title="run", task="t", data={"train": {"lengths": sizes}}))).text
    assert "Size of an image in pixels, and the number of its boxes" in text
    assert "Sizes" in text and "Length" not in text


def test_rows_that_could_not_be_used_are_told_once():
    told = "1 of 9 rows cannot be used: 1 x it is no image (first: a.png)"
    part = {"rejected": {"it is no image": 1}, "problems": [told], "notes": []}
    text = checked(render_report(ReportData(title="run", task="t", data={"train": part, "validation": part}))).text
    assert text.count("it is no image") == 1


def test_a_note_stands_beside_the_title_of_a_metric():
    bleu = {"value": 31.5, "low": 30.0, "high": 33.0, "note": "by characters"}
    text = checked(render_report(ReportData(title="run", task="t", metrics={"validation": {"bleu": bleu}}))).text
    assert "BLEU, by characters" in text


def test_a_long_text_is_cut():
    mistake = {"text": "x" * 5000, "text_pair": None, "label": "a", "predicted": "b", "score": 0.9}
    text = checked(render_report(ReportData(title="run", task="t", mistakes=[mistake]))).text
    assert "x" * 1000 + "…" in text
    assert "x" * 1001 not in text


def test_labels_that_are_not_drawn_as_curves_are_counted():
    curve = (np.array([0, 1]), np.array([0, 1]))
    report = ReportData(title="run", task="t", roc={f"label {index}": curve for index in range(10)})
    assert "2 more labels are not drawn." in checked(render_report(report)).text


def test_curves_are_called_what_the_metrics_are():
    history = [{"loss": 1.0, "roc_auc": 0.5, "val_roc_auc": 0.6}]
    text = checked(render_report(ReportData(title="run", task="t", history=history))).text
    assert "ROC AUC" in text and "roc auc" not in text.replace("roc_auc over", "")


@pytest.mark.parametrize(
    ("role", "shown"),
    [("mask", "in shares of the pixels"), ("boxes", "in boxes"), ("label", "rows")],
)
def test_the_data_of_images_are_told_in_their_units(role, shown):
    part = {
        "fields": {"image": "image", role: role},
        "rows": 3,
        "labels": {"cat": 2, "dog": 1},
        "lengths": {"height": {"least": 6}},
    }
    text = checked(render_report(ReportData(title="run", task="t", data={"train": part}))).text
    assert shown in text
    assert "Sizes" in text and "Size of an image in pixels" in text and "Length" not in text


def test_a_confusion_matrix_says_what_it_counts():
    changes = {"labels": ["a", "b", "c"], "confusion": np.eye(3, dtype=int) + 1, "counted": "pixels"}
    text = checked(render_report(ReportData(title="run", task="t", **changes))).text
    assert "Numbers are pixels." in text and "times" not in text


def test_a_large_confusion_matrix_has_the_width_of_the_page():
    matrices = {count: np.eye(count, dtype=int) for count in (6, 7)}
    pages = {
        count: render_report(ReportData(title="run", task="t", labels=list("abcdefg")[:count], confusion=matrix))
        for count, matrix in matrices.items()
    }
    assert ['class="wide"' in page for page in pages.values()] == [False, True]
