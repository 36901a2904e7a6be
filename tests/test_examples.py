"""The examples run and reach what they say."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from goldens import EXAMPLES

# What the run prints, and the least or greatest value it may have.
EXPECTED = {
    "logistic": (r"accuracy ([\d.]+)", 0.98, 1.0),
    "mlp": (r"accuracy on unseen digits ([\d.]+)", 0.9, 1.0),
    "heat": (r"relative error of the initial temperature ([\d.]+)", 0.0, 0.1),
    "recurrence": (r"mean squared error ([\d.]+)", 0.0, 5e-4),
    "phylogeny": (r"greatest error ([\d.]+)", 0.0, 0.02),
    "gmm": (r"clusters that match the species ([\d.]+)", 0.85, 1.0),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str) -> None:
    folder = EXAMPLES / name
    done = subprocess.run(
        [sys.executable, "run.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    pattern, low, high = EXPECTED[name]
    found = re.search(pattern, done.stdout)
    assert found, done.stdout
    assert low <= float(found[1]) <= high
