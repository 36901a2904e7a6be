"""Functions that call derivatives, as they are and written to files before."""

from __future__ import annotations

import importlib
from pathlib import Path

import gradscribe as gs
import pytest
from mpmath import mp


def cube(t):
    return t**3 + t


cube_grad = gs.grad(cube, types="t: f64", target="numpy")


def newton(t):
    return t - cube(t) / cube_grad(t)


def meta(rate):
    t = 2.0
    for _ in range(5):
        t = t - rate * cube_grad(t)
    return cube(t)


def test_a_derivative_as_it_is() -> None:
    found = gs.grad(newton, target="numpy")(3.0)
    assert found == pytest.approx(30.0 * 18.0 / 28.0**2, rel=1e-14)


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_a_saved_one_is_differentiated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    cube_grad.save(tmp_path / "saved_cube.py")
    monkeypatch.syspath_prepend(tmp_path)
    saved = importlib.import_module("saved_cube")
    monkeypatch.setitem(globals(), "cube_grad", saved.cube_grad)
    for f, at in ((newton, 3.0), (meta, 0.05)):
        found = gs.grad(f, target=target)(at)
        with mp.workdps(30):
            wanted = float(mp.diff(f, mp.mpf(at)))
        assert found == pytest.approx(wanted, rel=1e-12)
