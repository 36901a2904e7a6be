"""Gradient files: found by their header, checked by repeating its command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..runtime import files as written
from ..transpile.errors import TranspileError, refuse
from ..transpile.files import Job, facts, file_text
from .freshness import Checked, Kind, Record, state_of

# From the words of a command, and the folder that its paths start from.
JobOf = Callable[[Sequence[str], Path], Job]
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


def check_gradient(path: Path, job_of: JobOf) -> Checked:
    """Return what became of a gradient file."""
    text = path.read_text(encoding="utf-8-sig")
    found = facts(text)
    job = _job(found["Command"], path, job_of)
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


def _job(command: str, path: Path, job_of: JobOf) -> Job:
    """Return what a header's command asks for."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise refuse(f"the command in its header cannot be read: {error}") from None
    for spec in words[2:]:
        if spec.startswith("-"):
            break
        source = path.parent / spec.rpartition(":")[0]
        if source.suffix == ".py" and not source.is_file():
            raise _gone(spec, words, path)
    return job_of(words[1:], path.parent)


def _gone(spec: str, words: Sequence[str], path: Path) -> TranspileError:
    """Return the error about a source that is not where the header says."""
    place, _, function = spec.rpartition(":")
    moved = f"NEW/{Path(place).name}:{function}"
    again = shlex.join([moved if word == spec else word for word in words])
    return refuse(
        f"its source {(path.parent / place).as_posix()} is not there",
        "paths in its header start from its folder; if one of the two moved, write it"
        f" again:\n    {again} -o {path.as_posix()}",
    )


GRADIENT = Kind(".py", is_gradient, check_gradient)
