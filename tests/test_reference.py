"""The corpus itself: every program runs and its reference derivative is sound."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from corpus import Case, load
from reference import complex_step, cotangents, differences, outputs

CASES = load()


def test_the_corpus_is_large() -> None:
    """At least 200 functions."""
    assert len({case.function for case in CASES}) >= 200


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_declared_writes_are_the_writes(case: Case) -> None:
    args = case.arguments()
    copies = [np.copy(each) for each in args]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case.function(*args)
    changed = {
        name
        for name, before, after in zip(case.parameters, copies, args, strict=False)
        if before.dtype != object
        and not np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
    }
    assert changed <= set(case.writes)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.check is None], ids=lambda case: case.name
)
def test_two_methods_agree(case: Case) -> None:
    args = case.arguments()
    seeds = cotangents(case, args)
    assert all(np.all(np.isfinite(each)) for each in outputs(case, args))
    if case.analytic:
        first = complex_step(case, args, seeds)
    else:
        first = differences(case, args, seeds, step=3e-4)
    second = differences(case, args, seeds)
    for a, b in zip(first, second, strict=True):
        scale = max(1.0, np.max(np.abs(a), initial=0.0))
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7 * scale)
