"""Python statements as a tree, and their lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..graph.ir import Origin
from .expressions import Node
from .layout import WIDTH, layout, layout_assignment


@dataclass(slots=True)
class Simple:
    """An assignment, a ``return``, a ``break`` or an expression.

    ``target operator value`` with a target, else ``keyword value``.
    """

    value: Node | None = None
    target: Node | None = None
    operator: str = "="
    keyword: str = ""
    origin: Origin | None = None


@dataclass(slots=True)
class Block:
    """``keyword value:`` with a body, and what stands under its ``else``."""

    keyword: str
    value: Node
    body: list[Statement]
    orelse: list[Statement] = field(default_factory=list)
    origin: Origin | None = None


@dataclass(slots=True)
class Comment:
    """A line of comment; a heading has a blank line before it."""

    text: str
    heading: bool = False


@dataclass(slots=True)
class Blank:
    """A blank line, unless at the start of a block."""


Statement = Simple | Block | Comment | Blank
Line = tuple[str, Origin | None]


def lines(statements: list[Statement], indent: int) -> Iterator[Line]:
    """Yield the lines of statements at an indentation."""
    first = True
    blank = False
    for statement in statements:
        if isinstance(statement, Blank):
            blank = not first
            continue
        if blank or (
            isinstance(statement, Comment) and statement.heading and not first
        ):
            yield "", None
        first = blank = False
        yield from _lines(statement, indent)
    if first:
        yield " " * indent + "pass", None


def _lines(statement: Statement, indent: int) -> Iterator[Line]:
    match statement:
        case Simple():
            origin = statement.origin
            yield from ((t, origin) for t in _simple(statement, indent))
        case Comment(written):
            yield cut(f"{' ' * indent}# {written}"), None
        case Block():
            yield from _block(statement, indent, "")


def _simple(statement: Simple, indent: int) -> list[str]:
    if statement.target is None:
        return layout(statement.keyword, statement.value, "", indent)
    assert statement.value is not None
    return layout_assignment(
        statement.target, statement.operator, statement.value, indent
    )


def _block(block: Block, indent: int, prefix: str) -> Iterator[Line]:
    head = layout(prefix + block.keyword, block.value, ":", indent)
    yield from ((t, block.origin) for t in head)
    yield from lines(block.body, indent + 4)
    rest = block.orelse
    if len(rest) == 1 and isinstance(rest[0], Block) and rest[0].keyword == "if ":
        yield from _block(rest[0], indent, "el")
    elif rest:
        yield " " * indent + "else:", None
        yield from lines(rest, indent + 4)


def cut(line: str) -> str:
    """Return a line that fits, cut with an ellipsis where it does not."""
    if len(line) <= WIDTH:
        return line
    return line[: WIDTH - 4].rstrip() + " ..."
