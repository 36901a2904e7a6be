"""A printer of documents: texts, possible breaks, groups that break as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ..records import record


@record()
class Line:
    """A place to break; when not broken, a space or nothing."""

    flat: str


SOFT = Line("")
SPACE = Line(" ")


@record()
class Group:
    """Content whose direct breaks are used all together or not at all.

    With ``only_if_broken`` it is a group only where that other group is broken.
    """

    content: Element
    serial: int | None = None
    only_if_broken: int | None = None


@record()
class Indent:
    """Content indented by four columns."""

    content: Element


@record()
class IndentIfBreaks:
    """Content indented where the group of that serial is broken."""

    content: Element
    serial: int


@record()
class IfBreaks:
    """Content of a broken group, and what stands for it otherwise."""

    content: Element
    flat: str = ""
    serial: int | None = None


@record()
class FitsExpanded:
    """Brackets that may break without breaking the optional parentheses around."""

    content: Element
    serial: int


@record()
class BestFit:
    """An unbreakable text, in parentheses where only that makes it fit."""

    text: str


Element: TypeAlias = (
    "str | Line | Group | Indent | IndentIfBreaks | IfBreaks | FitsExpanded | BestFit"
    " | Sequence[Element]"
)

_INDENT = 4


@record()
class _Entry:
    """Something still to print: broken or flat, at an indentation.

    The measurement of a ``lenient`` entry goes on after its breaks.
    """

    element: Element
    broken: bool
    indent: int
    lenient: bool = False

    def of(self, element: Element, indent: int = 0) -> _Entry:
        """Return an entry for a part of this one."""
        return _Entry(element, self.broken, self.indent + indent, self.lenient)


def render(element: Element, indent: int, width: int) -> list[str]:
    """Return the lines of a document that starts at an indentation."""
    return _Printer(width).run(element, indent)


class _Printer:
    def __init__(self, width: int) -> None:
        self.width = width
        self.lines = [""]
        self.broken: dict[int, bool] = {}
        self.measured = False

    def run(self, element: Element, indent: int) -> list[str]:
        self.lines = [" " * indent]
        stack = [_Entry(element, True, indent)]
        while stack:
            entry = stack.pop()
            stack.extend(reversed(self.step(entry, stack)))
        return [line.rstrip() for line in self.lines]

    def step(self, entry: _Entry, stack: list[_Entry]) -> list[_Entry]:
        """Print an entry, or return its parts."""
        element = entry.element
        if isinstance(element, str):
            self.lines[-1] += element
            return []
        if isinstance(element, Line):
            self.line(entry, element)
            return []
        if isinstance(element, Group):
            return [self.group(entry, element, stack)]
        if isinstance(element, BestFit):
            return [self.best_fit(entry, element, stack)]
        if isinstance(element, FitsExpanded):
            if not self.broken[element.serial]:
                self.measured = False
            return [entry.of(element.content)]
        return self.parts(entry)

    def parts(self, entry: _Entry) -> list[_Entry]:
        """Return the parts of an entry that means the same in print and measure."""
        element = entry.element
        match element:
            case Indent(content):
                return [entry.of(content, _INDENT)]
            case IndentIfBreaks(content, serial):
                return [entry.of(content, _INDENT if self.broken[serial] else 0)]
            case IfBreaks(content, flat, serial):
                broken = entry.broken if serial is None else self.broken[serial]
                return [entry.of(content if broken else flat)]
            case str() | Line() | Group() | FitsExpanded() | BestFit():
                raise TypeError(element)
            case _:
                return [entry.of(part) for part in element]

    def line(self, entry: _Entry, line: Line) -> None:
        if not entry.broken:
            self.lines[-1] += line.flat
            return
        self.lines.append(" " * entry.indent)
        self.measured = False

    def group(self, entry: _Entry, group: Group, stack: list[_Entry]) -> _Entry:
        if group.only_if_broken is not None and not self.broken[group.only_if_broken]:
            return entry.of(group.content)
        if not entry.broken and self.measured:
            return self.open(entry, group, False)
        self.measured = True
        if group.serial is not None:
            self.broken[group.serial] = False
        flat = _Entry(group.content, False, entry.indent)
        return self.open(entry, group, not self.fits(flat, stack))

    def open(self, entry: _Entry, group: Group, broken: bool) -> _Entry:
        if group.serial is not None:
            self.broken[group.serial] = broken
        return _Entry(group.content, broken, entry.indent)

    def best_fit(self, entry: _Entry, fit: BestFit, stack: list[_Entry]) -> _Entry:
        flat = entry.of(fit.text)
        inside = entry.indent + _INDENT + len(fit.text) <= self.width
        if self.fits(flat, stack) or not inside:
            return flat
        return entry.of(["(", Indent([SOFT, fit.text]), SOFT, ")"])

    def fits(self, first: _Entry, rest: list[_Entry]) -> bool:
        """Whether what follows, up to the next sure break, fits on the line."""
        column = len(self.lines[-1])
        todo, remaining = [first], len(rest)
        while todo or remaining:
            if not todo:
                remaining -= 1
                todo.append(rest[remaining])
            entry = todo.pop()
            element = entry.element
            if isinstance(element, Line) and entry.broken:
                if not entry.lenient:
                    return True
                column = entry.indent
            elif isinstance(element, (str, Line, BestFit)):
                column += _length(element)
                if column > self.width:
                    return False
            else:
                todo.extend(reversed(self.measure(entry)))
        return True

    def measure(self, entry: _Entry) -> list[_Entry]:
        element = entry.element
        if isinstance(element, Group):
            if element.serial is not None and element.serial not in self.broken:
                self.broken[element.serial] = entry.broken
            return [entry.of(element.content)]
        if isinstance(element, FitsExpanded):
            free = not entry.broken and not self.broken[element.serial]
            if free:
                return [_Entry(element.content, True, entry.indent, lenient=True)]
            return [entry.of(element.content)]
        return self.parts(entry)


def _length(element: str | Line | BestFit) -> int:
    if isinstance(element, str):
        return len(element)
    return len(element.flat if isinstance(element, Line) else element.text)
