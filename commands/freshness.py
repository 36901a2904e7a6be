"""Whether what was written is still what its sources ask for.

It knows no kind of file: whoever writes one keeps a `Record` of it (a gradient file
in its header), makes the record again, and asks `state_of`.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class State(Enum):
    """What became of something that was written; the value is what users are told."""

    FRESH = "fresh"
    CHANGED = "source changed"
    EDITED = "edited by hand"
    BOTH = "source changed, and edited by hand"
    MISSING = "not all of its files are there"
    DIFFERS = "source unchanged, this gradscribe writes it differently"

    @property
    def is_edited(self) -> bool:
        """Whether to write it again would lose somebody's work."""
        return self in (State.EDITED, State.BOTH)


@dataclass(frozen=True, slots=True)
class Record:
    """What was written, and from what.

    ``sources`` has a hash, or a place, for all that was read; ``files`` has a hash
    of each file by its name; ``command`` is what wrote them, all options included.
    """

    sources: Mapping[str, str]
    files: Mapping[str, str]
    command: str = ""


def state_of(then: Record, present: Mapping[str, str], now: Record) -> State:
    """Return what became of what ``then`` records.

    ``present`` has the hashes of the files that are there; ``now`` is the record that
    the same command makes today. It need not have files that take long to make, such
    as compiled ones: they are compared with ``then`` only.

    Examples
    --------
    >>> then = Record({"loss.py:loss": "a"}, {"loss_grad.py": "1"})
    >>> state_of(then, {"loss_grad.py": "1"}, then)
    <State.FRESH: 'fresh'>
    >>> now = Record({"loss.py:loss": "b"}, {"loss_grad.py": "2"})
    >>> state_of(then, {"loss_grad.py": "1"}, now)
    <State.CHANGED: 'source changed'>
    """
    is_edited = _disagree(then.files, present)
    if _disagree(then.sources, now.sources):
        return State.BOTH if is_edited else State.CHANGED
    if is_edited:
        return State.EDITED
    if then.files.keys() - present.keys():
        return State.MISSING
    differs = _disagree(then.files, now.files) or now.files.keys() - then.files.keys()
    return State.DIFFERS if differs else State.FRESH


def _disagree(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Whether two say something else of what both name."""
    return any(second.get(name, said) != said for name, said in first.items())


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, the texts that are there and those to be, and how to write them.

    ``write`` replaces what is there, whatever it is.
    """

    state: State
    present: Mapping[Path, str]
    wanted: Mapping[Path, str]
    write: Callable[[], None]

    @property
    def diff(self) -> str:
        """What writing it again would change, as a unified diff."""
        return "".join(
            line
            for path, text in self.wanted.items()
            for line in _diff(path, self.present.get(path, ""), text)
        )


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of thing that gradscribe writes.

    ``suffix`` is that of the file by which it is found, the one that has its record.
    ``check`` also takes what it needs to repeat a command.
    """

    suffix: str
    recognise: Callable[[Path], bool]
    check: Callable[[Path, T], Checked]

    def recognises(self, path: Path) -> bool:
        """Whether a file is of this kind; raise OSError if it cannot be read."""
        return path.suffix == self.suffix and self.recognise(path)


def _diff(path: Path, old: str, new: str) -> Iterator[str]:
    name = path.as_posix()
    for line in difflib.unified_diff(_lines(old), _lines(new), name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Split at line feeds only, as `patch` does."""
    return io.StringIO(text).readlines()
