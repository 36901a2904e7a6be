"""Linear forms over sizes and integers: what dimensions and indices are made of.

``n - 2*k + 1`` is ``Linear(((k, -2), (n, 1)), 1)``. An atom is a `Size` (a
dimension of a parameter), an integer `Value` of the graph (a loop counter, say) or
a `Derived` dimension whose length is known only by how it came about.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Protocol, runtime_checkable

from ..records import record


@runtime_checkable
class Atom(Protocol):
    """What a linear form is linear in: hashable, with an order that is stable."""

    @property
    def sort_key(self) -> tuple[str, int]:
        """The place of the atom in a printed sum."""


@record()
class Size:
    """The length of an array's axis: at least zero, fixed during a call."""

    name: str

    @property
    def sort_key(self) -> tuple[str, int]:
        """Sizes are printed by name."""
        return (self.name, 0)

    def __str__(self) -> str:
        return self.name


@record()
class Derived:
    """A dimension that is not linear: equal to another exactly if made alike.

    ``Derived("clip", (n - 2,))`` is ``max(0, n - 2)``, the length of ``x[1:-1]``;
    ``Derived("product", (m, n))`` the size of a raveled matrix;
    ``Derived("series", (n, n - 1))`` the half of a product, a triangle's size;
    ``Derived("min", (n, 2 * k + 1))`` the least of some;
    ``Derived("count", (serial,))`` a length known only at run time.
    """

    kind: str
    parts: tuple[Linear | int | str, ...]

    @property
    def sort_key(self) -> tuple[str, int]:
        """After the sizes, by kind and parts; values count by age, not by text."""
        keys = [
            atom.sort_key
            for part in self.parts
            if isinstance(part, Linear)
            for atom in part.atoms
        ]
        names = ",".join(name for name, _ in keys)
        return (f"~{self.kind}({names})", sum(age for _, age in keys))

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(map(str, self.parts))})"


@record()
class Linear:
    """``sum(factor * atom) + constant``, with terms in the atoms' order.

    Examples
    --------
    >>> n = Linear.of(Size("n"))
    >>> print(2 * n - 1)
    2*n - 1
    >>> (n + 1) - n == Linear.number(1)
    True
    """

    terms: tuple[tuple[Atom, int], ...]
    constant: int = 0

    @staticmethod
    def number(constant: int) -> Linear:
        """Return the form that is a number."""
        return Linear((), int(constant))

    @staticmethod
    def of(atom: Atom) -> Linear:
        """Return the form that is one atom."""
        return Linear(((atom, 1),))

    @staticmethod
    def collect(terms: Iterable[tuple[Atom, int]], constant: int) -> Linear:
        """Return the sum of terms, equal atoms merged and zeros left out."""
        factors: dict[Atom, int] = {}
        for atom, factor in terms:
            factors[atom] = factors.get(atom, 0) + factor
        kept = [(atom, factor) for atom, factor in factors.items() if factor]
        return Linear(tuple(sorted(kept, key=lambda t: t[0].sort_key)), constant)

    @property
    def value(self) -> int | None:
        """The number, if the form is one."""
        return None if self.terms else self.constant

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """The atoms, in order."""
        return tuple([atom for atom, _ in self.terms])

    @property
    def every_atom(self) -> Iterator[Atom]:
        """The atoms, and those inside derived ones."""
        for atom in self.atoms:
            yield atom
            if isinstance(atom, Derived):
                for part in atom.parts:
                    if isinstance(part, Linear):
                        yield from part.every_atom

    def __add__(self, other: Linear | int) -> Linear:
        if not isinstance(other, Linear):
            return Linear(self.terms, self.constant + int(other))
        constant = self.constant + other.constant
        if not (self.terms and other.terms):
            return Linear(self.terms or other.terms, constant)
        return Linear.collect(self.terms + other.terms, constant)

    __radd__ = __add__

    def __neg__(self) -> Linear:
        return self * -1

    def __sub__(self, other: Linear | int) -> Linear:
        return self + -other

    def __rsub__(self, other: Linear | int) -> Linear:
        return linear(other) + -self

    def __mul__(self, factor: int) -> Linear:
        if not factor:
            return Linear((), 0)
        terms = tuple([(atom, factor * f) for atom, f in self.terms])
        return Linear(terms, factor * self.constant)

    __rmul__ = __mul__

    def substitute(self, mapping: Mapping[Atom, Linear]) -> Linear:
        """Return the form with atoms replaced, inside derived atoms too."""
        result = Linear.number(self.constant)
        for atom, factor in self.terms:
            if atom in mapping:
                result = result + mapping[atom] * factor
            elif isinstance(atom, Derived):
                parts = tuple(
                    p.substitute(mapping) if isinstance(p, Linear) else p
                    for p in atom.parts
                )
                result = result + derived(atom.kind, *parts) * factor
            else:
                result = result + Linear(((atom, factor),))
        return result

    def __str__(self) -> str:
        text = ""
        for atom, factor in self.terms:
            sign = " - " if factor < 0 else " + "
            size = "" if abs(factor) == 1 else f"{abs(factor)}*"
            text += sign + size + str(atom)
        if self.constant or not text:
            text += f" {'-' if self.constant < 0 else '+'} {abs(self.constant)}"
        text = text.removeprefix(" + ")
        return "-" + text[3:] if text.startswith(" - ") else text.strip()


Dim = Linear


def _slice_length(*bounds_and_length: int | None) -> int:
    *bounds, length = bounds_and_length
    return len(range(*slice(*bounds).indices(length or 0)))


# The derived dimensions that can be computed from what they are made of.
COMPUTED: Mapping[str, Callable[..., int]] = {
    "clip": lambda n: max(0, n),
    "product": lambda *n: math.prod(n),
    "min": lambda *n: min(n),
    "ceil": lambda n, step: -(-n // step),
    "series": lambda count, ends: count * ends // 2,
    "range": lambda *bounds: len(range(*bounds)),
    "slice": _slice_length,
}


def follows(form: Linear | int | str, known: Container[Atom]) -> bool:
    """Whether a form can be computed from known atoms."""
    return not isinstance(form, Linear) or all(
        atom in known
        or isinstance(atom, Derived)
        and atom.kind in COMPUTED
        and all(follows(part, known) for part in atom.parts)
        for atom in form.atoms
    )


def linear(value: Linear | int) -> Linear:
    """Return a form from a form or a number."""
    return value if isinstance(value, Linear) else Linear.number(value)


def derived(kind: str, *parts: Linear | int | str) -> Linear:
    """Return a derived dimension, folded to a number where its parts are numbers.

    Examples
    --------
    >>> n = Linear.of(Size("n"))
    >>> print(derived("clip", n - 2))
    clip(n - 2)
    >>> print(derived("clip", Linear.number(-3)), derived("clip", n))
    0 n
    """
    first = parts[0] if parts else None
    if kind == "clip" and isinstance(first, Linear):
        if first.value is not None:
            return Linear.number(max(0, first.value))
        if _surely_not_negative(first):
            return first
    if kind == "series":
        numbers = [p.value for p in parts if isinstance(p, Linear)]
        if None not in numbers:
            return Linear.number(math.prod(n or 0 for n in numbers) // 2)
    if kind == "product" and all(isinstance(p, Linear) for p in parts):
        return _product([p for p in parts if isinstance(p, Linear)])
    return Linear.of(Derived(kind, parts))


def _surely_not_negative(form: Linear) -> bool:
    return form.constant >= 0 and all(
        factor > 0 and isinstance(atom, (Size, Derived)) and _is_length(atom)
        for atom, factor in form.terms
    )


def _is_length(atom: Size | Derived) -> bool:
    """Whether an atom is never below zero: any length, but not the least of numbers."""
    if isinstance(atom, Size) or atom.kind != "min":
        return True
    return all(isinstance(p, Linear) and _surely_not_negative(p) for p in atom.parts)


def _is_product(form: Linear) -> bool:
    if len(form.terms) != 1 or form.constant:
        return False
    (atom,) = form.atoms
    return isinstance(atom, Derived) and atom.kind == "product"


def _product(parts: list[Linear]) -> Linear:
    factor, rest = 1, []
    for part in parts:
        if part.value is not None:
            factor *= part.value
        elif _is_product(part):
            ((atom, count),) = part.terms
            factor *= count
            parts_inside = atom.parts if isinstance(atom, Derived) else ()
            rest += [p for p in parts_inside if isinstance(p, Linear)]
        else:
            rest.append(part)
    if not rest or factor == 0:
        return Linear.number(factor)
    if len(rest) == 1:
        return rest[0] * factor
    rest.sort(key=lambda part: [atom.sort_key for atom in part.atoms])
    return Linear.of(Derived("product", tuple(rest))) * factor
