"""The examples of `docs/scipy.md` and `docs/transforms.md` give what the pages say."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("target", ["numpy", "cpu"])
@pytest.mark.parametrize("name", ["scipy.md", "transforms.md"])
def test_recipes(name: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADSCRIBE_TARGET", target)
    page = DOCS / name
    lines = page.read_text(encoding="utf-8").splitlines()
    text = "\n".join("" if line.startswith("```") else line for line in lines)
    test = doctest.DocTestParser().get_doctest(text, {}, name, str(page), 0)
    assert len(test.examples) > 20
    assert not doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed
