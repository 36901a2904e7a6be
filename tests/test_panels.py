"""Triangular products row by row, as products of matrices for 32 rows at once."""

from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from harness import one_compiled

pytestmark = pytest.mark.usefixtures("loops_in_python")

Program = Callable[[Any, Any], Any]


def behind_by_elements(A, B):
    B = B.copy()
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j])
    return np.sum(B * B)


def behind_by_rows(A, B):
    B = 2.0 * B
    for i in range(B.shape[0]):
        B[i] += A[i, i + 1 :] @ B[i + 1 :]
    return np.sum(B * B)


def before_downwards(A, B):
    B = B.copy()
    for i in range(B.shape[0] - 1, -1, -1):
        B[i, :] += A[i, :i] @ B[:i, :]
    return np.sum(B * B)


def before_into_another(A, B):
    C = np.zeros_like(B)
    for i in range(len(A)):
        C[i] = A[:i, i] @ B[:i]
    return np.sum(C * C)


def half_of_the_rows(A, B):
    B = B.copy()
    for i in range(B.shape[0] // 2):
        B[i] += A[i + 1 :, i] @ B[i + 1 :]
    return np.sum(B * B)


def of_rows_written_before(A, B):
    B = B.copy()
    for i in range(B.shape[0]):
        B[i] += A[i, :i] @ B[:i]
    return np.sum(B * B)


def read_by_others(A, B):
    B = B.copy()
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j]) * B[i, 0]
    return np.sum(B * B)


TAKEN = [
    behind_by_elements,
    behind_by_rows,
    before_downwards,
    before_into_another,
    half_of_the_rows,
]
LEFT = [of_rows_written_before, read_by_others]


@pytest.mark.parametrize("function", one_compiled(TAKEN + LEFT))
def test_the_gradient_is_that_of_the_rows(function: Program) -> None:
    rng = np.random.default_rng(3)
    cpu = gs.grad(function, wrt=("A", "B"), target="cpu")
    plain = gs.grad(function, wrt=("A", "B"), target="numpy")
    for rows, columns in ((70, 3), (64, 2), (0, 2), (5, 0)):
        A = rng.standard_normal((rows, rows)) / (1 + rows)
        B = rng.standard_normal((rows, columns))
        for mine, exact in zip(cpu(A, B), plain(A, B), strict=True):
            np.testing.assert_allclose(mine, exact, rtol=1e-10, atol=1e-13)
    text = _text(function)
    assert ("32)" in text) == (function in TAKEN)


@pytest.mark.compiled
def test_infinite_numbers_meet_no_zeros() -> None:
    A, B = np.eye(40) + np.tri(40), np.ones((40, 2))
    B[3, 1] = np.inf
    cpu = gs.grad(behind_by_elements, wrt=("A", "B"), target="cpu")
    plain = gs.grad(behind_by_elements, wrt=("A", "B"), target="numpy")
    for mine, exact in zip(cpu(A, B), plain(A, B), strict=True):
        np.testing.assert_array_equal(np.isfinite(mine), np.isfinite(exact))


@pytest.mark.compiled
def test_matrices_that_do_not_fit_are_errors_where_elements_are() -> None:
    cpu = gs.grad(behind_by_elements, wrt=("A", "B"), target="cpu")
    with pytest.raises(ValueError, match="mismatch"):
        cpu(np.ones((41, 40)), np.ones((40, 2)))
    with pytest.raises(IndexError):
        cpu(np.ones((40, 39)), np.ones((40, 2)))
    assert cpu(np.ones((39, 40)), np.ones((40, 0)))[0].shape == (39, 40)


def test_strict_sums_keep_their_order() -> None:
    text = _text(behind_by_elements, strict=True)
    assert "32)" not in text


def _text(function: Program, *, strict: bool = False) -> str:
    cpu = gs.grad(function, wrt=("A", "B"), target="cpu", strict=strict)
    cpu(np.ones((70, 70)), np.ones((70, 3)))
    return cpu.source_for("cpu")
