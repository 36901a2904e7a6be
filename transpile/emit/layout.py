"""Breaking long statements over lines, exactly as ``ruff format`` does.

An expression becomes a small document of texts, possible line breaks and groups; a
group whose content does not fit is printed with its breaks. The rules for where a
group stands are those of ruff's formatter: an assignment first tries to break
inside the brackets at its end, then puts parentheses around the whole value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .expressions import (
    Atom,
    Attribute,
    Binary,
    Call,
    Conditional,
    Keyword,
    Listing,
    Node,
    Paren,
    Slice,
    Subscript,
    Tuple,
    Unary,
    children,
    simple_power,
    slice_parts,
    text,
)
from .printing import (
    SOFT,
    SPACE,
    BestFit,
    Element,
    FitsExpanded,
    Group,
    IfBreaks,
    Indent,
    IndentIfBreaks,
    render,
)

WIDTH = 88


@dataclass(frozen=True, slots=True)
class Level:
    """What surrounds an expression: nothing, optional parentheses, or real ones."""

    real: bool = False
    optional: int | None = None


BARE = Level()
INSIDE = Level(real=True)

_serial = itertools.count()

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
_RANK = {op: rank for rank, ops in enumerate(_RANKS, 2) for op in ops}
_ATTRIBUTE, _CONDITIONAL = 1, len(_RANKS) + 2


def layout(before: str, value: Node | None, after: str, indent: int) -> list[str]:
    """Return the lines of ``before value after`` at an indentation.

    ``before`` is everything up to the value: ``"x = "``, ``"return "``, ``"if "``.
    """
    flat = before + ("" if value is None else text(value)) + after
    if value is None or indent + len(flat) <= WIDTH:
        return [" " * indent + flat]
    return render([before, _whole(value), after], indent, WIDTH)


def layout_assignment(
    target: Node, operator: str, value: Node, indent: int
) -> list[str]:
    """Return the lines of ``target operator value``, where the target may break."""
    flat = f"{text(target)} {operator} {text(value)}"
    if indent + len(flat) <= WIDTH:
        return [" " * indent + flat]
    if not isinstance(target, Subscript | Tuple):
        return render([f"{text(target)} {operator} ", _whole(value)], indent, WIDTH)
    if _breaks_first(value):
        return _value_first(f"{text(target)} {operator} ", target, value, indent)
    left = _target(target)
    return render([left, f" {operator} ", _whole(value)], indent, WIDTH)


def _target(target: Node) -> Element:
    if isinstance(target, Tuple) and target.bare:
        return _if_breaks_parenthesised(_items(target.items))
    return _expression(target, BARE)


def _breaks_first(value: Node) -> bool:
    """Whether a value breaks, or gets parentheses, before the target breaks."""
    match value:
        case Call(base, _) | Subscript(base, _):
            return not _is_fluent(value) and _need_inside(base) == "fit"
        case Attribute():
            return _need(value) == "fit"
    return isinstance(value, Atom)


def _need_inside(base: Node) -> str:
    match base:
        case Call(inner, _) | Subscript(inner, _):
            return _need_inside(inner)
    return _need(base)


def _value_first(before: str, target: Node, value: Node, indent: int) -> list[str]:
    content = _expression(value, BARE)
    found = render([before, content], indent, WIDTH)
    if len(found[0]) <= WIDTH:
        return found
    if indent + len(before) + 1 <= WIDTH:
        return [
            f"{' ' * indent}{before}(",
            *render(content, indent + 4, WIDTH),
            f"{' ' * indent})",
        ]
    operator = before[len(text(target)) :]
    return render([_target(target), operator, content], indent, WIDTH)


def layout_call(before: str, arguments: Iterable[Node], after: str) -> list[str]:
    """Return the lines of ``before(arguments)after`` without indentation."""
    return render([before, _arguments(tuple(arguments), BARE), after], 0, WIDTH)


# ---- an expression in the place of a statement's value ----


def _whole(node: Node) -> Element:
    if isinstance(node, Tuple) and node.bare:
        return _if_breaks_parenthesised(_items(node.items))
    need = _need(node)
    if need == "never":
        return _expression(node, BARE)
    if need == "fit":
        return BestFit(text(node))
    if _can_omit(node):
        return _optional(node)
    return _if_breaks_parenthesised(_expression(node, INSIDE))


def _if_breaks_parenthesised(content: Element) -> Element:
    return Group([IfBreaks("("), Indent([SOFT, content]), SOFT, IfBreaks(")")])


def _optional(node: Node) -> Element:
    serial = next(_serial)
    content = _expression(node, Level(optional=serial))
    return Group(
        [
            IfBreaks("("),
            IndentIfBreaks([SOFT, content], serial),
            SOFT,
            IfBreaks(")"),
        ],
        serial,
    )


def _need(node: Node) -> str:
    """Return whether a value that does not fit gets parentheses of its own."""
    match node:
        case Binary() | Conditional():
            return "multiline"
        case Unary(_, operand):
            return "never" if isinstance(operand, Paren) else _need(operand)
        case Atom(written):
            return "fit" if 5 < len(written) <= WIDTH - 4 else "never"
        case Attribute(base, _):
            return _need_of_attribute(node, base)
        case Call(base, _) | Subscript(base, _):
            return _need_of_trailer(node, base)
    return "never"


def _need_of_attribute(node: Node, base: Node) -> str:
    if _is_fluent(node):
        return "multiline"
    if isinstance(base, Atom):
        return "fit"
    return "never" if isinstance(base, Paren) else _need(base)


def _need_of_trailer(node: Node, base: Node) -> str:
    if _is_fluent(node):
        return "multiline"
    if isinstance(base, Paren):
        return "never"
    need = _need(base)
    return "never" if need == "fit" else need


def _can_omit(node: Node) -> bool:
    """Whether breaking inside the brackets of a value is enough."""
    rank, count = _loosest(node)
    if not _has_brackets(node) or count > 1:
        return False
    if rank <= _ATTRIBUTE:
        return True
    return _full_brackets(_last(node)) or _full_brackets(_first(node))


def _parts(node: Node) -> Iterator[Node]:
    """Yield what is not inside brackets, outermost first."""
    yield node
    match node:
        case Call(base, _) | Subscript(base, _) | Attribute(base, _):
            yield from _parts(base)
        case Binary() | Unary() | Conditional():
            for child in children(node):
                yield from _parts(child)


def _loosest(node: Node) -> tuple[int, int]:
    counts: dict[int, int] = {0: 0}
    for part in _parts(node):
        match part:
            case Binary(op, _, _):
                counts[_RANK[op]] = counts.get(_RANK[op], 0) + 1
            case Conditional():
                counts[_CONDITIONAL] = counts.get(_CONDITIONAL, 0) + 2
            case Unary("~", _):
                counts[_RANK["~"]] = counts.get(_RANK["~"], 0) + 1
            case Attribute(Call() | Subscript() | Paren() | Tuple(), _):
                counts[_ATTRIBUTE] = counts.get(_ATTRIBUTE, 0) + 1
    rank = max(counts)
    return rank, counts[rank]


def _has_brackets(node: Node) -> bool:
    return any(
        isinstance(p, Call | Subscript | Paren | Tuple | Listing) for p in _parts(node)
    )


def _last(node: Node) -> Node | None:
    while True:
        match node:
            case Binary(_, _, right):
                node = right
            case Unary(_, operand):
                node = operand
            case Conditional(_, _, no):
                node = no
            case _:
                return node


def _first(node: Node) -> Node | None:
    while True:
        match node:
            case Binary(_, left, _):
                node = left
            case Conditional(_, yes, _):
                node = yes
            case Call(base, _) | Subscript(base, _) | Attribute(base, _):
                node = base
            case Unary():
                return None
            case _:
                return node


def _full_brackets(node: Node | None) -> bool:
    match node:
        case Call(_, arguments):
            return bool(arguments)
        case Tuple(items) | Listing(items):
            return bool(items)
        case Paren():
            return True
    return False


# ---- documents ----


def _expression(node: Node, level: Level, in_chain: bool = False) -> Element:
    match node:
        case Paren(inner):
            return _brackets("(", _expression(inner, INSIDE), ")", level)
        case Unary(op, operand):
            sign = "not " if op == "not" else op
            return [sign, _expression(operand, level)]
        case Binary():
            return _group(_chain(_flatten(node), level), level)
        case Conditional():
            return _group(_conditional(node, level), level)
        case Keyword(name, value):
            return [f"{name}=", _expression(value, level)]
        case Slice():
            return _slice(node)
        case Listing(items):
            return _brackets("[", _items(items), "]", level)
        case Tuple(items, _):
            single = len(items) == 1
            return _brackets("(", _items(items, single) if items else "", ")", level)
        case Call() | Subscript() | Attribute():
            fluent = in_chain or (level != BARE and _is_fluent(node))
            content = _trailer(node, level, fluent)
            return Group(content) if fluent and not in_chain else content
    return text(node)


def _slice(node: Slice) -> Element:
    """Return a slice; its bounds may break inside their brackets."""
    parts: list[Element] = []
    for written in slice_parts(node):
        parts.append(
            written if isinstance(written, str) else _expression(written, INSIDE)
        )
    return parts


def _conditional(node: Conditional, level: Level) -> list[Element]:
    """Return a conditional whose ``else`` may hold another one in the same group."""
    no = node.no
    rest = (
        _conditional(no, level)
        if isinstance(no, Conditional)
        else [_expression(no, level)]
    )
    return [
        _expression(node.yes, level),
        _line(level),
        "if ",
        _expression(node.test, level),
        _line(level),
        "else ",
        *rest,
    ]


def _trailer(node: Node, level: Level, fluent: bool) -> Element:
    match node:
        case Call(base, arguments):
            return [_expression(base, level, fluent), _arguments(arguments, level)]
        case Subscript(base, items):
            content = (
                _expression(items[0], INSIDE) if len(items) == 1 else _sequence(items)
            )
            head = _expression(base, level, fluent)
            return [head, _brackets("[", content, "]", level)]
        case Attribute(base, name):
            dot: list[Element] = [_expression(base, level, fluent)]
            if fluent and isinstance(base, Call | Subscript | Paren):
                dot.append(_line(level, space=False))
            return [*dot, f".{name}"]
    raise TypeError(node)


def _arguments(arguments: tuple[Node, ...], level: Level) -> Element:
    if not arguments:
        return "()"
    return _brackets("(", _sequence(arguments), ")", level)


def _sequence(items: tuple[Node, ...]) -> Element:
    """Return items that may stand on one line of their own, between the brackets."""
    return Group(_items(items))


def _items(items: tuple[Node, ...], comma: bool = False) -> Element:
    parts: list[Element] = []
    for item in items:
        parts += [",", SPACE] if parts else []
        parts.append(_expression(item, INSIDE))
    return [*parts, "," if comma else IfBreaks(",")]


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
        return _expression(only, level)
    loosest = max(_RANK[p] for p in parts if isinstance(p, str))
    content: list[Element] = []
    start = 0
    for place, part in enumerate(parts):
        if not isinstance(part, str) or _RANK[part] != loosest:
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


def _is_fluent(node: Node) -> bool:
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
