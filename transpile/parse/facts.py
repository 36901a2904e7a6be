"""What the outcome of a test tells about integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..graph.ir import Equation, Value
from ..graph.linear import Linear

Facts = list[Linear]
_ORDERS: Mapping[str, Callable[[Linear, Linear], Facts]] = {
    "less": lambda a, b: [b - a - 1],
    "less_equal": lambda a, b: [b - a],
    "greater": lambda a, b: [a - b - 1],
    "greater_equal": lambda a, b: [a - b],
    "equal": lambda a, b: [a - b, b - a],
    "not_equal": lambda a, b: [],
}
_NEGATED = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
    "equal": "not_equal",
    "not_equal": "equal",
}


def facts_of(equations: Sequence[Equation], test: Value, holds: bool) -> Facts:
    """Return the forms that are at least zero if a test came out so."""
    made = {result: eq for eq in equations for result in eq.results}
    return _facts(made, test, holds)


def _facts(made: Mapping[Value, Equation], test: Value, holds: bool) -> Facts:
    eq = made.get(test)
    if eq is None:
        return []
    if eq.op == "logical_not":
        return _facts(made, eq.operands[0], not holds)
    if eq.op == ("logical_and" if holds else "logical_or"):
        return [f for part in eq.operands for f in _facts(made, part, holds)]
    if eq.op == "if" and eq.attrs.get("spelled") == ("and" if holds else "or"):
        side = eq.regions[0 if holds else 1]
        inner = {r: e for e in side.equations for r in e.results}
        return _facts(made, eq.operands[0], holds) + _facts(
            {**made, **inner}, side.results[0], holds
        )
    if eq.op in _ORDERS and all(v.type.is_integer for v in eq.operands):
        op = eq.op if holds else _NEGATED[eq.op]
        return _ORDERS[op](*(v.as_linear for v in eq.operands))
    return []
