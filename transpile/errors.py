"""What goes wrong while transforming: problems, with place, carets and help."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that cannot be transformed, and what to do about it.

    ``line`` counts from 1; ``column`` and ``end_column`` count characters from 0.
    ``text`` is the source line as it stands in the file, indentation included. A
    problem that has no place in a file has line 0.

    Examples
    --------
    >>> print(Problem("a.py", 3, 4, 7, "no such name", "define it", "    foo(x)"))
    a.py:3:4: no such name
        foo(x)
        ^^^
    help: define it
    """

    file: str
    line: int
    column: int
    end_column: int
    message: str
    help: str | None = None
    text: str = ""

    def __str__(self) -> str:
        parts = [f"{self._place()}{self.message}"]
        if self.text.strip():
            parts += [f"    {self.text.strip()}", f"    {self._carets()}"]
        if self.help:
            parts.append(f"help: {self.help}")
        return "\n".join(parts)

    def _place(self) -> str:
        if not self.line:
            return f"{self.file}: " if self.file else ""
        return f"{self.file}:{self.line}:{self.column}: "

    def _carets(self) -> str:
        line = self.text.strip()
        start = self.column - (len(self.text) - len(self.text.lstrip()))
        start = min(max(start, 0), len(line) - 1)
        length = self.end_column - self.column
        if length <= 0:  # ends on a later line
            length = len(line) - start
        return " " * start + "^" * max(1, min(length, len(line) - start))


class TranspileError(Exception):
    """A function cannot be transformed; ``problems`` says all that is in the way."""

    __module__ = "gradscribe"

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        if isinstance(problems, Problem):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.problems))


def refuse(message: str, help: str | None = None, *, file: str = "") -> TranspileError:
    """Return an error about something that has no place in a source file."""
    return TranspileError(Problem(file, 0, 0, 0, message, help))


def nearest(name: str, names: Sequence[str]) -> Sequence[str]:
    """Return the name that is most like one, or else all of them."""
    return difflib.get_close_matches(name, names, 1) or names
