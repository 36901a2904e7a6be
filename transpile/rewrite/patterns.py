"""Patterns: small expressions with wildcards, matched through definitions.

A pattern is written with the operators and functions that its replacement is written
with: ``log(1 - sigmoid(X))`` is a pattern where X is a wildcard and an emitted
expression where it is an `Expr`. Commutative operations match in both orders, and an
operation also matches its other spellings (``x - 1`` is ``x + -1``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from itertools import chain
from typing import Any, Protocol, overload

from ..graph.build import Expr, Number
from ..graph.ir import Equation, Type, Value
from ..records import record


class Matcher(Protocol):
    """What matching needs to know: see `Scope`."""

    def lookup(self, value: Value) -> tuple[Equation, ...]:
        """Return the equations known to define a value."""

    def same(self, one: Value, other: Value) -> bool:
        """Whether two values are surely equal."""

    def readable(self, value: Value) -> bool:
        """Whether a value may be read where the match would be replaced."""


Bindings = Mapping[str, Any]


class Pattern:
    """An expression with wildcards; operators build larger ones."""

    __slots__ = ()

    def __add__(self, other: Pattern | Number) -> Pattern:
        return _call("add", self, other)

    def __radd__(self, other: Number) -> Pattern:
        return _call("add", other, self)

    def __sub__(self, other: Pattern | Number) -> Pattern:
        return _call("subtract", self, other)

    def __rsub__(self, other: Number) -> Pattern:
        return _call("subtract", other, self)

    def __mul__(self, other: Pattern | Number) -> Pattern:
        return _call("multiply", self, other)

    def __rmul__(self, other: Number) -> Pattern:
        return _call("multiply", other, self)

    def __truediv__(self, other: Pattern | Number) -> Pattern:
        return _call("divide", self, other)

    def __rtruediv__(self, other: Number) -> Pattern:
        return _call("divide", other, self)

    def __pow__(self, other: Pattern | Number) -> Pattern:
        return _call("power", self, other)

    def __neg__(self) -> Pattern:
        return _call("negative", self)


@record()
class Wild(Pattern):
    """Any value of a kind, the same one under one name.

    ``kind`` is ``real`` (floating), ``inexact`` (complex too) or ``any``. What has
    the name ``_`` is not bound, and need not be readable.
    """

    name: str
    kind: str = "real"

    def admits(self, kind: Type) -> bool:
        """Whether values of a type may stand here."""
        inexact = kind.is_float or (self.kind == "inexact" and kind.is_complex)
        return self.kind == "any" or inexact


@record()
class Exactly(Pattern):
    """A constant of a given value."""

    value: Number


@record()
class Attr:
    """Any value of an attribute, bound to a name."""

    name: str


@record()
class Call(Pattern):
    """An operation on patterns; attributes that are not named may be anything.

    ``rest`` binds the operands after those given, as a tuple.
    """

    op: str
    operands: tuple[Pattern, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    rest: str | None = None


def lift(item: Pattern | Number) -> Pattern:
    """Return a pattern from a pattern or a number."""
    return item if isinstance(item, Pattern) else Exactly(item)


def _call(op: str, *operands: Pattern | Number) -> Call:
    return Call(op, tuple(map(lift, operands)))


# ---- functions that build either a pattern or equations ----


class Function:
    """``name(x, ...)``: a pattern of patterns, an emitted equation of expressions."""

    def __init__(self, op: str) -> None:
        self.op = op

    @overload
    def __call__(self, first: Expr, *others: Expr | Number, **attrs: Any) -> Expr: ...

    @overload
    def __call__(
        self, first: Pattern, *others: Pattern | Number, **attrs: Any
    ) -> Pattern: ...

    def __call__(self, first: Any, *others: Any, **attrs: Any) -> Any:
        """Return a pattern, or emit and return an expression."""
        if isinstance(first, Expr):
            return first.op(self.op, *others, **attrs)
        rest = attrs.pop("rest", None)
        return Call(self.op, tuple(map(lift, (first, *others))), attrs, rest)


# ---- matching ----

COMMUTATIVE = frozenset(
    "add multiply maximum minimum fmax fmin logaddexp equal not_equal".split()
)


def _negated(pattern: Call) -> Iterator[Call]:
    yield Call("multiply", (Exactly(-1), pattern.operands[0]))


def _added(pattern: Call) -> Iterator[Call]:
    for one, other in (pattern.operands, pattern.operands[::-1]):
        if isinstance(other, Exactly):
            yield Call("subtract", (one, Exactly(-other.value)))


def _subtracted(pattern: Call) -> Iterator[Call]:
    one, other = pattern.operands
    if isinstance(other, Exactly):
        yield Call("add", (one, Exactly(-other.value)))
    if isinstance(one, Exactly):
        yield Call("add", (one, Call("negative", (other,))))


def _divided(pattern: Call) -> Iterator[Call]:
    one, other = pattern.operands
    if one == Exactly(1):
        yield Call("reciprocal", (other,))
        yield Call("power", (other, Exactly(-1)))


def _raised(pattern: Call) -> Iterator[Call]:
    one, other = pattern.operands
    if other == Exactly(2):
        yield Call("square", (one,))
        yield Call("multiply", (one, one))
    yield Call("float_power", (one, other))


# op -> how else the same is written
SPELLINGS: Mapping[str, Callable[[Call], Iterator[Call]]] = {
    "negative": _negated,
    "add": _added,
    "subtract": _subtracted,
    "divide": _divided,
    "power": _raised,
}


def heads(pattern: Pattern) -> frozenset[str]:
    """Return the operations that an equation matching a pattern may have."""
    if not isinstance(pattern, Call):
        raise TypeError("a row's pattern must be an operation")
    others = SPELLINGS.get(pattern.op)
    more = {each.op for each in others(pattern)} if others else set()
    return frozenset({pattern.op} | more)


def match(
    pattern: Pattern, eq: Equation, known: Matcher, bindings: Bindings
) -> Iterator[Bindings]:
    """Yield every way in which an equation is an instance of a pattern."""
    assert isinstance(pattern, Call)
    others = SPELLINGS.get(pattern.op)
    spelled = others(pattern) if others else iter(())
    for form in chain((pattern,), spelled):
        if form.op == eq.op:
            yield from _match_call(form, eq, known, bindings)


def _match_call(
    form: Call, eq: Equation, known: Matcher, bindings: Bindings
) -> Iterator[Bindings]:
    count = len(form.operands)
    if len(eq.operands) != count and not (form.rest and len(eq.operands) > count):
        return
    for name, wanted in form.attrs.items():
        found = eq.attrs.get(name, False)
        if isinstance(wanted, Attr):
            if bindings.get(wanted.name, found) != found:
                return
            bindings = {**bindings, wanted.name: found}
        elif wanted != found:
            return
    if form.rest:
        bindings = {**bindings, form.rest: eq.operands[count:]}
    operands = eq.operands[:count]
    yield from _match_all(form.operands, operands, known, bindings)
    if form.op in COMMUTATIVE:
        yield from _match_all(form.operands, operands[::-1], known, bindings)


def _match_all(
    patterns: tuple[Pattern, ...],
    values: tuple[Value, ...],
    known: Matcher,
    bindings: Bindings,
) -> Iterator[Bindings]:
    if not patterns:
        yield bindings
        return
    for found in match_value(patterns[0], values[0], known, bindings):
        yield from _match_all(patterns[1:], values[1:], known, found)


def match_value(
    pattern: Pattern, value: Value, known: Matcher, bindings: Bindings
) -> Iterator[Bindings]:
    """Yield every way in which a value is an instance of a pattern."""
    if isinstance(pattern, Wild):
        yield from _match_wild(pattern, value, known, bindings)
    elif isinstance(pattern, Exactly):
        number = constant_of(value, known)
        if number is not None and number == pattern.value:
            yield bindings
    elif isinstance(pattern, Call):
        for eq in known.lookup(value):
            yield from match(pattern, eq, known, bindings)


def _match_wild(
    pattern: Wild, value: Value, known: Matcher, bindings: Bindings
) -> Iterator[Bindings]:
    if pattern.name == "_":
        yield bindings
        return
    before = bindings.get(pattern.name)
    if before is not None:
        if known.same(before, value):
            yield bindings
    elif pattern.admits(value.type):
        yield {**bindings, pattern.name: value}


def constant_of(value: Value, known: Matcher) -> Number | None:
    """Return the real number that a value is a constant of, None if it is not one."""
    for eq in known.lookup(value):
        if eq.op == "constant" and not isinstance(eq.attrs["value"], complex):
            number: Number = eq.attrs["value"]
            return number
    return None


# ---- rows of tables ----


@record()
class Row:
    """A rewrite: a pattern and what to write instead.

    ``replacement`` takes what the wildcards bound, by name, and returns an
    expression or a value; None means that the row does not apply after all. ``only``
    is a condition. Both may also ask for ``editor`` and ``eq``, the equation.
    ``comment`` says whether generated code should mention the rewrite.
    """

    name: str
    pattern: Pattern
    replacement: Callable[..., Any]
    comment: bool = False
    only: Callable[..., bool] | None = None


class Table:
    """Rows by the operations that their patterns may start with, in order."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self.by_head: dict[str, list[Row]] = {}
        for row in rows:
            for head in sorted(heads(row.pattern)):
                self.by_head.setdefault(head, []).append(row)

    def rows_for(self, op: str) -> list[Row]:
        """Return the rows that may match an equation of an operation."""
        return self.by_head.get(op, [])
