"""What every worker of `decode.py` is told, measures and prints, in the same way."""

import argparse
import json
import statistics
import time
import zlib
from pathlib import Path

from benchmarks.peers.machine import cpu_seconds_of_others, has_bf16, peak_memory

PROMPT_LENGTH, NEW_TOKENS = 16, 128
NUM_BEAMS = 4
END_ID = 3


def arguments_of(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("work", choices=("greedy", "translation"))
    parser.add_argument("--model", type=Path, required=True, help="Hugging Face folder with the weights")
    parser.add_argument("--sentences", type=Path, help="json file, list of lists of ids (translation)")
    parser.add_argument("--batch-sizes", type=int, nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=10, help="how long to measure per batch size")
    parser.add_argument("--new-tokens", type=int, default=NEW_TOKENS)
    parser.add_argument("--free", action="store_true", help="let translations end (at most --new-tokens)")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    return parser.parse_args()


def precisions_of(arguments):
    """The precisions to try: a side counts with its best."""
    if arguments.precision != "auto":
        return [arguments.precision]
    return ["float32", "bfloat16"] if has_bf16() else ["float32"]


def make_prompts(batch_size, vocab_size):
    """Prompts that every side gets: lists of ids, without the ids of special tokens."""
    return [
        [(7919 * row + 104729 * i) % (vocab_size - 4) + 4 for i in range(PROMPT_LENGTH)] for row in range(batch_size)
    ]


def batches_of(sentences, batch_size):
    """Sentences (lists of ids) sorted by length, in batches; what any side may do with a file to translate."""
    by_length = sorted(sentences, key=len)
    return [by_length[start : start + batch_size] for start in range(0, len(by_length), batch_size)]


def measure(answer, seconds):
    """The time of the first answer and of those after it.

    Args:
        answer: function of nothing that returns token ids, a list of lists.
        seconds: float, how long to repeat it; at least three times.
    """
    started = time.perf_counter()
    token_ids = answer()
    first = time.perf_counter() - started
    others, cpu, begun, times = cpu_seconds_of_others(), time.process_time(), time.perf_counter(), []
    while len(times) < 3 or time.perf_counter() - begun < seconds:
        started = time.perf_counter()
        answer()
        times.append(time.perf_counter() - started)
    elapsed = time.perf_counter() - begun
    return {
        "first_seconds": round(first, 2),
        "seconds": round(statistics.median(times), 4),
        "cpu_seconds": round((time.process_time() - cpu) / len(times), 4),
        "other_cores": round((cpu_seconds_of_others() - others) / elapsed, 2),
        "tokens": zlib.crc32(json.dumps(token_ids).encode()),
    }


def report(results):
    """Print the last line of a worker, which `decode.py` reads: {"PRECISION, batch N": measurement}."""
    print("\n" + json.dumps({"results": results, "peak_gb": round(peak_memory(), 2)}), flush=True)
