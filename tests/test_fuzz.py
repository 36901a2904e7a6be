"""A few random programs, the same in every run; `python tests/fuzz.py` makes more."""

from __future__ import annotations

import pytest
from fuzz import trial
from fuzz_programs import program


def _run(seeds: range, target: str) -> None:
    outcomes = {seed: trial(program(seed), seed, target) for seed in seeds}
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
