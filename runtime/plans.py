"""How a sparse matrix is computed: full rows from the left, the others by columns.

A row that is full lets no two columns have one colour. One product from the left gives
it whole, and the other rows may be a band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .colours import Pattern

# A product with the Jacobian from the left takes a call of its own, and two to four
# times as long as one column among several.
ROW = 4
MOST_ROWS = 32


@dataclass(frozen=True)
class Plan:
    """A pattern, which of its numbers are ``taken`` by rows, and both parts of it."""

    whole: Pattern
    taken: np.ndarray
    rows: Pattern
    columns: Pattern

    @property
    def count(self) -> int:
        """The number of rows and columns that are computed."""
        return self.rows.count + self.columns.count

    @property
    def cost(self) -> int:
        """The time that takes, in columns."""
        return self.rows.count * ROW + self.columns.count


def planned(whole: Pattern, rows: np.ndarray) -> Plan:
    """Return the plan that takes some rows from the left."""
    taken = np.isin(whole.rows, rows)
    return Plan(whole, taken, whole.part(taken).turned(), whole.part(~taken))


def by_columns(whole: Pattern) -> Plan:
    """Return the plan that takes no rows."""
    return planned(whole, np.zeros(0, dtype=np.int64))


def plans(whole: Pattern) -> Iterator[Plan]:
    """Yield plans for a pattern: by columns first, then with full rows apart."""
    yield by_columns(whole)
    if whole.count <= ROW:
        return
    yield planned(whole, np.arange(whole.shape[0]))
    counts = np.bincount(whole.rows, minlength=whole.shape[0])
    fullest = np.argsort(-counts, kind="stable")
    some = 1
    while some < min(MOST_ROWS + 1, whole.shape[0]) and some * ROW < whole.count:
        yield planned(whole, fullest[:some])
        some *= 2
