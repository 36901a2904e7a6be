"""Shapes: when dimensions are equal, how they broadcast, what an index leaves.

Unknown equality counts as equality here; `unproved` in `types` lists what then has
to be unified or checked.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from .ir import (
    At,
    Gather,
    Index,
    Item,
    Mask,
    NewAxis,
    Path,
    Reshape,
    Span,
    Transpose,
    Type,
    Value,
)
from .linear import Derived, Dim, Linear, derived

Pair = tuple[Dim, Dim]
ONE = Linear.number(1)


class TypeRefused(Exception):
    """An operation that the types of its operands don't allow."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def same(d: Dim, e: Dim) -> bool | None:
    """Return whether two dimensions are equal; None if that can't be told.

    Examples
    --------
    >>> from .linear import Size
    >>> n = Linear.of(Size("n"))
    >>> same(n, n), same(n, n + 1), same(n, Linear.of(Size("m")))
    (True, False, None)
    """
    difference = (d - e).value
    return None if difference is None else difference == 0


def text(shape: Sequence[Dim]) -> str:
    """Return a shape as it is printed in messages."""
    inside = ", ".join(map(str, shape))
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def surely_not_negative(form: Dim) -> bool:
    """Return whether a form is at least zero by its sizes alone."""
    return derived("clip", form) == form


def product(shape: Sequence[Dim]) -> Dim:
    """Return the number of elements of an array of that shape."""
    if not shape:
        return ONE
    return derived("product", *shape)


# ---- broadcasting ----


def _aligned(shapes: Sequence[Sequence[Dim]]) -> list[list[Dim]]:
    """Return the dimensions that meet at each axis of the result."""
    rank = max(map(len, shapes), default=0)
    return [
        [s[axis - rank + len(s)] for s in shapes if axis - rank + len(s) >= 0]
        for axis in range(rank)
    ]


def broadcast(shapes: Sequence[tuple[Dim, ...]]) -> tuple[Dim, ...]:
    """Return the broadcast shape; raise if two lengths surely differ.

    Of lengths taken to be equal, that of an argument says more than a slice's.
    """
    result = []
    for dims in _aligned(shapes):
        wide = [d for d in dims if d != ONE]
        if any(same(wide[0], d) is False for d in wide[1:]):
            raise TypeRefused(
                "shapes " + " and ".join(map(text, shapes)) + " cannot be broadcast",
                "every axis must have the same length in both, or length 1",
            )
        result.append(min(wide, key=_is_derived, default=ONE))
    return tuple(result)


def _is_derived(form: Dim) -> bool:
    return any(isinstance(atom, Derived) for atom in form.atoms)


def broadcast_pairs(shapes: Sequence[tuple[Dim, ...]]) -> list[Pair]:
    """Return the pairs of lengths that broadcasting takes to be equal."""
    found = []
    for dims in _aligned(shapes):
        wide = [d for d in dims if d != ONE]
        found += equal_pairs([(wide[0], d) for d in wide[1:]])
    return found


def equal_pairs(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs that are not provably equal, each once."""
    return list(dict.fromkeys(p for p in pairs if same(*p) is not True))


# ---- lengths of ranges and slices ----


def ceil_divide(length: Dim, step: int) -> Dim:
    """Return ``ceil(length / step)``."""
    if step == 1:
        return length
    if length.value is not None:
        return Linear.number(-(-length.value // step))
    if all(f % step == 0 for _, f in length.terms) and length.constant % step == 0:
        terms = ((atom, factor // step) for atom, factor in length.terms)
        return Linear.collect(terms, length.constant // step)
    return derived("ceil", length, step)


def range_length(start: Dim, stop: Dim, step: Dim) -> Dim:
    """Return ``len(range(start, stop, step))``."""
    by = step.value
    if by is None or by == 0:
        return derived("range", start, stop, step)
    span = stop - start if by > 0 else start - stop
    return ceil_divide(derived("clip", span), abs(by))


@functools.lru_cache(maxsize=1024)
def slice_length(
    lower: Dim | None, upper: Dim | None, step: Dim | None, length: Dim
) -> Dim:
    """Return the length of ``x[lower:upper:step]`` for an x of that length.

    Examples
    --------
    >>> from .linear import Size
    >>> n, one = Linear.of(Size("n")), Linear.number(1)
    >>> print(slice_length(one, -one, None, n), slice_length(one, None, one + one, n))
    clip(n - 2) ceil(clip(n - 1), 2)
    """
    by = ONE if step is None else step
    bounds = (lower, upper)
    numbers = [None if b is None else b.value for b in (lower, upper, step)]
    if length.value is not None and all(
        b is None or n is not None
        for b, n in zip((lower, upper, step), numbers, strict=True)
    ):
        return Linear.number(len(range(*slice(*numbers).indices(length.value))))
    if by.value is not None and by.value < 0 and bounds == (None, None):
        return ceil_divide(length, -by.value)
    if by.value is not None and by.value > 0:
        forward = _forward_length(lower, upper, length)
        if forward is not None:
            return ceil_divide(forward, by.value)
    parts = ["" if b is None else b for b in (lower, upper)]
    return derived("slice", *parts, by, length)


def _forward_length(lower: Dim | None, upper: Dim | None, n: Dim) -> Dim | None:
    """Return the length of ``x[lower:upper]``, or None if no case is provable."""
    start = Linear.number(0) if lower is None else lower
    if start.value is not None and start.value < 0:
        # x[-a:] has min(a, n) elements, as many as x[:a].
        return None if upper is not None else _head(-start, n)
    if not surely_not_negative(start):
        return None
    stop = n if upper is None else upper
    if stop.value is not None and stop.value < 0:
        return derived("clip", n + stop - start)
    back = (n - stop).value
    if back is not None and back > 0:
        # x[a:n-c]: for n < c the bound is negative and counts from the end; the
        # slice is empty as it should be only where c <= a + 2.
        return derived("clip", stop - start) if back <= start.constant + 2 else None
    if start.value == 0 and stop.value is not None:
        return _head(stop, n)
    inside = surely_not_negative(stop - start) and surely_not_negative(n - stop)
    if inside:
        return stop - start
    return derived("clip", n - start) if stop == n else None


def _head(count: Dim, n: Dim) -> Dim:
    """Return the length of ``x[:count]`` for a number ``count >= 0``."""
    if surely_not_negative(n - count):
        return count
    return derived("slice", Linear.number(0), count, ONE, n)


# ---- index paths ----


def is_basic(path: Path) -> bool:
    """Return whether a path selects a view: no integer or boolean arrays."""
    return not any(
        isinstance(item, Gather | Mask)
        for step in path
        if isinstance(step, Index)
        for item in step.items
    )


def width(item: Item) -> int:
    """Return how many axes an item covers."""
    if isinstance(item, Mask):
        return item.rank
    return 0 if isinstance(item, NewAxis) else 1


def indexed(index: Index, base: Type, slots: Sequence[Value]) -> Type:
    """Return the type of ``base[index]``."""
    covered = sum(map(width, index.items))
    if covered != base.rank:
        raise TypeRefused(
            f"{covered} indices for an array with {base.rank} axes",
            "give at most one index for every axis",
        )
    kept: list[tuple[int, Dim]] = []  # (place, length) of the axes that stay
    advanced: list[tuple[Dim, ...]] = []
    places: list[int] = []
    axis = 0
    arrays = not is_basic((index,))
    for place, item in enumerate(index.items):
        if isinstance(item, Span):
            kept.append((place, _span_length(item, base.shape[axis], slots)))
        elif isinstance(item, NewAxis):
            kept.append((place, ONE))
        elif arrays:
            places.append(place)
            advanced.append(_advanced_shape(item, slots))
        axis += width(item)
    if not arrays:
        return Type(
            base.dtype, tuple(d for _, d in kept), _view_layout(index, base, slots)
        )
    joint = broadcast(advanced)
    # NumPy: neighbouring array indices leave their axes in place, else in front.
    together = places[-1] - places[0] + 1 == len(places)
    front = [d for p, d in kept if together and p < places[0]]
    back = [d for p, d in kept if not together or p > places[0]]
    return Type(base.dtype, (*front, *joint, *back))


def _span_length(span: Span, length: Dim, slots: Sequence[Value]) -> Dim:
    lower, upper, step = (
        None if slot is None else slots[slot].as_linear
        for slot in (span.lower, span.upper, span.step)
    )
    return slice_length(lower, upper, step, length)


def _advanced_shape(item: Item, slots: Sequence[Value]) -> tuple[Dim, ...]:
    if isinstance(item, Gather):
        return slots[item.slot].type.shape
    if isinstance(item, Mask):
        return (derived("count", slots[item.slot].serial),)
    return ()


def _is_full(item: Item) -> bool:
    return item == Span()


def _unit_step(item: Item, slots: Sequence[Value]) -> bool:
    if not isinstance(item, Span):
        return False
    return item.step is None or slots[item.step].as_linear.value == 1


def _view_layout(index: Index, base: Type, slots: Sequence[Value]) -> str:
    """Return C where the elements of the view still lie side by side, in order.

    That is so for leading integers, then at most one slice of step 1, then whole
    axes; mirrored for F.
    """
    items = [item for item in index.items if not isinstance(item, NewAxis)]
    if len(items) != len(index.items) and base.layout == "F":
        return "A"
    if base.layout == "F":
        items.reverse()
    if base.layout == "A":
        return "A" if not all(isinstance(item, At) for item in items) else "C"
    while items and isinstance(items[0], At):
        items.pop(0)
    contiguous = all(map(_is_full, items[1:])) and (
        not items or _unit_step(items[0], slots)
    )
    if not contiguous:
        return "A"
    return base.layout if len(items) > 1 else "C"


def transposed(base: Type, axes: Sequence[int]) -> Type:
    """Return the type of ``base.transpose(axes)``."""
    shape = tuple(base.shape[axis] for axis in axes)
    if list(axes) == sorted(axes):
        return Type(base.dtype, shape, base.layout)
    reverse = list(axes) == sorted(axes, reverse=True)
    mirrored = {"C": "F", "F": "C"}.get(base.layout, "A")
    return Type(base.dtype, shape, mirrored if reverse else "A")


def section(base: Type, path: Path, slots: Sequence[Value]) -> Type:
    """Return the type of ``base[path]`` for a whole path."""
    for step in path:
        if isinstance(step, Index):
            base = indexed(step, base, slots)
        elif isinstance(step, Transpose):
            base = transposed(base, step.axes)
        elif isinstance(step, Reshape):
            lengths = tuple(slots[slot].as_linear for slot in step.slots)
            base = Type(base.dtype, lengths, "C")
        else:
            raise TypeRefused(f"unknown step {step!r} in an index")
    return base


def section_pairs(base: Type, path: Path, slots: Sequence[Value]) -> list[Pair]:
    """Return the pairs of lengths that an index path takes to be equal."""
    found: list[Pair] = []
    for step in path:
        if isinstance(step, Index) and not is_basic((step,)):
            advanced = [
                _advanced_shape(item, slots)
                for item in step.items
                if isinstance(item, Gather | Mask)
            ]
            found += broadcast_pairs(advanced)
            found += _mask_pairs(step, base, slots)
        elif isinstance(step, Reshape):
            lengths = [slots[slot].as_linear for slot in step.slots]
            found += equal_pairs([(product(base.shape), product(lengths))])
        base = section(base, (step,), slots)
    return found


def _mask_pairs(index: Index, base: Type, slots: Sequence[Value]) -> list[Pair]:
    found: list[Pair] = []
    axis = 0
    for item in index.items:
        if isinstance(item, Mask):
            masked = base.shape[axis : axis + item.rank]
            found += zip(masked, slots[item.slot].type.shape, strict=True)
        axis += width(item)
    return equal_pairs(found)
