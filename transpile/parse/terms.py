"""Compositions as they would be written in NumPy: `Term` gives objects operators."""

from __future__ import annotations

from ..graph.ir import Value
from .arrays import as_value, require_array
from .frame import Frame
from .indexing import bracket_objects, get
from .libraries import call_library
from .objects import NONE, Dim, Obj, Scalar, Span, Static, Tuple
from .operators import binary_operator, unary_operator
from .writes import store

Plain = bool | int | float | str | None | tuple[object, ...]
Items = object


class Term:
    """An object of the parser: ``x[1:] - x[:-1]`` emits what the source would."""

    __slots__ = ("frame", "obj")

    def __init__(self, frame: Frame, obj: Obj) -> None:
        self.frame = frame
        self.obj = obj

    @property
    def value(self) -> Value:
        """The present value of a number or an array."""
        return as_value(self.frame, self.obj)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return self.value.type.rank

    def __len__(self) -> int:
        raise TypeError("a length is a term: write x.length()")

    def length(self, axis: int = 0) -> Term:
        """Return the length of an axis."""
        return Term(self.frame, Dim(require_array(self.frame, self.obj), axis))

    def call(self, name: str, *others: Term | Plain, **named: Term | Plain) -> Term:
        """Return ``np.name(self, *others, **named)``."""
        positional = [self.obj, *(self._lift(o) for o in others)]
        keywords = {key: self._lift(o) for key, o in named.items()}
        made = call_library(self.frame, f"numpy.{name}", positional, keywords)
        return Term(self.frame, made)

    def _lift(self, other: object) -> Obj:
        if isinstance(other, Term):
            return other.obj
        if isinstance(other, tuple):
            return Tuple(tuple(map(self._lift, other)))
        if other is None:
            return NONE
        if other is Ellipsis:
            return Static(...)
        if isinstance(other, str):
            return Static(other)
        assert isinstance(other, (bool, int, float))
        return Scalar(self.frame.constant(other))

    def _binary(self, kind: str, other: object, *, swapped: bool = False) -> Term:
        pair = [self.obj, self._lift(other)]
        left, right = pair[::-1] if swapped else pair
        return Term(self.frame, binary_operator(self.frame, kind, left, right))

    def __add__(self, other: Term | float) -> Term:
        return self._binary("Add", other)

    def __sub__(self, other: Term | float) -> Term:
        return self._binary("Sub", other)

    def __rsub__(self, other: float) -> Term:
        return self._binary("Sub", other, swapped=True)

    def __mul__(self, other: Term | float) -> Term:
        return self._binary("Mult", other)

    def __rmul__(self, other: float) -> Term:
        return self._binary("Mult", other, swapped=True)

    def __truediv__(self, other: Term | float) -> Term:
        return self._binary("Div", other)

    def __floordiv__(self, other: Term | int) -> Term:
        return self._binary("FloorDiv", other)

    def __mod__(self, other: Term | int) -> Term:
        return self._binary("Mod", other)

    def __matmul__(self, other: Term) -> Term:
        return self._binary("MatMult", other)

    def __and__(self, other: Term) -> Term:
        return self._binary("BitAnd", other)

    def __invert__(self) -> Term:
        return Term(self.frame, unary_operator(self.frame, "Invert", self.obj))

    def __neg__(self) -> Term:
        return Term(self.frame, unary_operator(self.frame, "USub", self.obj))

    def __lt__(self, other: Term | float) -> Term:
        return self.call("less", other)

    def __le__(self, other: Term | float) -> Term:
        return self.call("less_equal", other)

    def __ge__(self, other: Term | float) -> Term:
        return self.call("greater_equal", other)

    def cast(self, dtype: str) -> Term:
        """Return ``self.astype(dtype)``; itself where it has that dtype."""
        if self.value.type.dtype == dtype:
            return self
        made = self.frame.make("cast", self.value, dtype=dtype, spelled=".astype")
        return Term(self.frame, made)

    def where(self, yes: Term | float, no: Term | float) -> Term:
        """Return ``np.where(self, yes, no)``."""
        return self.call("where", yes, no)

    def __getitem__(self, items: object) -> Term:
        array = require_array(self.frame, self.obj)
        found = bracket_objects(self.frame, array.type, self._parts(items))
        return Term(self.frame, get(self.frame, array, found))

    def __setitem__(self, items: object, value: Term) -> None:
        array = require_array(self.frame, self.obj)
        found = bracket_objects(self.frame, array.type, self._parts(items))
        store(self.frame, array, found, value.value)

    def _parts(self, items: object) -> list[Obj]:
        group = items if isinstance(items, tuple) else (items,)
        return [self._part(item) for item in group]

    def _part(self, item: object) -> Obj:
        if not isinstance(item, slice):
            return self._lift(item)
        bounds = (item.start, item.stop, item.step)
        return Span(*(None if b is None else self._bound(b) for b in bounds))

    def _bound(self, bound: object) -> Value:
        return self.frame.read(self._lift(bound))


def counted(frame: Frame, n: Term | int) -> Term:
    """Return ``np.arange(n)``."""
    stop = n if isinstance(n, Term) else Term(frame, Scalar(frame.constant(n)))
    return stop.call("arange")


def array_of(frame: Frame, obj: Obj, what: str, rank: int = 1) -> Term:
    """Return an argument that must be an array with so many axes."""
    array = require_array(frame, obj)
    if array.type.rank != rank:
        frame.refuse(f"{what} of an array with {array.type.rank} axes", HELP[rank])
    return Term(frame, array)


def along(rank: int, axis: int, item: object, other: object) -> tuple[object, ...]:
    """Return one item for an axis and another for all others."""
    return tuple(item if k == axis else other for k in range(rank))


HELP = {1: "take rows one by one in a loop, or ravel the array", 2: "pass a matrix"}
