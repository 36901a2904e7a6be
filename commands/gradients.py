"""Gradient files: found by their header, checked by repeating its command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..runtime import files as written
from ..transpile.files import facts, file_text
from .freshness import Checked, Kind, Record, state_of
from .replay import Asked, jobs_from

_HEAD = 8192
_CONSTANT = re.compile(r"^(\w+) = .*  # from (.*:\d+)$", re.MULTILINE)


def is_gradient(path: Path) -> bool:
    """Whether a file has the header of a gradient file."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not written.COMMAND.search(head.decode("utf-8", "replace").replace("\r", "")):
        return False
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    return facts(text).get("Command", "").startswith("gradscribe grad ")


def check_gradient(path: Path, asked: Asked) -> Checked:
    """Return what became of a gradient file."""
    text = path.read_text(encoding="utf-8-sig")
    found = facts(text)
    _, (job,) = jobs_from(found["Command"], path, asked)
    wanted = written.sealed(file_text(job, path))
    recorded = found.get("Digest", "").partition(" ")[2]
    state = state_of(
        Record(dict(_sources(text)), {path.name: recorded}, found["Command"]),
        {path.name: written.body_hash(text)},
        Record(dict(_sources(wanted)), {path.name: written.body_hash(wanted)}),
    )

    def write() -> None:
        written.write_source(path, wanted, force=True)

    return Checked(state, {path: text}, {path: wanted}, write)


def _sources(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a gradient file says of its sources: a hash, and where constants are.

    A constant that only moved is a change of the source: its line is in the text.
    """
    found = facts(text)
    yield found.get("Source", ""), found.get("Digest", "").partition(" ")[0]
    for constant in _CONSTANT.finditer(text):
        yield constant[1], constant[2]


GRADIENT = Kind(".py", is_gradient, check_gradient)
