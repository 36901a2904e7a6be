"""Where a matrix may have numbers, found with few questions, and colours for columns.

Columns that no row has in common get one colour, and all columns of a colour are
computed as one (Curtis, Powell and Reid, "On the estimation of sparse Jacobian
matrices", 1974; Coleman and More, "Estimation of sparse Jacobian matrices and graph
coloring problems", 1983).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Marks = Callable[[np.ndarray], np.ndarray]

# So many parts are made of a set of inputs, and so many marks at once.
PARTS = 8
MOST_MARKS = 1 << 26


@dataclass(frozen=True)
class Pattern:
    """The places of the numbers, row by row, and a colour for each column.

    Or for each row, where the matrix is computed ``by_rows``. ``results`` is the shape
    of what has a row for each element.
    """

    rows: np.ndarray
    columns: np.ndarray
    shape: tuple[int, int]
    colours: np.ndarray
    results: tuple[int, ...] = ()
    by_rows: bool = False

    @property
    def count(self) -> int:
        """The number of colours."""
        return int(self.colours.max()) + 1 if len(self.rows) else 0

    @functools.cached_property
    def seeds(self) -> np.ndarray:
        """A column for each colour: ones for the columns, or rows, that have it."""
        held = np.unique(self.rows if self.by_rows else self.columns)
        seeds = np.zeros((len(self.colours), self.count))
        seeds[held, self.colours[held]] = 1.0
        return seeds

    def part(self, chosen: np.ndarray) -> Pattern:
        """Return the pattern of some of the numbers."""
        rows, columns = self.rows[chosen], self.columns[chosen]
        colours = coloured(rows, columns, self.shape[1], self.shape[0])
        return replace(self, rows=rows, columns=columns, colours=colours)

    def turned(self) -> Pattern:
        """Return the pattern of a matrix that is computed by rows."""
        colours = coloured(self.columns, self.rows, *self.shape)
        return replace(self, colours=colours, by_rows=True)

    @functools.cached_property
    def _sources(self) -> tuple[np.ndarray, np.ndarray]:
        """The place at which each number is computed: a line, and a colour."""
        line, seed = self.rows, self.columns
        if self.by_rows:
            line, seed = seed, line
        return line, self.colours[seed]

    @functools.cached_property
    def _ends(self) -> np.ndarray:
        counts = np.bincount(self.rows, minlength=self.shape[0])
        return np.concatenate(([0], np.cumsum(counts)))

    def apart(self, sums: np.ndarray) -> np.ndarray:
        """Return the numbers, of which the columns, or rows, of a colour are added."""
        found: np.ndarray = sums[self._sources]
        return found

    def filled(self, data: np.ndarray) -> Any:
        """Return the matrix with these numbers."""
        from scipy.sparse import csr_array

        most = max(len(data), *self.shape)
        kind = np.int32 if most <= np.iinfo(np.int32).max else np.int64
        index = self.columns.astype(kind), self._ends.astype(kind)
        return csr_array((data, *index), shape=self.shape)


def find_pattern(marks: Marks, shape: tuple[int, ...]) -> Pattern:
    """Return the pattern of the Jacobian of a function of an array of some shape.

    ``marks`` takes sets of inputs, a column of booleans each, and says of every output
    which sets it depends on. Inputs are divided into sets of neighbours, those of which
    an output depends on one into smaller ones, and so on. Of two sets that no output
    depends on both, a part each may be in one column: that is a matter of colours, as
    for the numbers. A band of any length takes some tens of columns.
    """
    inputs = int(np.prod(shape, dtype=np.int64))

    def ask(seeds: np.ndarray) -> np.ndarray:
        found = marks(seeds.reshape(*shape, seeds.shape[1]))
        return np.asarray(found).reshape(-1, seeds.shape[1])

    whole = np.asarray(marks(np.ones((*shape, 1), dtype=bool)))
    first = whole.reshape(-1, 1)
    rows, columns = np.nonzero(first)
    length = 1
    while length < inputs:
        length *= PARTS
    while length > 1:
        colours = coloured(rows, columns, -(-inputs // length), len(first))
        length //= PARTS
        rows, columns = _divided(ask, rows, columns, colours, inputs, length)
    colours = coloured(rows, columns, inputs, len(first))
    whole_shape = len(first), inputs
    return Pattern(rows, columns, whole_shape, colours, whole.shape[:-1])


def _divided(
    ask: Marks,
    rows: np.ndarray,
    columns: np.ndarray,
    colours: np.ndarray,
    inputs: int,
    length: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which outputs depend on which parts of the sets they depend on."""
    sets, parts = np.divmod(np.arange(inputs) // length, PARTS)
    hits = np.zeros((len(rows), PARTS), dtype=bool)
    outputs = int(rows.max(initial=0)) + 1
    most = max(1, MOST_MARKS // (PARTS * max(inputs, outputs)))
    for start in range(0, int(colours.max(initial=-1)) + 1, most):
        chosen = colours[sets] - start
        now = (chosen >= 0) & (chosen < most)
        width = min(most, int(colours.max()) + 1 - start)
        seeds = np.zeros((inputs, width * PARTS), dtype=bool)
        seeds[now, chosen[now] * PARTS + parts[now]] = True
        found = ask(seeds).reshape(-1, width, PARTS)
        asked = colours[columns] - start
        those = (asked >= 0) & (asked < most)
        hits[those] = found[rows[those], asked[those]]
    which, part = np.nonzero(hits)
    return rows[which], columns[which] * PARTS + part


def coloured(
    rows: np.ndarray, columns: np.ndarray, count: int, height: int
) -> np.ndarray:
    """Return colours such that no row has two columns of one colour.

    Each column gets the first colour that its rows have not seen; from left to right,
    which is best for a band, or the fullest column first, whichever takes fewer.
    """
    ends = np.cumsum(np.bincount(columns, minlength=count))
    sorted_rows = rows[np.argsort(columns, kind="stable")].tolist()
    starts = [0, *ends.tolist()]
    held = [sorted_rows[a:b] for a, b in itertools.pairwise(starts)]
    fewest = int(np.bincount(rows).max(initial=0))
    found = _greedy(held, range(count), height)
    if found.max(initial=0) + 1 > fewest:
        fullest = sorted(range(count), key=lambda k: -len(held[k]))
        found = min(
            found, _greedy(held, fullest, height), key=lambda c: c.max(initial=0)
        )
    return found


def _greedy(
    held: Sequence[Sequence[int]], order: Sequence[int], height: int
) -> np.ndarray:
    """Return a colour for each column; the bits of an integer are colours of a row."""
    seen = [0] * height
    colours = np.zeros(len(held), dtype=np.int64)
    for column in order:
        taken = 0
        for row in held[column]:
            taken |= seen[row]
        free = ~taken & (taken + 1)
        colours[column] = free.bit_length() - 1
        for row in held[column]:
            seen[row] |= free
    return colours
