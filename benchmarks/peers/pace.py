"""How fast a training goes: what every worker measures, in the same way."""

import argparse
import dataclasses
import json
import time

from benchmarks.peers.machine import cpu_seconds_of_others, peak_memory


@dataclasses.dataclass
class Pace:
    """Examples per second of a training, once it has settled.

    The clock starts with the object, before the rows are read. Reading, preparing, the first step (which traces) and
    the `warm_up` seconds after it count in the inclusive figure alone. The `seconds` that follow are the figure.
    """

    seconds: float
    warm_up: float

    def __post_init__(self):
        self.started = time.perf_counter()
        self.settles = None  # when the warm-up is over
        self.measured_from = None  # the end of the last step of the warm-up
        self.others_before = None  # CPU seconds that other processes had taken by then
        self.examples = self.measured_examples = 0
        self.now = self.started

    def step(self, num_examples):
        """Count a finished step; returns whether the measurement is complete."""
        self.now = time.perf_counter()
        self.examples += num_examples
        if self.settles is None:
            self.settles = self.now + self.warm_up
        if self.measured_from is not None:
            self.measured_examples += num_examples
        elif self.now >= self.settles:
            self.measured_from = self.now
            self.others_before = cpu_seconds_of_others()
        return self.measured_from is not None and self.now - self.measured_from >= self.seconds

    def result(self, **more):
        if not self.measured_examples:
            raise ValueError(f"The training ended within the warm-up of {self.warm_up} s: lower `--warm-up`.")
        others = cpu_seconds_of_others() - self.others_before
        return {
            "per_second": round(self.measured_examples / (self.now - self.measured_from), 2),
            "inclusive": round(self.examples / (self.now - self.started), 2),
            "measured_seconds": round(self.now - self.measured_from, 1),
            "other_cores": round(others / (time.perf_counter() - self.measured_from), 2),
            "peak_gb": round(peak_memory(), 2),
            **more,
        }


def worker_arguments(description, **more):
    """Parse the arguments that a benchmark gives to each of its workers; `more` are the type and default of others."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--train", required=True)
    parser.add_argument("--validation", required=True)
    parser.add_argument("--seconds", type=float, default=30, help="how long to measure")
    parser.add_argument("--warm-up", type=float, default=5, help="seconds after the first step that do not count")
    parser.add_argument("--seed", type=int, default=0)
    for name, (kind, default) in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default)
    return parser.parse_args()


def report(result):
    """Print the last line of a worker, which `side_by_side.py` reads."""
    print("\n" + json.dumps(result), flush=True)
