"""The committed generated files are what the command writes today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from goldens import GOLDENS, LOGISTIC, Golden, generate

README = Path(__file__).parents[1] / "README.md"


def _name(golden: Golden) -> str:
    return golden.output


@pytest.mark.parametrize("golden", GOLDENS, ids=_name)
def test_regenerates_to_the_byte(
    golden: Golden, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    text = generate(golden, tmp_path)
    if request.config.getoption("--update-golden"):
        golden.path.write_bytes(text)
        pytest.fail(f"{golden.output} was rewritten: look at the difference")
    assert text.decode() == golden.path.read_text()


def _readme_block(name: str) -> str:
    """The code block of the README that a comment says is part of a file."""
    pattern = rf"<!-- from {re.escape(name)} -->\n```python\n(.*?)```"
    found = re.search(pattern, README.read_text(), re.DOTALL)
    assert found, f"README.md shows nothing of {name}"
    return found[1]


def test_readme_shows_the_example_and_its_generated_gradient() -> None:
    source = LOGISTIC.path.with_name("logistic.py")
    for path in (source, LOGISTIC.path):
        assert _readme_block(path.name) in path.read_text()


def test_readme_shows_the_command() -> None:
    command = " ".join(["gradscribe", *LOGISTIC.arguments])
    command = command.replace("logistic.py", "examples/logistic/logistic.py", 1)
    assert command in README.read_text()
