"""A few random programs, the same in every run; `python tests/fuzz.py` makes more.

`python tests/fuzz_nests.py` makes nests of loops.
"""

from __future__ import annotations

from collections.abc import Callable

import fuzz_nests
import pytest
from fuzz import trial
from fuzz_programs import program


def _run(seeds: range, target: str, text: Callable[[int], str] = program) -> None:
    outcomes = {seed: trial(text(seed), seed, target) for seed in seeds}
    for seed, outcome in outcomes.items():
        assert outcome.startswith(("ok", "refused", "unfit")), f"{seed}: {outcome}"
    assert sum(each == "ok" for each in outcomes.values()) >= len(seeds) // 2


@pytest.mark.parametrize("first", (30, 40, 60, 70))
def test_numpy(first: int) -> None:
    _run(range(first, first + 10), "numpy")


def test_loops() -> None:
    """The text for Numba, run as plain Python."""
    _run(range(4000, 4010), "loops")


def test_a_state_whose_copy_had_the_name_of_its_source():
    assert trial(program(9187), 9187, "loops") == "ok"


@pytest.mark.parametrize("seed", [11130, 70591, 210001])
def test_loops_that_once_failed(seed: int) -> None:
    """Lengths of what is returned early, and states whose memory gets another name."""
    assert trial(program(seed), seed, "loops") == "ok"


@pytest.mark.parametrize("target", ["numpy", "loops"])
def test_nests(target: str) -> None:
    _run(range(6), target, fuzz_nests.program)


TWO_TOTALS = """
import numpy as np


def total(u):
    s = 0.0
    for i in range(len(u)):
        s += u[i]
    return s


def f(x, y, A, a, k, n):
    C = A.copy()
    s = 0.7
    for i in range(1, 5):
        s *= A[-1, i]
        t = 0.0
        for j in range(1, 5):
            t += total(C[:, j]) * s
    return t
"""
TWO_LOOPS_EXCHANGED = """
import numpy as np


def f(x, y, A, a, k, n):
    p = x * 1.0
    B = np.outer(x, y)
    for i in range(5):
        r = B[1]
        r[1:] += p[:-1]
    for i in range(5):
        r = B[-1]
        r[1:] += x[1:]
    return B
"""
FROM_THE_END = """
def f(x, y, A, a, k, n):
    C = y[:-1] * a
    t = 0.0
    for i in range(4):
        t += x[i] * C[i - 1]
    return t
"""


@pytest.mark.parametrize("text", [TWO_TOTALS, TWO_LOOPS_EXCHANGED, FROM_THE_END])
def test_nests_that_once_failed(text: str) -> None:
    """What two loops define, of which one was moved; an index that is -1 at first."""
    assert trial(text, 3, "loops") == "ok"


@pytest.mark.slow
@pytest.mark.parametrize("target", ["numpy", "loops"])
def test_many_nests(target: str) -> None:
    _run(range(100, 200), target, fuzz_nests.program)


@pytest.mark.slow
def test_nests_over_large_arrays() -> None:
    for seed in range(8):
        assert fuzz_nests.compared(seed).startswith(("ok", "refused", "unfit"))
