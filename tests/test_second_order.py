"""Derivatives of derivatives over the corpus, in both modes, against differences."""

from __future__ import annotations

from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from corpus import Case, load

# Derivatives that are refused, or do not run, when they are taken again.
NOT_YET = {
    "complexes.absolute_values_at_zero": "a kink",
    "dtypes.mixed_widths": "differences in single precision",
}
CASES = [case for case in load() if case.check is None]


def cases() -> list[Any]:
    """One case in 32 by default."""
    return [
        pytest.param(
            case,
            marks=[
                *([pytest.mark.xfail] if case.name in NOT_YET else []),
                *([pytest.mark.slow] if case.digest % 32 or case.heavy else []),
            ],
        )
        for case in CASES
    ]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_second_order(case: Case):
    with np.errstate(all="ignore"):
        args = case.arguments()
        gs.check_grads(case.function, *args, wrt=case.wrt, order=2, target="numpy")
