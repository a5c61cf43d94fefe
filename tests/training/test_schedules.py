"""The learning rate at each update, against the formulas by hand."""

import math

import numpy as np
import pytest

from kformer.training.schedules import SCHEDULES, rate_factor

WARMUP, TOTAL = 4, 20
PROGRESS = [(update - WARMUP) / (TOTAL - WARMUP) for update in range(WARMUP, TOTAL + 1)]


def factors(name, final_rate=0.1, warmup=WARMUP, updates=range(TOTAL + 1)):
    return [float(rate_factor(name, update, warmup, TOTAL, final_rate)) for update in updates]


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_warm_up_rises_to_the_peak_without_a_rate_of_zero(name):
    assert factors(name)[:WARMUP] == pytest.approx([0.25, 0.5, 0.75, 1.0])


@pytest.mark.parametrize("name", SCHEDULES)
def test_after_the_warm_up_the_rate_never_rises(name):
    assert (np.diff(factors(name)[WARMUP:]) <= 1e-7).all()


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("linear", lambda p: 1 - 0.9 * p),
        ("cosine", lambda p: 0.1 + 0.9 * (1 + math.cos(math.pi * p)) / 2),
        ("exponential", lambda p: 0.1**p),
        ("constant", lambda p: 1.0),
    ],
)
def test_the_rate_follows_its_formula(name, formula):
    assert factors(name)[WARMUP:] == pytest.approx([formula(p) for p in PROGRESS], abs=1e-6)


def test_inverse_sqrt_falls_by_the_root_of_the_update():
    expected = [math.sqrt(WARMUP / (update + 1)) for update in range(WARMUP, TOTAL)]
    assert factors("inverse_sqrt")[WARMUP:TOTAL] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["linear", "cosine", "exponential"])
def test_past_the_end_the_rate_stays(name):
    assert factors(name, updates=[TOTAL, TOTAL + 5, 10 * TOTAL]) == pytest.approx([0.1] * 3, abs=1e-6)


@pytest.mark.parametrize("name", SCHEDULES)
def test_without_warm_up_the_first_rate_is_the_peak(name):
    assert factors(name, warmup=0)[0] == pytest.approx(1.0)
