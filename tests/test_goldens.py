"""The committed generated files are what the command writes today."""

from __future__ import annotations

import re
import subprocess
import sys
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
    changed = not golden.path.exists() or text != golden.path.read_bytes()
    if changed and request.config.getoption("--update-golden"):
        golden.path.write_bytes(text)
        pytest.fail(f"{golden.output} was rewritten: look at the difference")
    assert text.decode() == golden.path.read_text()


def _shown(path: Path, function: str) -> str:
    """What the README shows of a file: from the function to the end."""
    head = f"def {function}("
    return head + path.read_text().partition(f"\n{head}")[2]


SHOWN = (
    (LOGISTIC.path.with_name("logistic.py"), LOGISTIC.function),
    (LOGISTIC.path, LOGISTIC.function + "_value_and_grad"),
)


@pytest.mark.parametrize("path, function", SHOWN, ids=lambda x: getattr(x, "name", x))
def test_readme_shows_the_file(
    path: Path, function: str, request: pytest.FixtureRequest
) -> None:
    pattern = rf"(?<=<!-- from {re.escape(path.name)} -->\n```python\n)[^`]*(?=```)"
    text, shown = README.read_text(), _shown(path, function)
    found = re.search(pattern, text)
    assert found, f"README.md shows nothing of {path.name}"
    if request.config.getoption("--update-golden") and found[0] != shown:
        README.write_text(text[: found.start()] + shown + text[found.end() :])
        pytest.fail("README.md was rewritten: look at the difference")
    assert found[0] == shown


def test_readme_shows_the_command() -> None:
    command = " ".join(["gradscribe", *LOGISTIC.arguments])
    command = command.replace("logistic.py", "examples/logistic/logistic.py", 1)
    assert command in README.read_text()


def test_readme_shows_the_refusal(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    text = README.read_text()
    found = re.search(
        r"<!-- refused -->\n```python\n(.*?)```\n.*?```\n(.*?)```", text, re.DOTALL
    )
    assert found
    (tmp_path / "loss.py").write_text(found[1])
    done = subprocess.run(
        [sys.executable, "-m", "gradscribe", "grad", "loss.py:loss", "--wrt", "x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    if request.config.getoption("--update-golden") and found[2] != done.stderr:
        README.write_text(text[: found.start(2)] + done.stderr + text[found.end(2) :])
        pytest.fail("README.md was rewritten: look at the difference")
    assert found[2] == done.stderr
