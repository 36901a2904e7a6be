"""The snippets and the rows of `docs/language.md` give what the page says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import gradscribe as gs
import numpy as np
import pytest

PAGE = Path(__file__).parents[1] / "docs" / "language.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(.+)` \| `(\[.+\])` \| `(\[.+\])` \|$", re.M)
ROWS: list[Any] = ROW.findall(TEXT)


def test_snippets() -> None:
    lines = ["" if x.startswith("```") else x for x in TEXT.splitlines()]
    test = doctest.DocTestParser().get_doctest(
        "\n".join(lines), {}, PAGE.name, str(PAGE), 0
    )
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    assert len(test.examples) > 20
    assert not doctest.DocTestRunner(optionflags=flags).run(test).failed


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "target", ["numpy", pytest.param("cpu", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(("formula", "x", "gradient"), ROWS)
def test_row(tmp_path: Path, formula: str, x: str, gradient: str, target: str) -> None:
    file = tmp_path / "row.py"
    file.write_text(f"import numpy as np\n\ndef row(x):\n    return {formula}\n")
    names: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    numbers = {"inf": np.inf, "nan": np.nan}
    at, expected = (np.array(eval(text, numbers), float) for text in (x, gradient))
    np.testing.assert_allclose(gs.grad(names["row"], target=target)(at), expected)
