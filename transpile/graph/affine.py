"""Proofs about integers: whether a set of linear facts implies another.

Facts and goals are linear forms that are at least zero. The negated goal is added to
the facts and variables are eliminated by Fourier and Motzkin's method, each row
tightened to integers (Williams, "Fourier's method of linear programming and its
dual", 1986). A contradiction is a proof; anything else is "not proved".
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from math import gcd

from .linear import Atom, Derived, Linear, Size

# Work bound: more rows than this and the answer is "not proved".
MOST_ROWS = 300
# And more lengths of clipped slices than this are not split into cases.
MOST_CASES = 4


def implied(facts: Sequence[Linear], goal: Linear) -> bool:
    """Return whether ``goal >= 0`` follows from ``fact >= 0`` for all facts.

    Examples
    --------
    >>> n, i = Linear.of(Size("n")), Linear.of(Size("i"))
    >>> implied([n - 1 - i], n - i)
    True
    >>> implied([n - 1 - i], n - 2 - i)
    False
    """
    if goal.value is not None and goal.value >= 0:
        return True
    return contradictory(_related([*facts, -goal - 1]))


def least_gap(start: Linear, stop: Linear, step: int) -> int:
    """Return how far a counter is from the end of its range, at least.

    The last number of ``range(2 * n, -2, -2)`` is two above the end, whatever n is.
    """
    by, distance = abs(step), stop - start if step > 0 else start - stop
    if any(factor % by for _, factor in distance.terms):
        return 1
    return (distance.constant - 1) % by + 1


def contradictory(facts: Iterable[Linear]) -> bool:
    """Return whether no integers satisfy ``fact >= 0`` for all facts.

    ``clip(e)`` is zero or ``e``: both cases must be contradictory.
    """
    return _contradictory(tuple(facts))


@functools.lru_cache(maxsize=4096)
def _contradictory(given: tuple[Linear, ...]) -> bool:
    clips = [atom for row in given for atom in row.atoms if _is_clip(atom)]
    if not clips or len(set(clips)) > MOST_CASES:
        return _eliminates(list(given))
    atom = clips[0]
    assert isinstance(atom, Derived) and isinstance(atom.parts[0], Linear)
    inside = atom.parts[0]
    for value, condition in ((Linear.number(0), -inside), (inside, inside)):
        case = [row.substitute({atom: value}) for row in given]
        if not contradictory([*case, condition]):
            return False
    return True


def _is_clip(atom: Atom) -> bool:
    return isinstance(atom, Derived) and atom.kind == "clip"


def _eliminates(given: list[Linear]) -> bool:
    rows = {row for row in map(_tighten, given + _nature(given)) if row is not None}
    while True:
        if any(row.value is not None and row.value < 0 for row in rows):
            return True
        rows = {row for row in rows if row.value is None}
        atom = _cheapest(rows)
        if atom is None:
            return False
        rows = _eliminate(rows, atom)
        if len(rows) > MOST_ROWS:
            return False


def _related(rows: list[Linear]) -> list[Linear]:
    """Keep the rows that share atoms, however indirectly, with the last one."""
    known = set(rows[-1].atoms)
    kept, left = [rows[-1]], [(row, reach(row)) for row in rows[:-1]]
    grown = True
    while grown:
        grown, rest = False, []
        for row, atoms in left:
            if not row.terms or not known.isdisjoint(atoms):
                kept.append(row)
                known.update(atoms)
                grown = True
            else:
                rest.append((row, atoms))
        left = rest
    return kept


@functools.lru_cache(maxsize=4096)
def reach(row: Linear) -> frozenset[Atom]:
    """Return the atoms of a form, and those that lengths in it are made of."""
    atoms = frozenset(row.atoms)
    for atom in row.atoms:
        if isinstance(atom, Derived):
            for part in atom.parts:
                if isinstance(part, Linear):
                    atoms |= reach(part)
    return atoms


def _nature(rows: list[Linear]) -> list[Linear]:
    """Return what holds of the atoms by what they are."""
    atoms: dict[Atom, None] = {}
    for row in rows:
        atoms.update(dict.fromkeys(row.atoms))
    known: list[Linear] = []
    for atom in list(atoms):
        if isinstance(atom, (Size, Derived)):
            known.append(Linear.of(atom))
        if isinstance(atom, Derived) and atom.kind == "clip":
            (inside,) = atom.parts
            if isinstance(inside, Linear):
                known.append(Linear.of(atom) - inside)
                known += [Linear.of(a) for a in inside.atoms if isinstance(a, Size)]
    return known


def _tighten(row: Linear) -> Linear | None:
    """Divide by the factors' greatest common divisor, rounding down the constant."""
    divisor = gcd(*(factor for _, factor in row.terms)) if row.terms else 1
    if divisor > 1:
        terms = tuple((atom, factor // divisor) for atom, factor in row.terms)
        row = Linear(terms, row.constant // divisor)
    return None if row.value is not None and row.value >= 0 else row


def _cheapest(rows: Iterable[Linear]) -> Atom | None:
    """Return the atom whose elimination makes the fewest rows."""
    signs: dict[Atom, list[int]] = {}
    for row in rows:
        for atom, factor in row.terms:
            counts = signs.setdefault(atom, [0, 0])
            counts[factor > 0] += 1
    if not signs:
        return None
    return min(signs, key=lambda a: (signs[a][0] * signs[a][1], a.sort_key))


def _eliminate(rows: Iterable[Linear], atom: Atom) -> set[Linear]:
    above, below, rest = [], [], set()
    for row in rows:
        factor = dict(row.terms).get(atom, 0)
        if factor > 0:
            below.append((factor, row))
        elif factor < 0:
            above.append((-factor, row))
        else:
            rest.add(row)
    for f, low in below:
        for g, high in above:
            made = _tighten(low * g + high * f)
            if made is not None:
                rest.add(made)
    return rest
