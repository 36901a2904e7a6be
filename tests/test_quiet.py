"""Sweeps that pass over what sees nothing new end where full sweeps do."""

from __future__ import annotations

from typing import Any

import gradscribe as gs
import numpy as np
import pytest
from corpus import Case, load
from gradscribe.transpile.rewrite.memory import Facts
from gradscribe.transpile.rewrite.quiet import History
from harness import is_scalar
from refused import REFUSED


def scalar(case: Case) -> bool:
    with np.errstate(all="ignore"):
        return is_scalar(case, case.arguments())


CASES = [c for c in load() if c.name not in REFUSED and c.digest % 16 == 0]
CASES = [case for case in CASES if scalar(case)]


def text(case: Case) -> str:
    gradient = gs.grad(case.function, wrt=case.wrt, target="numpy")
    with np.errstate(all="ignore"):
        gradient(*case.arguments())
    return gradient.source


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_text(case: Case, monkeypatch: pytest.MonkeyPatch):
    found = text(case)
    monkeypatch.setattr(History, "quiet", lambda *_: frozenset())
    assert found == text(case)


def test_most_is_passed_over(monkeypatch: pytest.MonkeyPatch):
    counts: list[tuple[int, int]] = []
    quiet = History.quiet

    def counted(self: History, function: Any, facts: Facts) -> Any:
        found = quiet(self, function, facts)
        assert self.last is not None
        counts.append((len(found), len(self.last.equations)))
        return found

    monkeypatch.setattr(History, "quiet", counted)
    text(next(case for case in load() if case.name == "kernels.adbench_gmm"))
    assert counts[0][0] == 0
    assert any(2 * few > every for few, every in counts)
