"""Breaking long statements over lines, exactly as ``ruff format`` does.

An expression becomes a small document of texts, possible line breaks and groups; a
group whose content does not fit is printed with its breaks. The rules for where a
group stands are those of ruff's formatter: an assignment first tries to break
inside the brackets at its end, then puts parentheses around the whole value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from .documents import (
    ATTRIBUTE,
    BARE,
    CONDITIONAL,
    INSIDE,
    RANK,
    Level,
    arguments_of,
    expression,
    is_fluent,
    items_of,
)
from .expressions import (
    Atom,
    Attribute,
    Binary,
    Call,
    Conditional,
    Entries,
    Listing,
    Node,
    Paren,
    Subscript,
    Tuple,
    Unary,
    children,
    text,
)
from .printing import (
    SOFT,
    BestFit,
    Element,
    Group,
    IfBreaks,
    Indent,
    IndentIfBreaks,
    render,
)

WIDTH = 88
_serial = itertools.count()


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
        return _if_breaks_parenthesised(items_of(target.items))
    return expression(target, BARE)


def _breaks_first(value: Node) -> bool:
    """Whether a value breaks, or gets parentheses, before the target breaks."""
    match value:
        case Call(base, _) | Subscript(base, _):
            return not is_fluent(value) and _need_inside(base) == "fit"
        case Attribute():
            return _need(value) == "fit"
    return isinstance(value, Atom)


def _need_inside(base: Node) -> str:
    match base:
        case Call(inner, _) | Subscript(inner, _):
            return _need_inside(inner)
    return _need(base)


def _value_first(before: str, target: Node, value: Node, indent: int) -> list[str]:
    content = expression(value, BARE)
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
    """Return the lines of a definition without indentation."""
    found = arguments_of(tuple(arguments), BARE, defines=True)
    return render([before, found, after], 0, WIDTH)


# ---- an expression in the place of a statement's value ----


def _whole(node: Node) -> Element:
    if isinstance(node, Tuple) and node.bare:
        return _if_breaks_parenthesised(items_of(node.items))
    need = _need(node)
    if need == "never":
        return expression(node, BARE)
    if need == "fit":
        return BestFit(text(node))
    if _can_omit(node):
        return _optional(node)
    return _if_breaks_parenthesised(expression(node, INSIDE))


def _if_breaks_parenthesised(content: Element) -> Element:
    return Group([IfBreaks("("), Indent([SOFT, content]), SOFT, IfBreaks(")")])


def _optional(node: Node) -> Element:
    serial = next(_serial)
    content = expression(node, Level(optional=serial))
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
    if is_fluent(node):
        return "multiline"
    if isinstance(base, Atom):
        return "fit"
    return "never" if isinstance(base, Paren) else _need(base)


def _need_of_trailer(node: Node, base: Node) -> str:
    if is_fluent(node):
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
    if rank <= ATTRIBUTE:
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
                counts[RANK[op]] = counts.get(RANK[op], 0) + 1
            case Conditional():
                counts[CONDITIONAL] = counts.get(CONDITIONAL, 0) + 2
            case Unary("~", _):
                counts[RANK["~"]] = counts.get(RANK["~"], 0) + 1
            case Attribute(Call() | Subscript() | Paren() | Tuple(), _):
                counts[ATTRIBUTE] = counts.get(ATTRIBUTE, 0) + 1
    rank = max(counts)
    return rank, counts[rank]


def _has_brackets(node: Node) -> bool:
    return any(
        isinstance(p, Call | Subscript | Paren | Tuple | Listing | Entries)
        for p in _parts(node)
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
        case Tuple(items) | Listing(items) | Entries(_, items):
            return bool(items)
        case Paren():
            return True
    return False
