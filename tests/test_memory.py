"""Memory of compiled functions: what a call frees, the next one takes."""

from __future__ import annotations

import platform
import subprocess
import sys

import gradscribe as gs
import numpy as np
import pytest

CALLS = """
import resource
import numpy as np
import gradscribe as gs

def f(x, w):
    y = x @ w
    z = np.tanh(y) @ w
    return np.sum(np.tanh(z) @ w)

gradient = gs.grad(f, wrt=("x", "w"))
args = np.ones((250, 250)), np.ones((250, 250)) / 250
for _ in range(5):
    gradient(*args)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    gradient(*args)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a habit of glibc")
def test_calls_take_no_new_pages(tmp_path):
    (tmp_path / "calls.py").write_text(CALLS)
    made = subprocess.run(
        [sys.executable, str(tmp_path / "calls.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(made.stdout) < 20 * 100  # pages; an array has 122


def thinned(x, steps):
    """A state that is shorter after each iteration, and longer on the way back."""
    z = x.copy()
    for _ in range(steps):
        np.multiply(z, z, z)
        gone = z > 0.5
        z = z[np.logical_not(gone)]
    return np.sum(z)


def test_a_state_of_changing_length_is_made_again():
    x = np.linspace(0.0, 1.0, 20_000)
    ours = gs.grad(thinned, wrt="x")(x, 4)
    theirs = gs.grad(thinned, wrt="x", target="numpy")(x, 4)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
