"""Fine-tune MiniLM's architecture on one set of rows with kformer and its peers, in turn, and compare their speed.

python -m benchmarks.finetune_text --data ../shared/data/sst2 [--rounds 3] [--seconds 30] [--json FILE]

Each side runs in a process of its own, one after the other, in every round, so that a machine that slows down slows
all of them. On a CPU with bfloat16 products every side computes in bfloat16, elsewhere in float32.
"""

import argparse
import json
from pathlib import Path

from benchmarks.side_by_side import print_table, run_rounds, run_worker, summarise

SIDES = {
    "kformer": ["benchmarks.peers.kformer_pace"],
    "PyTorch transformers": ["benchmarks.peers.pytorch_pace"],
    "KerasHub, length 64": ["benchmarks.peers.keras_hub_pace", "--length", "64"],
    "KerasHub, length 128": ["benchmarks.peers.keras_hub_pace", "--length", "128"],
}


def main():
    arguments = parse_arguments()
    if arguments.data_path_only:
        results = measure_data_path(arguments)
    else:
        sides = {side: command_of(side, arguments) for side in arguments.only}
        rounds = run_rounds(sides, arguments.rounds, arguments.threads, "sentences/s")
        results = {"rounds": rounds, "summary": summarise(rounds)}
        print_table(results["summary"], "sentences/s")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measure_data_path(arguments):
    consumed = run_worker("kformer", command_of("kformer", arguments)(1), arguments.threads)
    delivered = run_worker("kformer", command_of("kformer", arguments, "--measure", "data")(1), arguments.threads)
    ratio = delivered["per_second"] / consumed["per_second"]
    print(
        f"The data path delivers {delivered['per_second']:,.0f} sentences/s "
        f"({delivered['first_epoch_from_the_file']:,.0f} in the first epoch, file, tokenizer and model's loading "
        f"included); training consumes {consumed['per_second']:,.1f}: {ratio:.0f} times."
    )
    return {"delivered": delivered, "consumed": consumed, "ratio": round(ratio, 1)}


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


def command_of(side, arguments, *more):
    """Return a function from the number of a round to the side's worker and its arguments."""
    data = arguments.data
    shared = ["--train", str(data / "train.tsv"), "--validation", str(data / "validation.tsv")]
    shared += ["--seconds", str(arguments.seconds), "--warm-up", str(arguments.warm_up)]
    return lambda number: [*SIDES[side], *shared, *more, "--seed", str(number)]


if __name__ == "__main__":
    main()
