"""Fine-tune MiniLM's architecture on one set of rows with kformer and its peers, in turn, and compare their speed.

python -m benchmarks.finetune_text --data ../shared/data/sst2 [--rounds 3] [--seconds 30] [--json FILE]

Each side runs in a process of its own, one after the other, in every round, so that a machine that slows down slows
all of them. On a CPU with bfloat16 products every side computes in bfloat16, elsewhere in float32.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

SIDES = {
    "kformer": ["benchmarks.peers.kformer_pace"],
    "PyTorch transformers": ["benchmarks.peers.pytorch_pace"],
    "KerasHub, length 64": ["benchmarks.peers.keras_hub_pace", "--length", "64"],
    "KerasHub, length 128": ["benchmarks.peers.keras_hub_pace", "--length", "128"],
}


def main():
    arguments = parse_arguments()
    if arguments.data_path_only:
        consumed = run_side("kformer", arguments, seed=1)
        delivered = run_side("kformer", arguments, seed=1, more=["--data-path-only"])
        ratio = delivered["sentences_per_second"] / consumed["sentences_per_second"]
        results = {"delivered": delivered, "consumed": consumed, "ratio": round(ratio, 1)}
        print(
            f"The data path delivers {delivered['sentences_per_second']:,.0f} sentences/s "
            f"({delivered['first_epoch_from_the_file']:,.0f} in the first epoch, file, tokenizer and model's loading "
            f"included); training consumes {consumed['sentences_per_second']:,.1f}: {ratio:.0f} times."
        )
    else:
        rounds = [run_round(arguments, number) for number in range(1, arguments.rounds + 1)]
        results = {"rounds": rounds, "summary": summarise(rounds)}
        print_table(results["summary"])
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.tsv and validation.tsv, as sst2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30, help="measured per side and round")
    parser.add_argument("--warm-up", type=float, default=5, help="seconds after the first step that do not count")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(SIDES), default=list(SIDES), metavar="SIDE")
    parser.add_argument("--data-path-only", action="store_true", help="kformer's batches alone, against its training")
    parser.add_argument("--json", help="file to write all figures to")
    return parser.parse_args()


def run_round(arguments, number):
    results = {}
    for side in arguments.only:
        results[side] = run_side(side, arguments, seed=number)
        result = results[side]
        print(
            f"round {number}: {side}: {result['sentences_per_second']:.1f} sentences/s "
            f"({result['other_cores']:.2f} cores busy with other work)",
            flush=True,
        )
    return results


def run_side(side, arguments, seed, more=()):
    """Run a worker to its end; returns the dict on the last line that it prints."""
    command = [
        *(sys.executable, "-m", *SIDES[side]),
        *("--train", str(arguments.data / "train.tsv"), "--validation", str(arguments.data / "validation.tsv")),
        *("--seconds", str(arguments.seconds), "--warm-up", str(arguments.warm_up), "--seed", str(seed)),
        *more,
    ]
    threads = str(arguments.threads)
    environment = os.environ | {
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "KERAS_BACKEND": "tensorflow",
        "TOKENIZERS_PARALLELISM": "false",
    }
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    if process.returncode:
        raise RuntimeError(f"{side} ended with status {process.returncode}:\n{process.stderr[-3000:]}")
    return json.loads(process.stdout.splitlines()[-1])


def summarise(rounds):
    """Return per side: min, median and max over the rounds, and kformer's ratio to it, compared round by round."""
    summary = {}
    for side in rounds[0]:
        of_side = [results[side] for results in rounds]
        paces = [result["sentences_per_second"] for result in of_side]
        summary[side] = {
            "min": min(paces),
            "median": statistics.median(paces),
            "max": max(paces),
            "inclusive": statistics.median(result["inclusive"] for result in of_side),
            "peak_gb": max(result["peak_gb"] for result in of_side),
            "other_cores": max(result["other_cores"] for result in of_side),
            "precision": of_side[0]["precision"],
        }
        if "kformer" in rounds[0]:
            ours = [results["kformer"]["sentences_per_second"] for results in rounds]
            ratios = [our_pace / pace for our_pace, pace in zip(ours, paces, strict=True)]
            summary[side]["kformer_ratio"] = round(statistics.median(ratios), 2)
    return summary


def print_table(summary):
    print("\n| sentences/s | median | min | max | from the start | peak GB | precision | kformer is |")
    print("|---|---|---|---|---|---|---|---|")
    for side, row in summary.items():
        ratio = f"{row['kformer_ratio']:.2f}x" if "kformer_ratio" in row else ""
        figures = " | ".join(f"{row[name]:.1f}" for name in ("median", "min", "max", "inclusive"))
        print(f"| {side} | {figures} | {row['peak_gb']:.2f} | {row['precision']} | {ratio} |")
    disturbed = max(row["other_cores"] for row in summary.values())
    if disturbed > 0.1:
        print(f"\nNot a quiet machine: up to {disturbed:.2f} cores were busy with other work. Run it again alone.")


if __name__ == "__main__":
    main()
