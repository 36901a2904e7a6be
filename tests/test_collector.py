"""The cyclic collector is as it was after a call that made something."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import gradscribe as gs
import pytest


@pytest.fixture(params=[True, False], ids=["on", "off"])
def was_on(request: pytest.FixtureRequest) -> Iterator[bool]:
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def cubed(x: float) -> float:
    return x * x * x


def refused(x: float) -> float:
    return eval("x")


@pytest.mark.parametrize("target", ["numpy", "cpu"])
def test_after_a_call(target: str, was_on: bool):
    assert gs.grad(cubed, target=target)(2.0) == 12.0
    assert gc.isenabled() == was_on


def test_after_an_error(was_on: bool):
    with pytest.raises(gs.TranspileError):
        gs.grad(refused)(2.0)
    assert gc.isenabled() == was_on
