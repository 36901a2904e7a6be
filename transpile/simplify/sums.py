"""Adjoint arithmetic in canonical form: flat sums of products, cancelled, factored.

An equation that adds, multiplies or divides is read as a polynomial in several ways,
from narrow (only what serves it alone is opened) to wide (definitions of the forward
part too, products of sums multiplied out), written again, and replaced where that is
cheaper. What the user computes in the forward part is read, never changed.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ..graph.build import Number
from ..graph.ir import WRITES, Equation, Value
from ..graph.shapes import TypeRefused
from ..rewrite import Editor
from ..rewrite.recognise import surely_finite
from .cost import cost, is_added, owned
from .polynomial import (
    Factor,
    Factors,
    Polynomial,
    Term,
    TooLarge,
    canonical,
    exact,
    less,
)
from .written import written

RING = frozenset({"add", "subtract", "negative", "multiply", "divide"})
PRODUCTS = frozenset({"multiply", "divide"})
ADDING = frozenset({"add", "subtract", "negative"})
FILLED = {"zeros": 0, "ones": 1}
# Opened wherever they stand: nothing is lost by not computing them.
PLAIN = frozenset(
    """constant zeros ones full broadcast_to negative positive copy""".split()
)
OPENED = RING | PLAIN
# Zero exactly where their operands are.
SIZES = frozenset({"absolute", "hypot"})
EXACT_INTEGERS = frozenset({"int64", "weak_int"})
DEEPEST = 24


@dataclass
class Reading:
    """One way of reading a value as a polynomial.

    ``own`` are the values that only serve this one: they are opened, and ``wide``
    opens every other definition too. ``multiplied`` multiplies out products of sums
    and takes sigmoid(-x) for 1 - sigmoid(x). ``held`` tells afterwards whether a wider
    reading would have found something else.
    """

    editor: Editor
    wide: bool
    multiplied: bool
    own: Container[Value] = ()
    complements: list[Value] = field(default_factory=list)
    known: dict[Value, Polynomial] = field(default_factory=dict)
    unit: Value | None = None
    held: bool = False

    def root(self, eq: Equation) -> Polynomial:
        """Return the polynomial that an equation computes."""
        terms = map(self._unguarded, self._opened(eq, 0).terms)
        found = Polynomial.collect(map(self._turned, terms))
        if any(self._cancels_badly(found, value) for value in self.complements):
            raise TooLarge
        return found

    def value(self, value: Value, depth: int) -> Polynomial:
        """Return a value as a polynomial: opened, or as a factor."""
        if value not in self.known:
            self.known[value] = self._read(value, depth)
        return self.known[value]

    def _read(self, value: Value, depth: int) -> Polynomial:
        eq = self.editor.definition(value)
        if eq is not None and depth < DEEPEST and self._opens(value, eq):
            return self._opened(eq, depth)
        if eq is not None and eq.op == "sigmoid":
            mirrored = self._complement(eq) if self._multiplies() else None
            if mirrored is not None:
                return mirrored
        if not self.editor.readable(value):
            raise TooLarge
        return Polynomial.factor(value)

    def _opens(self, value: Value, eq: Equation) -> bool:
        if eq.op == "constant":
            number = eq.attrs["value"]
            if isinstance(number, complex):
                return number.real == 0 and math.isfinite(number.imag)
            return not isinstance(number, bool) and math.isfinite(number)
        known = eq.op in OPENED or is_added(eq)
        if not known or not self._is_exact(value):
            return False
        if self.wide or eq.op in PLAIN or value in self.own:
            return True
        self.held = True
        return False

    def _multiplies(self) -> bool:
        """Whether to multiply out; that a wider reading may is noted."""
        self.held |= not self.multiplied
        return self.multiplied

    def _is_exact(self, value: Value) -> bool:
        return value.type.is_inexact or value.type.dtype in EXACT_INTEGERS

    def _opened(self, eq: Equation, depth: int) -> Polynomial:
        if eq.op in FILLED:
            return Polynomial.number(FILLED[eq.op])
        if eq.op == "constant":
            return self._number(eq.attrs["value"])
        first = self.value(eq.operands[0], depth + 1)
        if eq.op in ("full", "broadcast_to", "copy", "positive"):
            return first
        if eq.op == "negative":
            return -first
        second = self.value(eq.operands[1], depth + 1)
        if eq.op in ("add", "accumulate"):
            return first + second
        if eq.op == "subtract":
            return first + -second
        if eq.op == "multiply":
            return self._product(eq, first, second)
        return self._quotient(eq, first, second)

    def _number(self, number: Number | complex) -> Polynomial:
        if not isinstance(number, complex):
            return Polynomial.number(exact(number))
        self.unit = self.editor.constant(1j)
        return Polynomial.factor(self.unit).scaled(exact(number.imag))

    def _product(self, eq: Equation, one: Polynomial, two: Polynomial) -> Polynomial:
        parts = []
        for found, value in zip((one, two), eq.operands, strict=True):
            whole = len(found.terms) > 1 and not self._multiplies()
            parts.append(self._factor(value) if whole else found)
        return parts[0] * parts[1]

    def _quotient(self, eq: Equation, one: Polynomial, two: Polynomial) -> Polynomial:
        if len(one.terms) > 1 and not self._multiplies():
            one = self._factor(eq.operands[0])
        if two.constant:
            return one.scaled(Fraction(1) / two.constant)
        if not eq.result.type.is_inexact:
            raise TooLarge
        return one * self._factor(eq.operands[1], over=True)

    def _factor(self, value: Value, over: bool = False) -> Polynomial:
        if not self.editor.readable(value):
            raise TooLarge
        return Polynomial.factor(value, over)

    # ---- a * where(a == 0 and ..., 1, x) = a * x, where x is finite ----

    def _unguarded(self, term: Term) -> Term:
        factors, coefficient = term
        factors = self._without_sizes(factors)
        return tuple(self._without_guard(f, factors) for f in factors), coefficient

    def _without_guard(self, factor: Factor, beside: Factors) -> Factor:
        eq = self.editor.definition(factor.value)
        if factor.over or eq is None or eq.op != "where":
            return factor
        condition, safe, value = eq.operands
        test = self._test(condition)
        if test is None or self.editor.number(safe) is None:
            return factor
        zero, given = self.editor.number(test.operands[1]), self.editor.facts.params
        if zero != 0 or not surely_finite(self.editor, value, given):
            return factor
        if not self.editor.readable(value) or not self._divides(test, beside):
            return factor
        return Factor(value)

    def _test(self, condition: Value) -> Equation | None:
        """Return the comparison of a guard, which may hold at poles only."""
        test = self.editor.definition(condition)
        if test is not None and test.op == "logical_and":
            test = self.editor.definition(test.operands[0])
        return test if test is not None and test.op == "equal" else None

    def _divides(self, test: Equation, beside: Factors) -> bool:
        """Whether what is compared with zero is a part of a product."""
        terms = self.value(test.operands[0], 0).terms
        return len(terms) == 1 and set(terms[0][0]) <= set(beside)

    # ---- abs(z) * z / where(abs(z) == 0, 1, abs(z)) = z ----

    def _without_sizes(self, factors: Factors) -> Factors:
        for factor in factors:
            size = self._guarded(factor)
            known = None if size is None else self.editor.definition(size)
            if size is None or known is None or known.op not in SIZES:
                continue
            parts = [Factor(v) for v in known.operands]
            if Factor(size) in factors and any(part in factors for part in parts):
                return less(factors, (factor, Factor(size)))
        return factors

    def _guarded(self, factor: Factor) -> Value | None:
        """Return what a product is divided by, where it is not zero."""
        eq = self.editor.definition(factor.value)
        if not factor.over or eq is None or eq.op != "where":
            return None
        condition, safe, value = eq.operands
        test = self.editor.definition(condition)
        if test is None or test.op != "equal" or test.operands[0] is not value:
            return None
        numbers = self.editor.number(test.operands[1]), self.editor.number(safe)
        return value if numbers == (0, 1) else None

    # ---- 1j * 1j = -1 ----

    def _turned(self, term: Term) -> Term:
        factors, coefficient = term
        units = [f for f in factors if f.value is self.unit]
        if len(units) < 2 and not any(f.over for f in units):
            return term
        turns = sum(-1 if f.over else 1 for f in units)
        rest = less(factors, units)
        if turns % 2 and self.unit is not None:
            rest = (Factor(self.unit), *rest)
        return rest, -coefficient if turns % 4 in (2, 3) else coefficient

    # ---- sigmoid(-x) = 1 - sigmoid(x) ----

    def _complement(self, eq: Equation) -> Polynomial | None:
        editor, (x,) = self.editor, eq.operands
        if not editor.readable(x):
            return None
        minus = editor.negated(x)
        if minus is None:
            return None
        mirrored = editor.emit("sigmoid", minus)
        self.complements.append(mirrored)
        return Polynomial.number(1) + -Polynomial.factor(mirrored)

    def _cancels_badly(self, found: Polynomial, mirrored: Value) -> bool:
        """Whether a difference ``1 - sigmoid(x)`` is left: it would lose precision."""
        factor = Polynomial.factor(mirrored).terms[0][0][0]
        inside, outside = found.split(factor)
        return any(
            other == -coefficient and canonical(f) == canonical(g)
            for f, coefficient in inside.terms
            for g, other in outside.terms
        )


READINGS = ((False, False), (True, False), (True, True))


def simplify_sum(editor: Editor, eq: Equation) -> bool:
    """Rewrite an equation of arithmetic as a cheaper one."""
    if not (eq.op in RING or is_added(eq)) or not eq.result.type.is_inexact:
        return False
    if is_added(eq) and editor.facts.uses[eq.operands[0]] != 1:
        return False
    if eq.op == "negative" and editor.facts.readers.get(eq.result) == {"accumulate"}:
        return False  # printed as ``-=``
    own = owned(editor, eq)
    best, least = None, cost(editor, eq.result, (), own)
    seen: list[Polynomial] = []
    for wide, multiplied in READINGS:
        mark, reading = editor.mark(), Reading(editor, wide, multiplied, own)
        try:
            value = _write(editor, eq, reading, seen)
        except (TooLarge, TypeRefused, OverflowError):
            value = None
        if value is not None:
            new = cost(editor, value, editor.equations[mark:], own)
            merged = best is None and len(seen[-1].terms) < _summands(eq, own)
            if new < least or (merged and new == least):
                best, least = (wide, multiplied), new
        editor.rollback(mark)
        if not reading.held:
            break
    if best is None:
        return False
    mark = editor.mark()
    value = _write(editor, eq, Reading(editor, *best, own), [])
    return value is not None and editor.become(eq, value, mark)


def _write(
    editor: Editor, eq: Equation, reading: Reading, seen: list[Polynomial]
) -> Value | None:
    """Emit one reading; None if it was seen before or multiplies out too much."""
    found = reading.root(eq)
    if found in seen:
        return None
    seen.append(found)
    if is_added(eq) and _adds_to(editor, found, eq.operands[0]):
        return None
    terms = len(found.terms)
    if reading.multiplied and terms > 1 and terms > _top_terms(editor, eq):
        return None
    return written(editor, found, eq)


def _adds_to(editor: Editor, found: Polynomial, base: Value) -> bool:
    """Whether a sum still reads an array that is kept elsewhere, and so adds to it."""
    made, own = editor.definition(base), Factor(base)
    if made is not None and made.op not in WRITES:
        return False
    return len(found.terms) > 1 and any(own in factors for factors, _ in found.terms)


def _summands(eq: Equation, own: Mapping[Value, Equation]) -> int:
    """Return the number of terms that an equation adds, equal ones counted apart."""
    if not (eq.op in ADDING or is_added(eq)):
        return 1
    return sum(_summands(own[v], own) if v in own else 1 for v in eq.operands)


def _top_terms(editor: Editor, eq: Equation) -> int:
    """Return the number of terms that an equation adds before any are multiplied."""
    try:
        return len(Reading(editor, True, False).root(eq).terms)
    except TooLarge:
        return 0


def negate_outside(editor: Editor, eq: Equation) -> bool:
    """Add a negated product as its negative, to print as ``-=``; its negative as it is.

    Before ``b_bar += -x * y`` and ``b_bar -= -x * y``; after ``b_bar -= x * y`` and
    ``b_bar += x * y``.
    """
    if eq.op != "accumulate":
        return False
    made = editor.definition(eq.operands[1])
    twice = made is not None and made.op == "negative"
    inner = editor.definition(made.operands[0]) if made is not None and twice else made
    own = owned(editor, eq)
    if inner is None or inner.op not in PRODUCTS or inner.result not in own:
        return False
    mark = editor.mark()
    try:
        found = Reading(editor, False, False, own).value(inner.result, 0)
        if len(found.terms) != 1 or found.terms[0][1] >= 0:
            return False
        size = written(editor, -found, inner)
    except (TooLarge, TypeRefused, OverflowError):
        size = None
    if size is None:
        editor.rollback(mark)
        return False
    value = size if twice else editor.emit("negative", size)
    base, _, *slots = eq.operands
    added = editor.emit("accumulate", base, value, *slots, **eq.attrs)
    return editor.become(eq, added, mark)
