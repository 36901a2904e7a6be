"""Expressions as documents that can break over lines, where ruff breaks them."""

from __future__ import annotations

from dataclasses import dataclass

from .expressions import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Entries,
    Keyword,
    Listing,
    Node,
    Paren,
    Slice,
    Subscript,
    Tuple,
    Unary,
    simple_power,
    slice_parts,
    text,
)
from .printing import SOFT, SPACE, Element, FitsExpanded, Group, IfBreaks, Indent


@dataclass(frozen=True, slots=True)
class Level:
    """What surrounds an expression: nothing, optional parentheses, or real ones."""

    real: bool = False
    optional: int | None = None


BARE = Level()
INSIDE = Level(real=True)

# ruff's ranks: the loosest operator of a chain is where it breaks.
_RANKS = (
    ("**",),
    ("~",),
    ("*", "/", "//", "%", "@"),
    ("+", "-"),
    ("<<", ">>"),
    ("&",),
    ("^",),
    ("|",),
    ("<", "<=", ">", ">=", "==", "!=", "is", "in"),
    ("and", "or"),
)
RANK = {op: rank for rank, ops in enumerate(_RANKS, 2) for op in ops}
ATTRIBUTE, CONDITIONAL = 1, len(_RANKS) + 2


def expression(node: Node, level: Level, in_chain: bool = False) -> Element:
    """Return an expression as a document; ``in_chain`` inside a fluent chain."""
    match node:
        case Paren(inner):
            return _brackets("(", expression(inner, INSIDE), ")", level)
        case Unary(op, operand):
            sign = "not " if op == "not" else op
            return [sign, expression(operand, level)]
        case Binary():
            return _group(_chain(_flatten(node), level), level)
        case Conditional():
            return _group(_conditional(node, level), level)
        case Keyword(name, value):
            return [f"{name}=", expression(value, level)]
        case Slice():
            return _slice(node)
        case Listing(items):
            return _brackets("[", items_of(items), "]", level)
        case Entries():
            return _brackets("{", _entries(node), "}", level)
        case Tuple(items, _):
            single = len(items) == 1
            return _brackets("(", items_of(items, single) if items else "", ")", level)
        case Call() | Subscript() | Attribute():
            fluent = in_chain or (level != BARE and is_fluent(node))
            content = _trailer(node, level, fluent)
            return Group(content) if fluent and not in_chain else content
    return text(node)


def _slice(node: Slice) -> Element:
    """Return a slice; its bounds may break inside their brackets."""
    parts: list[Element] = []
    for written in slice_parts(node):
        parts.append(
            written if isinstance(written, str) else expression(written, INSIDE)
        )
    return parts


def _conditional(node: Conditional, level: Level) -> list[Element]:
    """Return a conditional whose ``else`` may hold another one in the same group."""
    no = node.no
    rest = (
        _conditional(no, level)
        if isinstance(no, Conditional)
        else [expression(no, level)]
    )
    return [
        expression(node.yes, level),
        _line(level),
        "if ",
        expression(node.test, level),
        _line(level),
        "else ",
        *rest,
    ]


def _trailer(node: Node, level: Level, fluent: bool) -> Element:
    match node:
        case Call(base, arguments):
            return [expression(base, level, fluent), arguments_of(arguments, level)]
        case Subscript(base, items):
            content = (
                expression(items[0], INSIDE) if len(items) == 1 else _sequence(items)
            )
            head = expression(base, level, fluent)
            return [head, _brackets("[", content, "]", level)]
        case Attribute(base, name):
            dot: list[Element] = [expression(base, level, fluent)]
            if fluent and isinstance(base, Call | Subscript | Paren):
                dot.append(_line(level, space=False))
            return [*dot, f".{name}"]
    raise TypeError(node)


def arguments_of(
    arguments: tuple[Node, ...], level: Level, defines: bool = False
) -> Element:
    """Return the brackets of a call or definition with what is in them."""
    if not arguments:
        return "()"
    if len(arguments) == 1 and not defines:  # no comma after a single one
        return _brackets("(", Group(expression(arguments[0], INSIDE)), ")", level)
    return _brackets("(", _sequence(arguments), ")", level)


def _sequence(items: tuple[Node, ...]) -> Element:
    """Return items that may stand on one line of their own, between the brackets."""
    return Group(items_of(items))


def items_of(items: tuple[Node, ...], comma: bool = False) -> Element:
    """Return items with commas; one at the end where they stand on lines."""
    parts: list[Element] = []
    for item in items:
        parts += [",", SPACE] if parts else []
        parts.append(expression(item, INSIDE))
    return [*parts, "," if comma else IfBreaks(",")]


def _entries(node: Entries) -> Element:
    parts: list[Element] = []
    for key, item in zip(node.keys, node.items, strict=True):
        parts += [",", SPACE] if parts else []
        parts += [f"{key}: ", expression(item, INSIDE)]
    return [*parts, IfBreaks(",")] if parts else ""


def _brackets(left: str, content: Element, right: str, level: Level) -> Element:
    inner = Group([left, Indent([SOFT, content]), SOFT, right])
    if level.optional is None or level.real:
        return inner
    return FitsExpanded(inner, level.optional)


def _group(content: Element, level: Level) -> Element:
    if level.real:
        return Group(content)
    if level.optional is not None:
        return Group(content, only_if_broken=level.optional)
    return content


def _line(level: Level, space: bool = True) -> Element:
    line = SPACE if space else SOFT
    if level.real:
        return line
    flat = " " if space else ""
    if level.optional is not None:
        return IfBreaks(line, flat, level.optional)
    return flat


def _flatten(node: Node) -> list[Node | str]:
    if isinstance(node, Binary):
        return [*_flatten(node.left), node.op, *_flatten(node.right)]
    return [node]


def _chain(parts: list[Node | str], level: Level) -> Element:
    """Return operands broken before the loosest operators, all of them or none."""
    if len(parts) == 1:
        (only,) = parts
        assert not isinstance(only, str)
        return expression(only, level)
    loosest = max(RANK[p] for p in parts if isinstance(p, str))
    content: list[Element] = []
    start = 0
    for place, part in enumerate(parts):
        if not isinstance(part, str) or RANK[part] != loosest:
            continue
        hug = part == "**" and _hugs(parts, place)
        content.append(_side(parts[start:place], level))
        content.append(_line(level, space=not hug))
        content += [part, _space_if_broken(level)] if hug else [f"{part} "]
        start = place + 1
    return [*content, _side(parts[start:], level)]


def _space_if_broken(level: Level) -> Element:
    """Return the space behind a ``**`` that begins a line."""
    if level.real:
        return IfBreaks(" ")
    if level.optional is not None:
        return IfBreaks(IfBreaks(" "), "", level.optional)
    return ""


def _hugs(parts: list[Node | str], place: int) -> bool:
    sides = (parts[place - 1], parts[place + 1])
    return all(not isinstance(s, str) and simple_power(s) for s in sides)


def _side(parts: list[Node | str], level: Level) -> Element:
    content = _chain(parts, level)
    return content if len(parts) == 1 else _group(content, level)


def is_fluent(node: Node) -> bool:
    """Whether a chain of methods puts its dots on lines of their own."""
    count = 0
    while True:
        match node:
            case Attribute(Paren(), _):
                return count + 1 >= 2
            case Attribute(base, _):
                count += isinstance(base, Call | Subscript)
                node = base
            case Call(base, _) | Subscript(base, _) if not isinstance(base, Paren):
                node = base
            case _:
                return count >= 2
