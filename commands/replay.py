"""The commands that files keep: read, and asked again."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from ..transpile.errors import TranspileError, refuse
from ..transpile.files import Job

# From the words of a command, and the folder that its paths start from.
Asked = Callable[[Sequence[str], Path], tuple[argparse.Namespace, tuple[Job, ...]]]


def jobs_from(
    command: str, path: Path, asked: Asked
) -> tuple[argparse.Namespace, tuple[Job, ...]]:
    """Return what the command in a file asks for; its paths start from the file."""
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
    return asked(words[1:], path.parent)


def _gone(spec: str, words: Sequence[str], path: Path) -> TranspileError:
    """Return the error about a source that is not where the header says."""
    place, _, function = spec.rpartition(":")
    source = path.parent / place
    moved = f"NEW/{Path(place).name}:{function}"
    again = shlex.join([moved if word == spec else word for word in words])
    if words[-2:] == ["-o", "."]:  # a module, which goes to a folder
        again, path = again.removesuffix(" -o ."), path.parent
    return refuse(
        f"its source {source.as_posix()} is not there",
        "paths in its header start from its folder; if one of the two moved, write it"
        f" again:\n    {again} -o {path.as_posix()}",
    )
