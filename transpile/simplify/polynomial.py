"""Sums of products with rational coefficients, over the values of a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from ..graph.ir import Value
from ..records import record

# A polynomial with more terms than this is not worth looking at.
MOST_TERMS = 16
MOST_FACTORS = 24
MOST_BITS = 512


class TooLarge(Exception):
    """A polynomial beyond these limits, or one that cannot be read."""


@record()
class Factor:
    """A value that a product is multiplied by, or divided by."""

    value: Value
    over: bool = False


Factors = tuple[Factor, ...]
Coefficient = int | Fraction  # integers while they last: they are much faster
Term = tuple[Factors, Coefficient]


def exact(number: float) -> Coefficient:
    """Return a finite number, as an integer if it is one."""
    whole = isinstance(number, int) or number.is_integer()
    return int(number) if whole else Fraction(number)


def canonical(factors: Iterable[Factor]) -> Factors:
    """Return factors in an order that equal products share."""
    given = tuple(factors)
    if len(given) < 2:
        return given
    return tuple(sorted(given, key=lambda f: (f.value.serial, f.over)))


@record()
class Polynomial:
    """Terms in the order of their first appearance: factors and coefficients.

    Equal products are one term; a term's factors are in the order in which they
    were first multiplied.
    """

    terms: tuple[Term, ...] = ()

    @staticmethod
    def number(value: Coefficient) -> Polynomial:
        """Return a constant."""
        return Polynomial((((), value),) if value else ())

    @staticmethod
    def factor(value: Value, over: bool = False) -> Polynomial:
        """Return a value, or its reciprocal."""
        return Polynomial((((Factor(value, over),), 1),))

    @staticmethod
    def collect(terms: Iterable[Term]) -> Polynomial:
        """Return the sum of terms, equal products merged, zeros left out."""
        sums: dict[Factors, Term] = {}
        for factors, coefficient in terms:
            bits = coefficient.numerator.bit_length()
            if len(factors) > MOST_FACTORS or bits > MOST_BITS:
                raise TooLarge
            key = canonical(factors)
            known = sums.get(key)
            if known is not None:
                factors, coefficient = known[0], known[1] + coefficient
            sums[key] = (factors, coefficient)
        kept = tuple(term for term in sums.values() if term[1])
        if len(kept) > MOST_TERMS:
            raise TooLarge
        return Polynomial(kept)

    def __add__(self, other: Polynomial) -> Polynomial:
        return Polynomial.collect(self.terms + other.terms)

    def __neg__(self) -> Polynomial:
        return self.scaled(-1)

    def __mul__(self, other: Polynomial) -> Polynomial:
        return Polynomial.collect(
            (f + g, c * d) for f, c in self.terms for g, d in other.terms
        )

    def scaled(self, by: Coefficient) -> Polynomial:
        """Return the product with a number."""
        return Polynomial(tuple((f, c * by) for f, c in self.terms if c * by))

    @property
    def constant(self) -> Coefficient | None:
        """The number, if there is nothing else."""
        if not self.terms:
            return 0
        (factors, coefficient), *others = self.terms
        return coefficient if not factors and not others else None

    @property
    def shared(self) -> Factors:
        """The factors that all terms have, as often as they have them."""
        if not self.terms:
            return ()
        common = Counter(self.terms[0][0])
        for factors, _ in self.terms[1:]:
            common &= Counter(factors)
        return _taken(self.terms[0][0], common)

    def without(self, factors: Factors) -> Polynomial:
        """Return what is left of each term without factors that all terms have."""
        return Polynomial(
            tuple(
                (less(each, factors), coefficient) for each, coefficient in self.terms
            )
        )

    @property
    def commonest(self) -> Factor | None:
        """The factor of the most terms, if at least two have it."""
        counts: dict[Factor, int] = {}
        for factors, _ in self.terms:
            for factor in dict.fromkeys(factors):
                counts[factor] = counts.get(factor, 0) + 1
        best = max(counts, key=lambda f: counts[f], default=None)
        return best if best is not None and counts[best] > 1 else None

    def split(self, factor: Factor) -> tuple[Polynomial, Polynomial]:
        """Return the terms with a factor, less that factor, and the others."""
        inside = tuple((less(f, (factor,)), c) for f, c in self.terms if factor in f)
        outside = tuple((f, c) for f, c in self.terms if factor not in f)
        return Polynomial(inside), Polynomial(outside)


def _taken(factors: Factors, wanted: Counter[Factor]) -> Factors:
    left = Counter(wanted)
    kept = []
    for factor in factors:
        if left[factor] > 0:
            left[factor] -= 1
            kept.append(factor)
    return tuple(kept)


def less(factors: Factors, gone: Iterable[Factor]) -> Factors:
    """Return factors without some of them, each as often as it is given."""
    left = Counter(gone)
    kept = []
    for factor in factors:
        if left[factor] > 0:
            left[factor] -= 1
        else:
            kept.append(factor)
    return tuple(kept)
