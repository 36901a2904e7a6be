"""Writing a polynomial as a person would: positive terms first, scalars together."""

from __future__ import annotations

from fractions import Fraction

from ..graph.build import Expr, Number
from ..graph.ir import Equation, Value
from ..rewrite import Editor
from .fill import fitted
from .polynomial import Coefficient, Factor, Factors, Polynomial

# Larger denominators are not numbers that somebody divided by.
LARGEST_DENOMINATOR = 1000

Signed = tuple[bool, Expr]  # whether negative, and the size


def written(editor: Editor, found: Polynomial, eq: Equation) -> Value | None:
    """Emit a polynomial as an equation's result; None if the types do not fit."""
    constant = found.constant
    if constant is not None:
        expr = editor.expr(editor.constant(float(constant)))
    else:
        expr = _unsigned(_Writer(editor).sum(found, alone=True))
    return fitted(editor, expr.value, eq)


def _unsigned(signed: Signed) -> Expr:
    negative, expr = signed
    return -expr if negative else expr


class _Writer:
    def __init__(self, editor: Editor) -> None:
        self.editor = editor

    def sum(self, found: Polynomial, *, alone: bool = False) -> Signed:
        """Emit a sum; common factors are taken out.

        The sign of a product that stands ``alone`` goes into one of its factors.
        """
        if len(found.terms) == 1:
            ((factors, coefficient),) = found.terms
            return self.product(factors, coefficient, None, alone)
        common = found.shared
        scale = self._common_coefficient(found)
        if common or scale != 1:
            inner = found.without(common).scaled(Fraction(1) / scale)
            negative, inside = self.sum(inner)
            return self.product(common, -scale if negative else scale, inside, alone)
        parts = self._parts(found)
        if all(negative for negative, _ in parts):
            return True, _added([(False, expr) for _, expr in parts])
        return False, _added(parts)

    def _common_coefficient(self, found: Polynomial) -> Coefficient:
        """Return the size that all coefficients share, else 1."""
        sizes = {_size(c) for _, c in found.terms}
        return sizes.pop() if len(sizes) == 1 else 1

    def _parts(self, found: Polynomial) -> list[Signed]:
        """Emit the terms of a sum, those with a common factor together."""
        parts: list[Signed] = []
        while (factor := found.commonest) is not None:
            inside, found = found.split(factor)
            parts.append(self._group(factor, inside))
        for factors, coefficient in found.terms:
            parts.append(self.product(factors, coefficient, None))
        return parts

    def _group(self, factor: Factor, inside: Polynomial) -> Signed:
        restored = tuple(((factor, *f), c) for f, c in inside.terms)
        return self.sum(Polynomial(restored))

    # ---- products ----

    def product(
        self,
        factors: Factors,
        coefficient: Coefficient,
        inside: Expr | None,
        alone: bool = False,
    ) -> Signed:
        """Emit a product: scalars in front, then arrays in order, then the sum."""
        negative = coefficient < 0
        times, over = _split(_size(coefficient))
        arrays = [f for f in factors if f.value.type.rank]
        front, below = self._scalars(factors)
        if inside is not None and not inside.type.rank:
            front.append(inside)
            inside = None
        rest = self._number(over) if over != 1 else None
        if rest is not None and (front or below):
            below.insert(0, rest)
            rest = None
        if times != 1 or not (front or arrays or inside is not None):
            front.insert(0, self._number(-times if alone and negative else times))
            negative = negative and not alone
        elif alone and negative and front:
            front[0], negative = -front[0], False
        total = self._multiplied(front, below, arrays, inside)
        return negative, total if rest is None else total / rest

    def _scalars(self, factors: Factors) -> tuple[list[Expr], list[Expr]]:
        """Return the scalars that a product is multiplied and divided by."""
        scalars = [f for f in factors if not f.value.type.rank]
        front = [self._expr(f) for f in scalars if not f.over]
        return front, [self._expr(f) for f in scalars if f.over]

    def _multiplied(
        self,
        front: list[Expr],
        below: list[Expr],
        arrays: list[Factor],
        inside: Expr | None,
    ) -> Expr:
        scalar = _product(front)
        divisor = _product(below)
        if scalar is not None and divisor is not None:
            scalar, divisor = scalar / divisor, None
        total = scalar
        if inside is not None and arrays and arrays[0].over:
            total, inside = inside if total is None else total * inside, None
        for factor in arrays:
            total = self._step(total, factor)
        if inside is not None:
            total = inside if total is None else total * inside
        if divisor is not None:
            total = (1.0 / divisor) if total is None else total / divisor
        assert total is not None
        return total

    def _step(self, total: Expr | None, factor: Factor) -> Expr:
        expr = self._expr(factor)
        if factor.over:
            return (1 / expr) if total is None else total / expr
        return expr if total is None else total * expr

    def _expr(self, factor: Factor) -> Expr:
        return self.editor.expr(factor.value)

    def _number(self, number: Coefficient) -> Expr:
        return self.editor.expr(self.editor.constant(plain(number)))


def plain(number: Coefficient) -> Number:
    """Return a number as it is written: an integer where it is one."""
    if number.denominator == 1 and _size(number) < 2**53:
        return int(number)
    return float(number)


def _size(number: Coefficient) -> Coefficient:
    return -number if number < 0 else number


def _split(size: Coefficient) -> tuple[Coefficient, Coefficient]:
    """Return numerator and denominator of a coefficient, as it is best written."""
    if size.denominator == 1:
        return size, 1
    exact = Fraction(float(size)) == size
    if exact or size.denominator > LARGEST_DENOMINATOR:
        return size, 1
    return size.numerator, size.denominator


def _product(exprs: list[Expr]) -> Expr | None:
    total: Expr | None = None
    for expr in exprs:
        total = expr if total is None else total * expr
    return total


def _added(parts: list[Signed]) -> Expr:
    """Emit a sum with its positive terms in front."""
    ordered = [p for p in parts if not p[0]] + [p for p in parts if p[0]]
    total: Expr | None = None
    for negative, expr in ordered:
        if total is None:
            total = -expr if negative else expr
        else:
            total = total - expr if negative else total + expr
    assert total is not None
    return total
