"""Workers in processes of their own, in turn and in several rounds, and what their paces come to."""

import json
import os
import statistics
import subprocess
import sys


def run_rounds(sides, num_rounds, threads, unit):
    """Run all sides in every round, so that a machine that slows down slows all of them; returns a list of dicts.

    Args:
        sides: dict, name -> a function from the number of the round to its worker's module and arguments.
        num_rounds: int.
        threads: int, per worker.
        unit: str, of what is counted: "sentences/s".
    """
    rounds = []
    for number in range(1, num_rounds + 1):
        rounds.append({})
        for side, command in sides.items():
            result = rounds[-1][side] = run_worker(side, command(number), threads)
            print(
                f"round {number}: {side}: {result['per_second']:.1f} {unit} "
                f"({result['other_cores']:.2f} cores busy with other work)",
                flush=True,
            )
    return rounds


def run_worker(side, command, threads):
    """Run a worker to its end; returns the dict on the last line that it prints.

    Args:
        side: str, its name, for errors.
        command: list of str, the module and its arguments.
        threads: int.
    """
    threads = str(threads)
    environment = os.environ | {
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "KERAS_BACKEND": "tensorflow",
        "TOKENIZERS_PARALLELISM": "false",
    }
    process = subprocess.run([sys.executable, "-m", *command], env=environment, capture_output=True, text=True)
    if process.returncode:
        raise RuntimeError(f"{side} ended with status {process.returncode}:\n{process.stderr[-3000:]}")
    return json.loads(process.stdout.splitlines()[-1])


def summarise(rounds):
    """Return per side: min, median and max over the rounds, and kformer's ratio to it, compared round by round."""
    summary = {}
    for side in rounds[0]:
        of_side = [results[side] for results in rounds]
        paces = [result["per_second"] for result in of_side]
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
            ours = [results["kformer"]["per_second"] for results in rounds]
            ratios = [our_pace / pace for our_pace, pace in zip(ours, paces, strict=True)]
            summary[side]["kformer_ratio"] = round(statistics.median(ratios), 2)
    return summary


def print_table(summary, unit):
    """Print the summary as a table in Markdown."""
    print(f"\n| {unit} | median | min | max | from the start | peak GB | precision | kformer is |")
    print("|---|---|---|---|---|---|---|---|")
    for side, row in summary.items():
        ratio = f"{row['kformer_ratio']:.2f}x" if "kformer_ratio" in row else ""
        figures = " | ".join(f"{row[name]:.1f}" for name in ("median", "min", "max", "inclusive"))
        print(f"| {side} | {figures} | {row['peak_gb']:.2f} | {row['precision']} | {ratio} |")
    disturbed = max(row["other_cores"] for row in summary.values())
    if disturbed > 0.1:
        print(f"\nNot a quiet machine: up to {disturbed:.2f} cores were busy with other work. Run it again alone.")
