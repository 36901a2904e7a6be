"""Forward mode, Jacobians and second derivatives over the corpus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from corpus import Case, load
from forwards import check_forward, check_hvp, check_jacobian
from harness import is_scalar, some

# A Jacobian by rows that is refused or crashes: its backward part, a function of its
# own, is wrong for a gradient through a helper, too.
BY_ROWS = frozenset(
    {"nasty_sharing.counted_helper", "suites_linalg.newton_corrections"}
)


def is_real(case: Case) -> bool:
    return not any(np.iscomplexobj(each) for each in case.arguments())


def compiled(cases: list[Case]) -> Iterator[Any]:
    """A case in sixty-four by default: Numba takes seconds for each."""
    for case in cases:
        chosen = case.digest % 64 == 0 and not case.heavy
        yield case if chosen else pytest.param(case, marks=pytest.mark.slow)


CASES = list(load())
REAL = [case for case in CASES if is_real(case)]
SCALAR = [
    case for case in REAL if case.check is None and is_scalar(case, case.arguments())
]


@pytest.mark.parametrize("case", some(CASES), ids=lambda case: case.name)
def test_forward_meets_reverse(case: Case):
    check_forward(case, "numpy")


@pytest.mark.parametrize("case", compiled(CASES), ids=lambda case: case.name)
def test_forward_meets_reverse_compiled(case: Case):
    check_forward(case, "cpu")


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("case", some(REAL), ids=lambda case: case.name)
def test_jacobian(case: Case, mode: str):
    if mode == "reverse" and case.name in BY_ROWS:
        pytest.xfail("the backward part of such a helper is not made yet")
    check_jacobian(case, "numpy", mode)


@pytest.mark.parametrize("case", compiled(REAL), ids=lambda case: case.name)
def test_jacobian_compiled(case: Case):
    check_jacobian(case, "cpu")


@pytest.mark.parametrize("case", some(SCALAR), ids=lambda case: case.name)
def test_hessian_times_vector(case: Case):
    check_hvp(case, "numpy")


@pytest.mark.parametrize("case", compiled(SCALAR), ids=lambda case: case.name)
def test_hessian_times_vector_compiled(case: Case):
    check_hvp(case, "cpu")
