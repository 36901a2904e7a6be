"""``np.einsum`` in all its spellings, and ``np.tensordot``."""

from __future__ import annotations

from collections.abc import Sequence

from .arrays import as_array, known_integer, one_axis, require_array
from .contractions import Labelled, contracted, contraction
from .elementwise import into
from .frame import Frame
from .libraries import Arguments, library
from .objects import Array, Obj, Scalar, Static, Tuple

HELP = "write it with @, np.outer, broadcasting and np.sum(..., axis=...)"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The letters of the axes that an ellipsis stands for, the last axis first.
HIDDEN = "".join(map(chr, range(0x3B1, 0x3C9)))


@library("np.einsum")
def einsum(frame: Frame, args: Arguments) -> Obj:
    """``np.einsum("ij,jk->ik", A, B)``, or with lists: ``(A, [0, 1], B, [1, 2])``."""
    keywords = set(args.keywords) - {"optimize", "out"}
    if keywords or not args.positional:
        frame.refuse("this form of np.einsum", HELP)
    first, *rest = args.positional
    text = getattr(first, "value", None)
    if isinstance(text, str):
        operands = [as_array(frame, obj) for obj in rest]
    else:
        operands, text = _from_lists(frame, args.positional)
    parts, arrow, result = _split(frame, text.replace(" ", ""))
    if len(parts) != len(operands):
        frame.refuse(f"{len(operands)} arrays for {len(parts)} terms of np.einsum")
    terms = [
        _labelled(frame, obj, letters)
        for obj, letters in zip(operands, parts, strict=True)
    ]
    dots = "".join(c for c in HIDDEN[::-1] if any(c in t.letters for t in terms))
    every = "".join(parts).replace("...", "")
    if not arrow:
        result = "..." + "".join(c for c in sorted(set(every)) if every.count(c) == 1)
    if "..." not in result and dots:
        frame.refuse("np.einsum that sums over '...'", "name the axes by letters")
    result = result.replace("...", dots)
    if len(set(result)) < len(result) or not set(result) <= set(every + dots):
        frame.refuse("the result of this np.einsum", HELP)
    return into(frame, _evaluated(frame, terms, result), args.keywords.get("out"))


def _evaluated(frame: Frame, terms: Sequence[Labelled], result: str) -> Obj:
    terms = [term.on_diagonal() for term in terms]
    wide = _wide(terms)
    total = contraction([term.narrowed(wide) for term in terms], result)
    found = total.ordered(result)
    if len(terms) > 1 and isinstance(found, Array) and found.parent is not None:
        return frame.make("copy", frame.read(found), spelled=".copy")
    return found


def _wide(terms: Sequence[Labelled]) -> str:
    """Return the letters of axes that are not known to have length 1 everywhere."""
    return "".join(
        letter
        for term in terms
        for letter, length in zip(term.letters, term.shape, strict=True)
        if length.value != 1
    )


def _split(frame: Frame, text: str) -> tuple[list[str], str, str]:
    left, arrow, result = text.partition("->")
    parts = left.split(",")
    if any(set(part.replace("...", "", 1)) - set(LETTERS) for part in (*parts, result)):
        frame.refuse("these subscripts of np.einsum", HELP)
    return parts, arrow, result


def _labelled(frame: Frame, obj: Obj, letters: str) -> Labelled:
    rank = frame.read(obj).type.rank
    more = rank - len(letters.replace("...", ""))
    if more < 0 or (more and "..." not in letters):
        frame.refuse(f"the letters '{letters}' for an array with {rank} axes")
    return Labelled(frame, obj, letters.replace("...", HIDDEN[:more][::-1]))


def _from_lists(frame: Frame, positional: Sequence[Obj]) -> tuple[list[Obj], str]:
    """Return the operands, and the subscripts as text."""
    pairs = list(zip(positional[::2], positional[1::2], strict=False))
    texts = [_letters(frame, items) for _, items in pairs]
    result = ""
    if len(positional) % 2:
        result = "->" + _letters(frame, positional[-1])
    operands = [as_array(frame, obj) for obj, _ in pairs]
    return operands, ",".join(texts) + result


def _letters(frame: Frame, obj: Obj) -> str:
    if not isinstance(obj, Tuple):
        frame.refuse("this form of np.einsum", HELP)
    found = ""
    for item in obj.items:
        if item == Static(...):
            found += "..."
        else:
            place = known_integer(frame, frame.read(item), "a subscript of np.einsum")
            found += LETTERS[place]
    return found


@library("np.tensordot", "np.linalg.tensordot")
def tensordot(frame: Frame, args: Arguments) -> Obj:
    """``np.tensordot(x, y, axes)``."""
    x, y, axes = args.take(frame, "a b axes?")
    assert x is not None and y is not None
    arrays = require_array(frame, x), require_array(frame, y)
    return tensor_product(frame, *arrays, _pairs(frame, axes, *arrays))


def tensor_product(
    frame: Frame, x: Array, y: Array, pairs: Sequence[tuple[int, int]]
) -> Obj:
    """Return products of all axes of two arrays, summed over pairs of axes."""
    ranks = [x.type.rank, y.type.rank]
    letters = [list(LETTERS[: ranks[0]]), list(LETTERS[ranks[0] : sum(ranks)])]
    for i, j in pairs:
        letters[1][j] = letters[0][i]
    summed = {letters[0][i] for i, _ in pairs}
    result = "".join(c for c in letters[0] + letters[1] if c not in summed)
    one, other = (
        Labelled(frame, array, "".join(names))
        for array, names in zip((x, y), letters, strict=True)
    )
    found = contracted(one, other, result).ordered(result)
    if isinstance(found, Array) and found.parent is not None:
        return frame.make("copy", frame.read(found), spelled=".copy")
    return found


def _pairs(frame: Frame, axes: Obj | None, x: Array, y: Array) -> list[tuple[int, int]]:
    rank, other = x.type.rank, y.type.rank
    if axes is None or isinstance(axes, Scalar):
        value = None if axes is None else frame.read(axes)
        count = 2 if value is None else known_integer(frame, value, "axes")
        if not 0 <= count <= min(rank, other):
            frame.refuse(f"np.tensordot over {count} axes of these")
        return [(rank - count + k, k) for k in range(count)]
    if not isinstance(axes, Tuple) or len(axes.items) != 2:
        frame.refuse("these axes of np.tensordot", "write a number or two tuples")
    groups = [item.items if isinstance(item, Tuple) else (item,) for item in axes.items]
    firsts = [one_axis(frame, item, rank) for item in groups[0]]
    seconds = [one_axis(frame, item, other) for item in groups[1]]
    if len(firsts) != len(seconds):
        frame.refuse("np.tensordot with different numbers of axes")
    return list(zip(firsts, seconds, strict=True))
