"""Formulas as text, for the comments that tell of a rewrite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ..graph.ir import Value
from .patterns import Bindings, Call, Exactly, Matcher, Pattern, Wild

INFIX = {
    "add": ("+", 1),
    "subtract": ("-", 1),
    "multiply": ("*", 2),
    "divide": ("/", 2),
    "matmul": ("@", 2),
    "matvec": ("@", 2),
    "vecmat": ("@", 2),
    "dot": ("@", 2),
    "power": ("**", 4),
    "greater_equal": (">=", 0),
    "less": ("<", 0),
    "greater": (">", 0),
    "less_equal": ("<=", 0),
}
NEGATIVE, ATOM = 3, 9
WORDS = {"absolute": "abs"}
SAME_ON_THE_RIGHT = frozenset({"add", "multiply"})
# Longer formulas are cut down to "...".
LONGEST = 30

Formula = tuple[str, int]


def describe(pattern: Pattern, bindings: Bindings, known: Matcher) -> str:
    """Return the text of what a pattern matched, with the user's names."""

    def write(part: Pattern) -> Formula:
        if isinstance(part, Exactly):
            return number(part.value)
        if isinstance(part, Wild) and part.name not in bindings:
            return "...", ATOM
        if isinstance(part, Wild):
            return _short(bindings[part.name], known)
        assert isinstance(part, Call)
        return call(part.op, [write(each) for each in part.operands], part.attrs)

    return write(pattern)[0]


def describe_value(value: Value, leaves: Collection[Value], known: Matcher) -> str:
    """Return the text of a value in terms of leaves."""

    def write(part: Value, depth: int) -> Formula:
        found = known.lookup(part)
        stop = part.name or part in leaves or depth > 6
        if not found or (depth and stop):
            return _short(part, known)
        eq = found[0]
        if eq.op == "constant":
            return number(eq.attrs["value"])
        return call(eq.op, [write(v, depth + 1) for v in eq.operands], eq.attrs)

    return write(value, 0)[0]


def _short(value: Value, known: Matcher, depth: int = 0) -> Formula:
    """Return a name, or a formula of names if it is a small one."""
    if value.name:
        return value.name, ATOM
    found = known.lookup(value)
    if not found or depth > 2:
        return "...", ATOM
    eq = found[0]
    if eq.op == "index":
        name = eq.operands[0].name
        return f"{name}[...]" if name else "...", ATOM
    if eq.op == "constant":
        return number(eq.attrs["value"])
    formula = call(eq.op, [_short(v, known, depth + 1) for v in eq.operands], eq.attrs)
    return formula if len(formula[0]) <= LONGEST else ("...", ATOM)


def number(value: float) -> Formula:
    """Return the text of a number."""
    text = repr(value)
    return text, NEGATIVE if text.startswith("-") else ATOM


def call(op: str, operands: Sequence[Formula], attrs: object = None) -> Formula:
    """Return the text of an operation on formulas."""
    if op in INFIX:
        sign, level = INFIX[op]
        right = level if op in SAME_ON_THE_RIGHT else level + 1
        one = _inside(operands[0], level)
        return f"{one} {sign} {_inside(operands[1], right)}", level
    if op == "negative":
        return f"-{_inside(operands[0], NEGATIVE)}", NEGATIVE
    return special(op, [text for text, _ in operands]), ATOM


def special(op: str, texts: Sequence[str]) -> str:
    """Return the text of a function call."""
    shapes: dict[str, Callable[[], str]] = {
        "index": lambda: f"{texts[0]}[...]",
        "transpose": lambda: f"{texts[0]}.T",
    }
    if op in shapes:
        return shapes[op]()
    if op in ("broadcast_to", "reshape", "cast", "copy"):
        return texts[0]
    return f"{WORDS.get(op, op)}({', '.join(texts)})"


def _inside(formula: Formula, level: int) -> str:
    text, own = formula
    return text if own >= level else f"({text})"
