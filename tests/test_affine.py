"""Integer proofs against brute force over small ranges."""

from __future__ import annotations

import itertools

import pytest
from gradscribe.transpile.graph.affine import contradictory, implied
from gradscribe.transpile.graph.linear import Linear, Size, derived

ROW, J, N = (Linear.of(Size(name)) for name in "ijn")


@pytest.mark.parametrize(
    ("facts", "goal", "proved"),
    [
        ([N - 1 - ROW], N - ROW, True),
        ([N - 1 - ROW], N - 2 - ROW, False),
        ([N - 1 - ROW, ROW - 1 - J], N - 2 - J, True),
        ([N - 1 - ROW, ROW - 1 - J], ROW - J - 2, False),
        (
            [2 * ROW - 2 * J - 1],
            ROW - J - 1,
            True,
        ),  # true of integers, not of rationals
        ([], N, True),
        ([], N - 1, False),
        ([derived("clip", N - 2) - 1 - ROW], N - 3 - ROW, True),
        ([derived("clip", N - 2) - 1 - ROW], N - 4 - ROW, False),
    ],
)
def test_implied(facts: list[Linear], goal: Linear, proved: bool) -> None:
    assert implied(facts, goal) is proved


def _value(form: Linear, point: dict[str, int]) -> int:
    return form.constant + sum(f * point[a.name] for a, f in form.terms)  # type: ignore[attr-defined]


@pytest.mark.parametrize("factors", list(itertools.product((-2, 0, 1), repeat=3)))
def test_what_is_called_contradictory_has_no_solution(factors: tuple[int, ...]) -> None:
    a, b, c = factors
    facts = [a * ROW + b * J - 1, c * J - ROW, ROW + J - 3, 4 - J]
    points = [
        dict(zip("ij", p, strict=True)) for p in itertools.product(range(9), repeat=2)
    ]
    solved = any(all(_value(f, p) >= 0 for f in facts) for p in points)
    assert not (solved and contradictory(facts))
