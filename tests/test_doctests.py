"""The examples in docstrings, and interactive use."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import gradscribe
import pytest

ROOT = Path(gradscribe.__file__).parent
SIDES = ("transpile", "runtime", "api", "commands")
FILES = [ROOT / "__init__.py", *(f for s in SIDES for f in (ROOT / s).rglob("*.py"))]
# Those with examples; to look for them takes longer than to run them.
MODULES = sorted(
    ".".join(("gradscribe", *file.relative_to(ROOT).with_suffix("").parts))
    for file in FILES
    if ">>> " in file.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", [m.removesuffix(".__init__") for m in MODULES])
def test_doctests(name: str):
    failures, _ = doctest.testmod(importlib.import_module(name))
    assert not failures


def test_ipython(capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    cell = """
import numpy as np
import gradscribe as gs

def energy(x):
    return np.sum(x * x)

denergy = gs.grad(energy, target="numpy")
found = denergy(np.ones(2))
"""
    assert shell.run_cell(cell).success
    assert list(shell.user_ns["found"]) == [2.0, 2.0]
    info = shell.object_inspect("denergy", detail_level=1)
    assert info["found"] and "Gradient of energy" in info["docstring"]
    assert "energy_grad" in shell.user_ns["denergy"].source


def test_ipython_shows_the_users_line(capsys: pytest.CaptureFixture[str]):
    """The frame that stands for it must not confuse what draws tracebacks."""
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell(colors="nocolor")
    cell = """
import numpy as np
import gradscribe as gs

@gs.grad(target="numpy")
def beyond(x):
    y = x[3] * 2.0
    return y * y

beyond(np.ones(2))
"""
    shell.run_cell(cell)
    shown = capsys.readouterr().out
    assert "IndexError" in shown and "y = x[3] * 2.0" in shown
