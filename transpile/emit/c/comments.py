"""The comments and blank lines of a text, for a text with other statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .layout import safe


class Comments:
    """What stands before each statement of a text."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._written = 0

    def start(self, line: int) -> None:
        """Leave out what stands before a line (counted from 1)."""
        self._written = line

    def before(self, line: int, write: Callable[[str], None]) -> None:
        """Write what stands directly before a line, if that was not done."""
        first = line - 1
        while first > self._written and self._is_remark(self._lines[first - 1]):
            first -= 1
        for each in self._lines[first : line - 1]:
            text = each.strip()
            write(f"/* {safe(text[1:].strip())} */" if text else "")
        self._written = max(self._written, line)

    @staticmethod
    def _is_remark(line: str) -> bool:
        return not line.strip() or line.strip().startswith("#")
