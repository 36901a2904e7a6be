"""Compiled modules have decompositions, solvers and transforms of their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from gradscribe.cli import main
from test_build import loaded

pytest.importorskip("scipy")
pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
SOURCE = """
import numpy as np
from scipy.linalg import expm


def factors(A: "f64[m, n]"):
    q, r = np.linalg.qr(A)
    return q, r


def singular(A: "f64[m, n]"):
    u, s, vt = np.linalg.svd(A, full_matrices=False)
    return u, s, vt


def inverse(A: "f64[m, n]"):
    return np.linalg.pinv(A)


def spectrum(S: "f64[n, n]"):
    w, v = np.linalg.eigh(S)
    return w, v


def values(S: "f64[n, n]"):
    return np.sum(np.linalg.eigvalsh(S) ** 3)


def waves(x: "f64[n]"):
    return np.sum(np.abs(np.fft.fft(x)) ** 3)


def power(S: "f64[n, n]"):
    return np.sum(expm(S))


def solution(Z: "c128[n, n]", c: "c128[n]"):
    return np.sum(np.abs(np.linalg.solve(Z, c)) ** 2)


def single(F: "f32[n, n]"):
    return np.linalg.det(F) + np.sum(np.linalg.inv(F)) + np.sum(np.sort(F[0]) * F[1])
"""
PRIMAL = "factors singular inverse spectrum".split()
GRADIENTS = "values waves power solution single".split()
SHAPES = [(1, 1), (5, 3), (3, 5), (8, 8), (40, 7), (7, 40), (30, 30)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("linear")
    (folder / "matrices.py").write_text(SOURCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CFLAGS", "-O1 -DNO_CLONES")
        for name, functions, words in (
            ("parts", PRIMAL, ["--mode", "primal"]),
            ("slopes", GRADIENTS, []),
        ):
            specs = [f"{folder}/matrices.py:{function}" for function in functions]
            end = ["--name", name, "-o", str(folder)]
            assert main(["build", *specs, *words, *end]) == 0
    return folder


@pytest.fixture(scope="module")
def parts(place: Path) -> ModuleType:
    return loaded(place, "parts")


def matrices(m: int, n: int) -> dict[str, Any]:
    random = np.random.default_rng(m * 100 + n)
    A = random.normal(size=(m, n))
    thin = random.normal(size=(m, 1)) @ random.normal(size=(1, n))
    graded = A * 10.0 ** -np.arange(n)
    return {"any": A, "thin": thin, "zero": 0 * A, "graded": graded, "big": A * 1e100}


def is_orthonormal(q: Any) -> bool:
    return np.allclose(q.T @ q, np.eye(q.shape[1]), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("m", "n"), SHAPES)
def test_reflections(parts: ModuleType, m: int, n: int):
    for A in matrices(m, n).values():
        q, r = parts.factors(A)
        size = np.abs(A).max(initial=1e-300)
        assert is_orthonormal(q)
        np.testing.assert_allclose(q @ r / size, A / size, rtol=0, atol=1e-13)
        np.testing.assert_array_equal(r, np.triu(r))
    for one, other in zip(parts.factors(A), np.linalg.qr(A), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-13 * size)


@pytest.mark.parametrize(("m", "n"), SHAPES)
def test_singular_values(parts: ModuleType, m: int, n: int):
    for A in matrices(m, n).values():
        u, s, vt = parts.singular(A)
        size = np.abs(A).max(initial=1e-300)
        assert is_orthonormal(u)
        assert is_orthonormal(vt.T)
        np.testing.assert_allclose((u * s) @ vt / size, A / size, rtol=0, atol=1e-13)
        wanted = np.linalg.svd(A, compute_uv=False)
        np.testing.assert_allclose(s, wanted, rtol=1e-13, atol=1e-13 * size)
    A = matrices(m, n)["any"]
    np.testing.assert_allclose(parts.inverse(A), np.linalg.pinv(A), atol=1e-11)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 30])
def test_eigenvalues(parts: ModuleType, n: int):
    for A in matrices(n, n).values():
        S = A + A.T
        w, v = parts.spectrum(S)
        size = np.abs(S).max(initial=1e-300)
        assert is_orthonormal(v)
        np.testing.assert_allclose(v * w @ v.T / size, S / size, rtol=0, atol=1e-13)
        wanted = np.linalg.eigvalsh(S)
        np.testing.assert_allclose(w, wanted, rtol=1e-12, atol=1e-13 * n * size)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_seen(parts: ModuleType, bad: float):
    A = np.eye(3)
    A[1, 0] = bad
    results = (*parts.singular(A), *parts.spectrum(A), parts.inverse(A))
    for found in results:
        assert np.isnan(found).all()


@pytest.mark.parametrize("n", [1, 2, 3, 8, 13])
def test_gradients(place: Path, n: int, monkeypatch: Any):
    monkeypatch.syspath_prepend(str(place))
    module, reference = loaded(place, "slopes"), __import__("slopes_numpy")
    random = np.random.default_rng(n)
    A = random.normal(size=(n, n))
    Z = A + 1j * random.normal(size=(n, n)) + 3 * np.eye(n)
    S = A + A.T
    given = {"values": (S,), "waves": (A[0],), "power": (S,), "solution": (Z, Z[0])}
    for name, arguments in given.items():
        found = getattr(module, f"{name}_grad")(*arguments)
        wanted = getattr(reference, f"{name}_grad")(*arguments)
        size = np.abs(wanted).max()
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11 * size)


def test_single_precision_is_widened(place: Path, monkeypatch: Any):
    monkeypatch.syspath_prepend(str(place))
    F = np.random.default_rng(1).normal(size=(4, 4)) + 3 * np.eye(4)
    found = loaded(place, "slopes").single_grad(F.astype(np.float32))
    wanted = __import__("slopes_numpy").single_grad(F)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)
