"""Sparse Jacobians and Hessians of the corpus against dense ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
from corpus import Case


def check_sparse(
    case: Case, target: str, sparse: Callable[..., Any], dense: Callable[..., Any]
) -> int:
    """Compare with dense matrices, also at a point for which no pattern was made."""
    compared = 0
    for name in case.wrt:
        matrix = sparse(case.function, name, target=target)
        whole = dense(case.function, name, target="numpy")
        place = case.parameters.index(name)
        try:
            matrix.pattern(*case.arguments())
        except gs.TranspileError as error:
            assert "one array of floats" in str(error)  # or an object, or several
            continue
        for change in (lambda x: x, lambda x: 0.75 * x[::-1], np.zeros_like):
            args = list(case.arguments())
            if np.ndim(args[place]):
                args[place] = np.ascontiguousarray(change(args[place]))
            compared += _same(matrix, whole, args)
    return compared


def _same(matrix: Any, whole: Any, args: list[Any]) -> bool:
    with np.errstate(all="ignore"):
        try:
            expected = whole(*args)
        except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError):
            return False
        found = matrix(*args)
    shown = found.toarray()
    expected = np.reshape(expected, shown.shape)
    if not np.isfinite(expected).all():
        return False  # columns that are added up share what is not finite
    size = 1e-9 * (1 + np.max(np.abs(expected), initial=0.0))
    np.testing.assert_allclose(shown, expected, rtol=1e-9, atol=size)
    assert found.dtype == expected.dtype
    return True
