"""Train a ViT on small images from scratch with kformer and its peers, in turn, and compare speed and accuracy.

python -m benchmarks.finetune_image --data ../shared/data/cifar10 [--rounds 3] [--seconds 30] [--json FILE]
python -m benchmarks.finetune_image --data ../shared/data/cifar10 --epochs 20 [--only kformer KerasHub]

The first measures images per second; the second trains every side for so many epochs and prints its accuracy on the
validation images too. All build the same ViT: 6 layers, width 192, patches of 4 x 4 pixels of 32 x 32, batches of 64,
AdamW. Each side runs in a process of its own; on a CPU with bfloat16 products every side computes in bfloat16,
elsewhere in float32.
"""

import argparse
import json
from pathlib import Path

from benchmarks.side_by_side import print_table, run_rounds, summarise

SIDES = {
    "kformer": "benchmarks.peers.kformer_images",
    "PyTorch transformers": "benchmarks.peers.pytorch_images",
    "KerasHub": "benchmarks.peers.keras_hub_images",
}
UNIT = "images/s"


def main():
    arguments = parse_arguments()
    sides = {side: command_of(side, arguments) for side in arguments.only}
    rounds = run_rounds(sides, arguments.rounds, arguments.threads, UNIT)
    results = {"rounds": rounds, "summary": summarise(rounds)}
    print_table(results["summary"], UNIT)
    if arguments.epochs:
        for side in arguments.only:
            accuracies = ", ".join(f"{result[side]['accuracy']:.3f}" for result in rounds)
            print(f"{side}: accuracy after {arguments.epochs} epochs {accuracies}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.zip and validation.zip")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30, help="measured per side and round")
    parser.add_argument("--warm-up", type=float, default=5, help="seconds after the first step that do not count")
    parser.add_argument("--epochs", type=int, default=0, help="train so long and judge; 0 measures the speed alone")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(SIDES), default=list(SIDES), metavar="SIDE")
    parser.add_argument("--json", help="file to write all figures to")
    return parser.parse_args()


def command_of(side, arguments):
    """Return a function from the number of a round to the side's worker and its arguments."""
    data = arguments.data
    shared = ["--train", str(data / "train.zip"), "--validation", str(data / "validation.zip")]
    # A whole training is measured to its end.
    seconds = 1e9 if arguments.epochs else arguments.seconds
    shared += ["--seconds", str(seconds), "--warm-up", str(arguments.warm_up), "--epochs", str(arguments.epochs)]
    return lambda number: [SIDES[side], *shared, "--seed", str(number)]


if __name__ == "__main__":
    main()
