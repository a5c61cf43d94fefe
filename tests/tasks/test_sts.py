"""What the sentence vectors are worth: MiniLM's similarities against people's, on STS-B."""

import csv

from scipy.stats import spearmanr

from kformer.tasks import SentenceEmbedder


def test_minilm_orders_sentence_pairs_as_people_do(shared_data, minilm):
    with open(shared_data / "stsb" / "validation.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[::10]
    embed = SentenceEmbedder.from_pretrained(minilm)
    first, second = (embed([row[name] for row in rows]) for name in ("sentence1", "sentence2"))
    correlation = spearmanr((first * second).sum(axis=1), [float(row["score"]) for row in rows]).statistic
    assert correlation > 0.84
