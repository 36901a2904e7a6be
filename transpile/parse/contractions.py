"""Sums of products over named axes, as matrix products, sums and transposes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from ..graph.ir import Gather, Item, NewAxis, Span
from ..graph.linear import Dim, Linear
from .arrays import require_array
from .frame import Frame
from .indexing import Brackets, get
from .lengths import require_equal
from .objects import Array, Obj
from .operators import product
from .shaping import permuted, reshaped
from .terms import Term, counted
from .writes import may_share

ONE = Linear.number(1)
# What a length that is not known yet is taken to be, to compare contractions.
TYPICAL = 64


class Labelled:
    """An array (or number) and a letter for each of its axes."""

    def __init__(self, frame: Frame, obj: Obj, letters: str) -> None:
        self.frame = frame
        self.obj = obj
        self.letters = letters

    @property
    def shape(self) -> tuple[Dim, ...]:
        """The lengths of the axes."""
        return self.frame.read(self.obj).type.shape

    def summed(self, kept: str) -> Labelled:
        """Return the sum over the axes whose letters are not kept."""
        gone = tuple(k for k, c in enumerate(self.letters) if c not in kept)
        if not gone:
            return self
        value = self.frame.read(self.obj)
        made = self.frame.make(
            "sum", value, axis=gone, keepdims=False, spelled="np.sum"
        )
        letters = "".join(c for c in self.letters if c in kept)
        return Labelled(self.frame, made, letters)

    def ordered(self, letters: str) -> Obj:
        """Return the array with its axes in the order of letters."""
        if not isinstance(self.obj, Array) or letters == self.letters:
            return self.obj
        axes = [self.letters.index(c) for c in letters]
        return permuted(self.frame, self.obj, axes, ".transpose")

    def spread(self, letters: str) -> Obj:
        """Return the array with an axis for each letter; new ones have length 1."""
        if not isinstance(self.obj, Array):
            return self.obj
        own = "".join(c for c in letters if c in self.letters)
        array = require_array(self.frame, self.ordered(own))
        if own == letters:
            return array
        items: list[Item] = [Span() if c in own else NewAxis() for c in letters]
        return get(self.frame, array, Brackets(tuple(items), ()))

    def grouped(self, *groups: str) -> Obj:
        """Return the array with one axis for each group of letters, but single ones."""
        found = self.ordered("".join(groups))
        if all(len(group) == 1 for group in groups):
            return found
        lengths = [reduce(Term.__mul__, self.lengths(group)) for group in groups]
        return reshaped(self.frame, found, [n.value for n in lengths], ".reshape")

    def lengths(self, letters: str) -> list[Term]:
        """Return the lengths of the axes of some letters."""
        whole = Term(self.frame, self.obj)
        return [whole.length(self.letters.index(c)) for c in letters]

    def on_diagonal(self) -> Labelled:
        """Return the elements whose indices under one letter are the same."""
        repeated = [c for c in self.letters if self.letters.count(c) > 1]
        if not repeated:
            return self
        c = repeated[0]
        first = self.letters.index(c)
        second = self.letters.index(c, first + 1)
        rest = [k for k in range(len(self.letters)) if k not in (first, second)]
        array = require_array(self.frame, self.obj)
        pair = (self.shape[first], self.shape[second])
        require_equal(self.frame, [pair], [self.frame.read(array)], "matmul")
        turned = permuted(self.frame, array, [first, second, *rest], ".transpose")
        made = elements(self.frame, require_array(self.frame, turned))
        letters = c + "".join(self.letters[k] for k in rest)
        return Labelled(self.frame, made, letters).on_diagonal()

    def narrowed(self, wide: str) -> Labelled:
        """Return the array without axes of length 1 that are longer elsewhere."""
        pairs = zip(self.letters, self.shape, strict=True)
        gone = [d == ONE and c in wide for c, d in pairs]
        if not any(gone):
            return self
        items = tuple(0 if g else slice(None) for g in gone)
        letters = "".join(c for c, g in zip(self.letters, gone, strict=True) if not g)
        return Labelled(self.frame, Term(self.frame, self.obj)[items].obj, letters)


def elements(frame: Frame, array: Array, offset: int = 0) -> Obj:
    """Return the diagonal of the first two axes, as the first axis of a new array."""
    whole = Term(frame, array)
    rows, columns = whole.length(0), whole.length(1)
    equal = frame.context.proves_equal(*array.type.shape[:2])
    if offset > 0:
        columns = columns - offset
    elif offset < 0:
        rows = rows + offset
    n = rows if equal and offset <= 0 else columns
    if not equal:
        n = rows.call("minimum", columns)
    if offset:
        n = n.call("maximum", 0)
    place = counted(frame, n)
    down = (place - offset if offset < 0 else place).value
    across = (place + offset if offset > 0 else place).value
    slots = (down, across) if offset else (down, down)
    items: list[Item] = [Gather(0), Gather(1)]
    items += [Span() for _ in array.type.shape[2:]]
    made = get(frame, array, Brackets(tuple(items), slots))
    return may_share(frame, made, array)


def contracted(one: Labelled, other: Labelled, kept: str) -> Labelled:
    """Return the product of two arrays, summed over letters that are not kept."""
    frame = one.frame
    one = one.summed(kept + other.letters)
    other = other.summed(kept + one.letters)
    shared = [c for c in one.letters if c in other.letters]
    _require_equal(one, other, shared)
    summed = "".join(c for c in shared if c not in kept)
    batch = "".join(c for c in shared if c in kept)
    rows = "".join(c for c in one.letters if c not in other.letters)
    columns = "".join(c for c in other.letters if c not in one.letters)
    vectors = not batch and len(summed) == 1 and not (rows and columns)
    if summed and (vectors or (rows and columns) or (not batch and rows + columns)):
        left = [*batch, *([rows] if rows else []), summed]
        right = [*batch, summed, *([columns] if columns else [])]
        made = product(frame, one.grouped(*left), other.grouped(*right), "@")
        if max(len(rows), len(columns)) > 1:
            lengths = one.lengths(batch + rows) + other.lengths(columns)
            made = reshaped(frame, made, [n.value for n in lengths], ".reshape")
        return Labelled(frame, made, batch + rows + columns)
    every = batch + rows + columns + summed
    pair = [frame.read(part.spread(every)) for part in (one, other)]
    made = frame.make("multiply", *pair, spelled="*")
    return Labelled(frame, made, every).summed(kept)


def _require_equal(one: Labelled, other: Labelled, shared: Sequence[str]) -> None:
    """Check axes under one letter: products of lengths may be equal by chance."""
    frame = one.frame
    pairs = [
        (one.shape[one.letters.index(c)], other.shape[other.letters.index(c)])
        for c in shared
    ]
    values = [frame.read(part.obj) for part in (one, other)]
    require_equal(frame, [p for p in pairs if ONE not in p], values, "matmul")


def contraction(terms: Sequence[Labelled], result: str) -> Labelled:
    """Return the sum of the products of several arrays, in an order chosen here.

    Of all pairs that which takes the fewest multiplications comes next; unknown lengths
    are taken to be alike.
    """
    rest = list(terms)
    sizes = _sizes(terms)
    while len(rest) > 1:
        pairs = [(i, j) for j in range(len(rest)) for i in range(j)]
        i, j = min(pairs, key=lambda p: (*_work(rest, p, sizes, result), p[1], p[0]))
        others = [term for k, term in enumerate(rest) if k not in (i, j)]
        kept = result + "".join(term.letters for term in others)
        rest = [*others, contracted(rest[i], rest[j], kept)]
    return rest[0].summed(result)


def _sizes(terms: Sequence[Labelled]) -> dict[str, int]:
    return {
        letter: TYPICAL if length.value is None else length.value
        for term in terms
        for letter, length in zip(term.letters, term.shape, strict=True)
    }


def _work(
    terms: Sequence[Labelled], pair: tuple[int, int], sizes: dict[str, int], result: str
) -> tuple[int, int]:
    """Return the multiplications that a pair takes, and the size of its product."""
    both = set(terms[pair[0]].letters) | set(terms[pair[1]].letters)
    others = {c for k, term in enumerate(terms) if k not in pair for c in term.letters}
    kept = both & (others | set(result))
    return _product(sizes, both), _product(sizes, kept)


def _product(sizes: dict[str, int], letters: set[str]) -> int:
    total = 1
    for letter in letters:
        total *= sizes[letter]
    return total
