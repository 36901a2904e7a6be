"""What the generated text looks like, where a golden file would be too much."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gradscribe as gs
import numpy as np


def _backward(function: Callable[..., Any], *args: Any) -> str:
    """The text behind the last forward loop."""
    derivative = gs.grad(function, wrt="x", target="numpy")
    derivative(*args)
    return derivative.source.rpartition("trips += 1")[2]


def first_large(x, c):
    for i in range(len(x)):
        if x[i] > c:
            return x[i] * c
    return x[0] - c


def test_one_branch_for_how_a_loop_ended():
    text = _backward(first_large, np.array([0.1, 0.5, 0.9]), 0.3)
    assert len(re.findall(r"^    if done:$", text, re.MULTILINE)) == 1
