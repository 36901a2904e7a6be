"""``np.einsum`` and ``np.tensordot`` as products, sums and transposes."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.ir import Item, NewAxis, Span
from .arrays import as_array, known_integer, one_axis, require_array
from .frame import Frame
from .indexing import Brackets, get
from .libraries import Arguments, library
from .objects import Array, Obj, Scalar, Tuple
from .operators import product
from .shaping import permuted

HELP = "write it with @, np.outer, broadcasting and np.sum(..., axis=...)"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Labelled:
    """An array (or number) and a letter for each of its axes."""

    def __init__(self, frame: Frame, obj: Obj, letters: str) -> None:
        self.frame = frame
        self.obj = obj
        self.letters = letters

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


def contracted(one: Labelled, other: Labelled, kept: str) -> Labelled:
    """Return the product of two arrays, summed over letters that are not kept."""
    frame = one.frame
    one = one.summed(kept + other.letters)
    other = other.summed(kept + one.letters)
    shared = [c for c in one.letters if c in other.letters]
    summed = "".join(c for c in shared if c not in kept)
    batch = "".join(c for c in shared if c in kept)
    rows = "".join(c for c in one.letters if c not in other.letters)
    columns = "".join(c for c in other.letters if c not in one.letters)
    plain = not batch and len(rows) <= 1 and len(columns) <= 1
    if len(summed) == 1 and (plain or len(rows) == len(columns) == 1):
        x = one.ordered(batch + rows + summed)
        y = other.ordered(batch + summed + columns)
        return Labelled(frame, product(frame, x, y, "@"), batch + rows + columns)
    every = batch + rows + columns + summed
    pair = [frame.read(part.spread(every)) for part in (one, other)]
    made = frame.make("multiply", *pair, spelled="*")
    return Labelled(frame, made, every).summed(kept)


@library("np.einsum")
def einsum(frame: Frame, args: Arguments) -> Obj:
    """``np.einsum("ij,jk->ik", A, B)``."""
    keywords = set(args.keywords) - {"optimize"}
    if keywords or not args.positional:
        frame.refuse("this form of np.einsum", HELP)
    text = getattr(args.positional[0], "value", None)
    if not isinstance(text, str) or "." in text:
        frame.refuse("np.einsum without letters for all axes", HELP)
    parts, result = _letters(text.replace(" ", ""))
    operands = args.positional[1:]
    if len(parts) != len(operands):
        frame.refuse(f"{len(operands)} arrays for {len(parts)} terms of np.einsum")
    terms = [
        _labelled(frame, obj, letters)
        for obj, letters in zip(operands, parts, strict=True)
    ]
    if len(set(result)) < len(result) or not set(result) <= set("".join(parts)):
        frame.refuse("the result of this np.einsum", HELP)
    return _result(frame, _all(terms, result), result)


def _letters(text: str) -> tuple[list[str], str]:
    left, arrow, result = text.partition("->")
    if not arrow:
        every = left.replace(",", "")
        result = "".join(sorted(c for c in set(every) if every.count(c) == 1))
    return left.split(","), result


def _labelled(frame: Frame, obj: Obj, letters: str) -> Labelled:
    found = as_array(frame, obj)
    rank = frame.read(found).type.rank
    if rank != len(letters):
        frame.refuse(f"the letters '{letters}' for an array with {rank} axes")
    if len(set(letters)) < len(letters):
        frame.refuse("np.einsum along a diagonal", "take np.diagonal(x) first")
    return Labelled(frame, found, letters)


def _all(terms: Sequence[Labelled], result: str) -> Labelled:
    total, *rest = terms
    for k, term in enumerate(rest):
        later = "".join(other.letters for other in rest[k + 1 :])
        total = contracted(total, term, result + later)
    return total.summed(result)


def _result(frame: Frame, total: Labelled, result: str) -> Obj:
    found = total.ordered(result)
    if isinstance(found, Array) and found.parent is not None:
        return frame.make("copy", frame.read(found), spelled=".copy")
    return found


@library("np.tensordot")
def tensordot(frame: Frame, args: Arguments) -> Obj:
    """``np.tensordot(x, y, axes)``."""
    x, y, axes = args.take(frame, "a b axes?")
    assert x is not None and y is not None
    arrays = require_array(frame, x), require_array(frame, y)
    ranks = [array.type.rank for array in arrays]
    pairs = _pairs(frame, axes, *ranks)
    letters = [list(LETTERS[: ranks[0]]), list(LETTERS[ranks[0] : sum(ranks)])]
    for i, j in pairs:
        letters[1][j] = letters[0][i]
    summed = {letters[0][i] for i, _ in pairs}
    result = "".join(c for c in letters[0] + letters[1] if c not in summed)
    one, other = (
        Labelled(frame, array, "".join(names))
        for array, names in zip(arrays, letters, strict=True)
    )
    return _result(frame, contracted(one, other, result), result)


def _pairs(
    frame: Frame, axes: Obj | None, rank: int, other: int
) -> list[tuple[int, int]]:
    if axes is None or isinstance(axes, Scalar):
        value = None if axes is None else frame.read(axes)
        count = 2 if value is None else known_integer(frame, value, "axes")
        return [(rank - count + k, k) for k in range(count)]
    if not isinstance(axes, Tuple) or len(axes.items) != 2:
        frame.refuse("these axes of np.tensordot", "write a number or two tuples")
    groups = [item.items if isinstance(item, Tuple) else (item,) for item in axes.items]
    firsts = [one_axis(frame, item, rank) for item in groups[0]]
    seconds = [one_axis(frame, item, other) for item in groups[1]]
    if len(firsts) != len(seconds):
        frame.refuse("np.tensordot with different numbers of axes")
    return list(zip(firsts, seconds, strict=True))
