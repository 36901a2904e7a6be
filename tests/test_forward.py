"""Forward mode, Jacobians and second derivatives over the corpus."""

from __future__ import annotations

import numpy as np
import pytest
from corpus import Case, load
from forwards import check_forward, check_hvp, check_jacobian
from harness import few, is_scalar


def is_real(case: Case) -> bool:
    return not any(np.iscomplexobj(each) for each in case.arguments())


CASES = list(load())
REAL = [case for case in CASES if is_real(case)]
SCALAR = [
    case for case in REAL if case.check is None and is_scalar(case, case.arguments())
]


@pytest.mark.parametrize("case", few(CASES, 16), ids=lambda case: case.name)
def test_forward_meets_reverse(case: Case):
    check_forward(case, "numpy")


@pytest.mark.parametrize("case", few(CASES, 128), ids=lambda case: case.name)
def test_forward_meets_reverse_compiled(case: Case):
    check_forward(case, "cpu")


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("case", few(REAL, 16), ids=lambda case: case.name)
def test_jacobian(case: Case, mode: str):
    check_jacobian(case, "numpy", mode)


@pytest.mark.parametrize("case", few(REAL, 128), ids=lambda case: case.name)
def test_jacobian_compiled(case: Case):
    check_jacobian(case, "cpu")


@pytest.mark.parametrize("case", few(SCALAR, 16), ids=lambda case: case.name)
def test_hessian_times_vector(case: Case):
    check_hvp(case, "numpy")


@pytest.mark.parametrize("case", few(SCALAR, 128), ids=lambda case: case.name)
def test_hessian_times_vector_compiled(case: Case):
    check_hvp(case, "cpu")
