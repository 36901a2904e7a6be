"""What the lowering of one function knows while it goes along."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ..graph.affine import implied
from ..graph.build import Builder
from ..graph.dtypes import strong
from ..graph.ir import At, Buffer, Equation, Index, Origin, Region, Type, Value
from ..graph.linear import Linear

Element = Callable[[Sequence[Value]], Value]
SCOPED = ("values", "sources", "lengths", "axes", "visible", "places")
COUNTER_NAMES = ("i", "j", "k", "l", "m", "n", "p", "q", "r")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An array that is not in memory: how to compute one element, on demand.

    ``extent`` gives the length of an axis where its linear form does not tell.
    ``view`` is the equation, if the array is a view of ``view.operands[0]``.
    """

    value: Value
    element: Element
    extent: Callable[[int], Value]
    view: Equation | None = None


class Block(Builder):
    """A builder that gives its comment to one equation only."""

    def append(
        self,
        op: str,
        operands: Sequence[Value],
        results: Sequence[Value],
        regions: Sequence[Region] = (),
        **attrs: Any,
    ) -> Equation:
        """Append an equation; the comment is used up."""
        eq = super().append(op, operands, results, regions, **attrs)
        self.comment = None
        return eq


class Lowering:
    """The state of lowering one function: open block, scopes, facts.

    Scalars keep their identity; an array of the original that is in memory maps to
    its lowered value in ``values``; one that is not has a `Source`. ``places`` holds
    the index arrays of masks. What `SCOPED` names is forgotten at a region's end.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self.block = Block()
        self.lazy: Mapping[Value, Collection[Buffer]] = {}
        self.values: ChainMap[Value, Value] = ChainMap()
        self.sources: ChainMap[Value, Source] = ChainMap()
        self.lengths: ChainMap[Linear, Value] = ChainMap()
        self.axes: ChainMap[tuple[Value, int], Value] = ChainMap()
        self.visible: ChainMap[Value, bool] = ChainMap()
        self.places: ChainMap[Value, list[Value]] = ChainMap()
        self.constants: dict[Value, bool | int | float] = {}
        self.sums: dict[Value, tuple[Value, int]] = {}
        self.facts: list[Linear] = []
        self.names = names
        self.open_counters: list[str] = []
        self.counters: set[Value] = set()
        self.blank: set[Value] = set()
        self.label = ""
        self.from_front = True  # whether no index can be negative
        self.checked = False  # whether all that is demanded was found to hold
        self.same: Mapping[Buffer, Buffer] = {}  # what may be the same memory
        self.given: frozenset[Buffer] = frozenset()  # the caller's memory
        self.operands: tuple[Value, ...] = ()

    # ---- scopes ----

    @contextmanager
    def scope(self) -> Iterator[Block]:
        """Open a block inside the present one; what it defines is forgotten after."""
        outer, facts = self.block, len(self.facts)
        kept: dict[str, ChainMap[Any, Any]] = {
            name: vars(self)[name] for name in SCOPED
        }
        self.block = Block(outer.origin, outer.backward)
        vars(self).update({name: known.new_child() for name, known in kept.items()})
        try:
            yield self.block
        finally:
            self.block = outer
            vars(self).update(kept)
            del self.facts[facts:]

    def counter_name(self) -> str:
        """Return a name for a counter that the user has for nothing else."""
        taken = self.names.union(self.open_counters)
        free = (name for name in COUNTER_NAMES if name not in taken)
        return next(free, "i")

    # ---- values ----

    def emit(self, op: str, *operands: Value, **attrs: Any) -> Value:
        """Append an equation over lowered values; return the result."""
        result = self.block.emit(op, *operands, **attrs)
        if op == "constant":
            self.constants[result] = attrs["value"]
        return result

    def number(self, value: int) -> Value:
        """Return an integer constant."""
        return self.emit("constant", value=value)

    def get(self, value: Value) -> Value:
        """Return the lowered value of a scalar."""
        return self.values.get(value, value)

    def define(self, original: Value, lowered: Value) -> None:
        """Make ``lowered`` the value of ``original``.

        If the last equation computed it, it takes on the original's identity, name
        and all; unless it is another original's already (``int`` of an integer).
        """
        last = self.block.equations[-1] if self.block.equations else None
        alike = lowered.type.rank == original.type.rank == 0
        shared = (*self.lengths.values(), *self.axes.values())
        alike = alike and all(lowered is not v for v in shared)
        alike = alike and (lowered is original or lowered not in self.visible)
        if alike and last is not None and lowered in last.results:
            results = tuple(original if v is lowered else v for v in last.results)
            self.block.equations[-1] = replace(last, results=results)
            self._note_rest(original, last)
            if lowered in self.constants:
                self.constants[original] = self.constants.pop(lowered)
            if lowered in self.sums:
                self.sums[original] = self.sums.pop(lowered)
        else:
            self.values[original] = lowered
        self.visible[original] = True

    def _note_rest(self, value: Value, eq: Equation) -> None:
        """Note that ``i % n`` is from 0 to ``n - 1``, if n is surely positive."""
        if eq.op == "remainder" and value.type.is_integer:
            most = eq.operands[1].as_linear - 1
            if self.proved(most):
                self.facts += [value.as_linear, most - value.as_linear]

    def named(self, value: Value, name: str) -> Value:
        """Return the value just computed as one with a variable of that name."""
        last = self.block.equations[-1] if self.block.equations else None
        if last is None or last.results != (value,) or value in self.sums:
            return value
        made = replace(value, name=name)
        self.block.equations[-1] = replace(last, results=(made,))
        if value in self.constants:
            self.constants[made] = self.constants[value]
        return made

    def direct(self, index: Value) -> Value:
        """Return an index as it is; note whether it may count from the end."""
        self.from_front = self.from_front and self.proved(index.as_linear)
        return index

    def proved(self, form: Linear) -> bool:
        """Whether a linear form is known to be at least zero."""
        return implied(self.facts, form)

    def demand(
        self,
        condition: Value,
        exception: str,
        message: str,
        origin: Origin | None = None,
    ) -> None:
        """Append a check; its message says where in the user's source it stands."""
        if self.checked:
            return
        origin = origin or self.block.origin
        if origin is not None:
            name = origin.file.replace("\\", "/").rpartition("/")[2]
            message = f"{name}:{origin.line}: {message}: {origin.text.strip()}"
        self.block.append(
            "check", (condition,), (), exception=exception, message=message
        )

    # ---- arrays ----

    def allocate(
        self, like: Value, extents: Sequence[Value], op: str = "empty"
    ) -> Value:
        """Return new memory for an array of the original."""
        forms = tuple(v.as_linear for v in extents)
        dtype = concrete(like.type.dtype)
        # A result that takes the place of an operand gets memory of its own.
        taken = any(like.buffer in self.lazy.get(v, (v.buffer,)) for v in self.operands)
        old = None if taken else like.buffer
        buffer = old or Buffer(like.name or "")
        result = Value(Type(dtype, forms), like.name, buffer, hint=like.hint)
        self.block.append(
            op, tuple(extents), (result,), dtype=dtype, stands_for=self.label
        )
        return result

    def read(self, array: Value, counters: Sequence[Value]) -> Value:
        """Return an element of an array in memory, at counters that are in range."""
        path, inside = element_path(len(counters))
        return self.emit("index", array, *counters, path=path, inbounds=inside)

    def write(
        self, op: str, array: Value, value: Value, counters: Sequence[Value]
    ) -> Value:
        """Return the array after a store or accumulation to one element."""
        path, inside = element_path(len(counters))
        result = Value(array.type, array.name, array.buffer, hint=array.hint)
        self.block.append(
            op, (array, value, *counters), (result,), path=path, inbounds=inside
        )
        return result


def element_path(rank: int) -> tuple[tuple[Index, ...], tuple[bool, ...]]:
    """Return the path of one element, and that its indices are in range."""
    return (Index(tuple(At(k) for k in range(rank))),), (True,) * rank


def concrete(dtype: str) -> str:
    """Return the dtype that a weak one is computed in, alone."""
    return strong(dtype)


__all__ = ["Block", "Element", "Lowering", "Source", "concrete"]
