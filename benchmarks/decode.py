"""Decode with kformer and its peers, in turn, with the same random weights, and compare their speed.

python -m benchmarks.decode --data ../shared/data/multi30k [--rounds 3] [--seconds 10] [--json FILE]

Greedy: a GPT-2 of 6 layers, width 384 and 6 heads continues prompts of 16 tokens by 128. Translation: a Marian of the
size of Transformer-Tiny (4 + 4 layers, 128, 4 heads, 256, 10,000 subwords) translates 256 sentences with 4 beams; once
with as many steps for every sentence, so that all sides do the same work, and once as it comes.

Each side runs in a process of its own, one after the other, in every round, so that a machine that slows down slows
all of them; a side counts with its best precision and, in translation, its best batch size.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

KFORMER, PYTORCH, KERAS_HUB = "kformer", "PyTorch transformers", "KerasHub"
WORKERS = {
    KFORMER: "benchmarks.peers.kformer_decoding",
    PYTORCH: "benchmarks.peers.pytorch_decoding",
    KERAS_HUB: "benchmarks.peers.keras_hub_decoding",
}
NUM_SENTENCES, SUBWORDS = 256, 10_000
GREEDY = {f"greedy, {vocab_size:,} words": vocab_size for vocab_size in (8_000, 50_257)}
TRANSLATION = {
    "translation, 24 steps": ["--new-tokens", "24"],
    "translation, free, at most 64": ["--new-tokens", "64", "--free"],
}


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        works = prepare(Path(folder), arguments)
        rounds = [run_round(works, arguments, number) for number in range(1, arguments.rounds + 1)]
    summary = summarise(rounds)
    print_table(summary)
    if arguments.json:
        results = {"rounds": rounds, "summary": summary}
        Path(arguments.json).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.tsv and test_2016_flickr.tsv")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="measured per side, batch size and round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[32, 64, 256], help="of translation")
    parser.add_argument("--works", nargs="+", choices=[*GREEDY, *TRANSLATION], metavar="WORK")
    parser.add_argument("--only", nargs="+", choices=list(WORKERS), default=list(WORKERS), metavar="SIDE")
    parser.add_argument("--json", help="file to write all figures to")
    return parser.parse_args()


def prepare(folder, arguments):
    """Write models and sentences; returns {work: (sides, arguments of their workers)}."""
    chosen = arguments.works or [*GREEDY, *TRANSLATION]
    works = {}
    for work, vocab_size in GREEDY.items():
        if work in chosen:
            model = write_gpt2(folder / f"gpt2-{vocab_size}", vocab_size)
            works[work] = (arguments.only, ["greedy", "--model", str(model), "--batch-sizes", "1", "8"])
    if set(TRANSLATION) & set(chosen):
        model, sentences = write_marian(folder / "marian"), write_sentences(folder / "sentences.json", arguments.data)
        sizes = [str(size) for size in arguments.batch_sizes]
        common = ["translation", "--model", str(model), "--sentences", str(sentences), "--batch-sizes", *sizes]
        sides = [side for side in arguments.only if side != KERAS_HUB]
        works |= {work: (sides, common + more) for work, more in TRANSLATION.items() if work in chosen}
    return works


def write_gpt2(folder, vocab_size):
    from kformer.models import GPT2Backbone

    return write(folder, GPT2Backbone(vocab_size, num_layers=6, d_model=384, num_heads=6, max_length=256), "lm")


def write_marian(folder):
    from kformer.models import MarianModel

    sizes = {"num_layers": 4, "d_model": 128, "num_heads": 4, "d_ff": 256, "activation": "relu", "max_length": 128}
    model = MarianModel(input_vocab_size=SUBWORDS, target_vocab_size=SUBWORDS, padding_id=0, **sizes)
    return write(folder, model, "translation")


def write(folder, model, head):
    """Write the random weights of a model as a Hugging Face folder, which every side reads."""
    from kformer.checkpoints import own_variables, save_weights

    save_weights(folder, model.get_config(), own_variables(model), head)
    return folder


def write_sentences(path, data):
    """Write the ids of the first English sentences of the test set, in subwords learned from the training set."""
    import io

    import sentencepiece

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts(data / "train.tsv", "en") + texts(data / "train.tsv", "de")),
        model_writer=trained,
        vocab_size=SUBWORDS,
        model_type="bpe",
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        minloglevel=2,
    )
    tokenizer = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    sentences = tokenizer.encode(texts(data / "test_2016_flickr.tsv", "en")[:NUM_SENTENCES], add_eos=True)
    path.write_text(json.dumps(sentences), encoding="utf-8")
    return path


def texts(path, column):
    with path.open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def run_round(works, arguments, number):
    results = {}
    for work, (sides, command) in works.items():
        for side in sides:
            measured = run_side(side, command, arguments)["results"]
            for name, result in measured.items():
                results.setdefault(work, {}).setdefault(side, {})[name] = result
                print(
                    f"round {number}: {work}, {name}: {side}: {result['seconds']:.3f} s, first answer after "
                    f"{result['first_seconds']:.1f} s ({result['other_cores']:.2f} cores busy with other work)",
                    flush=True,
                )
    return results


def run_side(side, command, arguments):
    """Run a worker to its end; returns the dict on the last line that it prints."""
    threads = str(arguments.threads)
    environment = os.environ | {
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "KERAS_BACKEND": "tensorflow",
        "TOKENIZERS_PARALLELISM": "false",
    }
    command = [sys.executable, "-m", WORKERS[side], *command, "--seconds", str(arguments.seconds)]
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    if process.returncode:
        raise RuntimeError(f"{side} ended with status {process.returncode}:\n{process.stderr[-3000:]}")
    return json.loads(process.stdout.splitlines()[-1])


def summarise(rounds):
    """Return rows: a side's median seconds and pace per work and batch size, and kformer's ratio, round by round."""
    rows = []
    for work in rounds[0]:
        for title in batches_to_compare(rounds[0][work]):
            best = {side: [best_of(results[work][side], title) for results in rounds] for side in rounds[0][work]}
            rows += [row_of(work, title, side, of_side, best.get(KFORMER)) for side, of_side in best.items()]
    return rows


def batches_to_compare(of_sides):
    """Greedy decoding is compared at each batch size, translation at each side's best."""
    names = next(iter(of_sides.values()))
    batches = list(dict.fromkeys(name.split(", ")[1] for name in names))
    return batches if batches[0] == "batch 1" else ["best batch"]


def best_of(measured, title):
    """The fastest of a side's measurements that count for a title, with its name."""
    counting = {
        name: result for name, result in measured.items() if title == "best batch" or name.endswith(", " + title)
    }
    name = min(counting, key=lambda name: counting[name]["seconds"])
    return {"name": name, **counting[name]}


def row_of(work, title, side, of_side, of_kformer):
    seconds = [result["seconds"] for result in of_side]
    greedy = work in GREEDY
    amount = 128 * int(title.split()[1]) if greedy else NUM_SENTENCES
    ratios = [theirs / ours["seconds"] for theirs, ours in zip(seconds, of_kformer or [], strict=False)]
    return {
        "work": f"{work}, {title}" if greedy else work,
        "side": side,
        "as": of_side[0]["name"],
        "pace": round(amount / statistics.median(seconds), 1),
        "unit": "tokens/s" if greedy else "sentences/s",
        "seconds": {"min": min(seconds), "median": statistics.median(seconds), "max": max(seconds)},
        "cpu_seconds": statistics.median(result["cpu_seconds"] for result in of_side),
        "first_seconds": statistics.median(result["first_seconds"] for result in of_side),
        "other_cores": max(result["other_cores"] for result in of_side),
        "same_tokens": None if of_kformer is None else of_side[0]["tokens"] == of_kformer[0]["tokens"],
        "kformer_ratio": round(statistics.median(ratios), 2) if ratios else None,
    }


def print_table(rows):
    print("\n| work | side | as | pace | CPU s | first answer, s | same tokens | kformer is |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        ratio = "" if row["kformer_ratio"] is None else f"{row['kformer_ratio']:.2f}x"
        same = {True: "yes", False: "no", None: ""}[row["same_tokens"]]
        print(
            f"| {row['work']} | {row['side']} | {row['as']} | {row['pace']:,.1f} {row['unit']} | "
            f"{row['cpu_seconds']:.2f} | {row['first_seconds']:.1f} | {same} | {ratio} |"
        )
    disturbed = max(row["other_cores"] for row in rows)
    if disturbed > 0.1:
        print(f"\nNot a quiet machine: up to {disturbed:.2f} cores were busy with other work. Run it again alone.")


if __name__ == "__main__":
    main()
