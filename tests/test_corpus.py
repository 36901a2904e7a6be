"""Every program of the corpus, differentiated, on every target."""

from __future__ import annotations

import gradscribe as gs
import pytest
from corpus import Case, load
from harness import check, some
from refused import REFUSED

CASES = load()


def _name(case: Case) -> str:
    return case.name


def _check(case: Case, target: str, dtype: str = "float64") -> None:
    if case.name not in REFUSED:
        check(case, target, dtype)
        return
    with pytest.raises(gs.TranspileError) as caught:
        check(case, target, dtype)
    assert REFUSED[case.name] in str(caught.value)


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_numpy(case: Case) -> None:
    _check(case, "numpy")


@pytest.mark.parametrize("case", [c for c in CASES if c.float32], ids=_name)
def test_numpy_float32(case: Case) -> None:
    _check(case, "numpy", "float32")


@pytest.mark.usefixtures("loops_in_python")
@pytest.mark.parametrize("case", some(list(CASES)), ids=_name)
def test_cpu(case: Case) -> None:
    _check(case, "cpu")


@pytest.mark.parametrize("case", some([c for c in CASES if c.float32]), ids=_name)
def test_cpu_float32(case: Case) -> None:
    _check(case, "cpu", "float32")


def test_the_table_of_refusals_names_cases() -> None:
    assert set(REFUSED) <= {case.name for case in CASES}
