"""Saved values: where they are kept, and the forward equations that keep them.

Layout. Loops whose trip counts are known before the outermost one begins give one
axis each, and two that make a triangle have one together, of the exact length; the
others are counted together by a running position on the first axis, and the array
doubles when it is full. Of ``a[:, j]`` the axis of j stays the last, so that what lay
side by side still does. A value of a branch outside loops is simply a result of the
branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..graph.build import Builder
from ..graph.dtypes import strong
from ..graph.ir import At, Equation, Index, Item, Span, Type, Value
from ..graph.linear import Linear
from ..graph.loopform import Loop
from ..graph.substitute import in_equation
from .growth import grow, growing
from .insertions import Insertions
from .layout import Layout, proved, trip_number, varying
from .positions import Definition, Positions
from .ragged import PIECE, Piece, keep_end_to_end
from .running import Running
from .sections import counter_facts
from .sizes import Sizes
from .triangles import Rows, Triangle

FIRST_CAPACITY = 16


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one saved value is kept.

    ``array`` is any version of the array (None: the value itself is at hand),
    ``position`` any version of the running position of its first axis, or None.
    ``loops`` are those with an axis of their own, of a ``triangle`` the inner one;
    ``ahead`` is 1 for the value that an iteration leaves in a row of states, which the
    next one starts from. ``behind``: the last of these axes is behind those of the
    value. ``piece`` says where the value lies among others of other lengths, ``rows``
    the same where the lengths are a formula.
    """

    array: Value | None
    loops: tuple[Equation, ...] = ()
    position: Value | None = None
    ahead: int = 0
    piece: Piece | None = None
    triangle: Triangle | None = None
    behind: bool = False
    rows: Rows | None = None


class Saver:
    """Lays out saved values and collects the equations that save them.

    ``versions`` are the new variables, for `thread`, ``lengths`` the values that stand
    for the lengths of arrays, ``pieces`` where the numbers are that tell arrays of
    different lengths apart.
    """

    def __init__(self, positions: Positions, sizes: Sizes) -> None:
        self.positions = positions
        self.sizes = sizes
        self.layout = Layout(positions, sizes)
        self.insertions = Insertions()
        self.versions: dict[Value, object] = {}
        self.running = Running(self.insertions, self.versions)
        self.lengths: dict[tuple[Value, int], Value] = {}
        self.pieces: dict[Value, Slot] = {}
        self._stored = 0  # how many equations the last store took

    def save(
        self,
        value: Value,
        definition: Definition,
        name: str,
        ahead: int = 0,
        every: bool = False,
        column: Linear | None = None,
    ) -> Slot:
        """Arrange that a value defined at a place is kept; return where.

        With ``ahead`` the innermost axis is longer by as much. ``every`` says that the
        value differs in every iteration, ``column`` of which column it is.
        """
        loops = definition.loops
        inside = loops if every else varying(value, self.positions)
        if not inside:
            return self._keep(value, definition)
        if not self.layout.is_bounded(value, definition):
            return self._end_to_end(value, definition, name)
        root = definition.chain[0][0]
        flat = self.layout.counted(loops)
        whole = inside == loops and not ahead and not flat
        corner = self.layout.triangle(loops) if whole else None
        builder = Builder(root.origin)
        position = self.running.position(flat[-1], root) if flat else None
        own = loops[len(flat) :] if flat else inside
        if corner is not None:
            own = tuple(eq for eq in own if eq is not corner.row)
        rows = self.layout.rows(loops, value) if whole else None
        own = own if rows is None else ()
        behind = not flat and column is not None and _counts(own, column)
        slot = Slot(None, own, position, triangle=corner, behind=behind, rows=rows)
        lengths = [self._length(builder, eq, loops, slot) for eq in own]
        if ahead:
            lengths[-1] = _plus(builder, lengths[-1], ahead)
        if position is not None:
            lengths.insert(0, builder.constant(FIRST_CAPACITY))
        at = len(lengths) - behind
        lengths[at:at] = [
            self.layout.length(builder, d, definition)
            for d in ((rows.total,) if rows else value.type.shape)
        ]
        dtype = stored_dtype(value.type)
        array = builder.emit("empty", *lengths, name=name, dtype=dtype)
        if flat:
            array = growing(builder, array)
        self.versions[array] = array
        self.insertions.before.setdefault(root, []).extend(builder.equations)
        slot = replace(slot, array=array)
        self._store(value, definition, slot)
        if flat:
            self._grow(array, slot, flat[-1])
        return slot

    def _length(
        self, builder: Builder, eq: Equation, loops: Sequence[Equation], slot: Slot
    ) -> Value:
        """Emit the length of the axis of a loop."""
        if slot.triangle is not None and eq is slot.triangle.column:
            return self.layout.value(builder, slot.triangle.trips)
        return self.layout.trips(builder, eq, loops)

    def _is_overwritten(self, value: Value, definition: Definition) -> bool:
        """Whether the memory of a value may be written at some time.

        A scalar counts if it was read from memory that has another name too.
        """
        buffer, eq = value.buffer, definition.eq
        if buffer is None:
            if definition.chain or eq is None or eq.op != "index":
                return False
            buffer = eq.operands[0].buffer
        elif buffer in self.positions.writes:
            return True
        return buffer is not None and self.positions.written_elsewhere(buffer)

    def save_states(
        self, carry: Value, value: Value, loop: Equation, name: str
    ) -> tuple[Slot, Slot]:
        """Keep a carry and what becomes of it in one row of states.

        ``h[t]`` is the carry in iteration t, ``h[t + 1]`` its new value.
        """
        definitions = self.positions.definitions
        slot = self.save(value, definitions[value], name, ahead=1)
        after = self.insertions.after[definitions[value].eq]  # type: ignore[index]
        for _ in range(self._stored):
            after.pop()
        slot = replace(slot, ahead=1)
        self._store(value, definitions[value], slot)
        first = replace(slot, ahead=0)
        parts = Loop.of(loop)
        init = dict(zip(parts.carries, parts.inits, strict=True))[carry]
        builder = Builder(loop.origin)
        index, operands = self.place(builder, first, init, start=loop)
        assert slot.array is not None
        stored = builder.store(slot.array, init, (index,), *operands)
        builder.equations[-1] = proved(builder.equations[-1], init.type.shape)
        self.versions[stored] = slot.array
        self.insertions.before.setdefault(loop, []).extend(builder.equations)
        return first, slot

    def measure(self, array: Value, axis: int, length: Value) -> None:
        """Note the length of an array where the array is made."""
        definition = self.positions.definitions[array]
        origin = definition.eq.origin if definition.eq else None
        builder = Builder(origin or definition.chain[-1][0].origin)
        builder.append("dim", (array,), (length,), axis=axis, saved=True)
        self._insert(definition, builder.equations)

    def can_pair(self, carry: Value, value: Value) -> bool:
        """Whether a carry and its new value may share a row of states."""
        one, other = (self.positions.definitions[v] for v in (carry, value))
        if one.chain != other.chain or other.eq is None or other.eq.regions:
            return False
        if self.layout.counted(one.loops) or carry.type != value.type:
            return False
        if not self.layout.is_bounded(value, other):
            return False
        step = Loop.of(one.loops[-1]).bounds[2].as_linear.value
        if step is None or step < 0:  # rows of states count up
            return False
        return varying(value, self.positions) == one.loops

    def save_before(
        self, value: Value, definition: Definition, write: Equation
    ) -> Slot:
        """Keep what a store is about to overwrite; the read stands before it."""
        name = f"{write.operands[0].name or 'part'}_old"
        made = self.insertions.before[write]
        reader = replace(definition, eq=made[-1])
        slot = self.save(value, reader, name, column=_column(write))
        copy = made[-1]
        stores = self.insertions.after.pop(copy, [])
        if copy.op == "copy" and slot.array is not value:  # to save it is to copy it
            made.pop()
            stores = [in_equation(eq, {value: copy.operands[0]}) for eq in stores]
        made += stores
        return slot

    def _end_to_end(self, value: Value, definition: Definition, name: str) -> Slot:
        """Keep arrays of different lengths in one, which grows."""
        root = definition.chain[0][0]
        builder = Builder(root.origin)
        room = builder.constant(FIRST_CAPACITY)
        dtype = stored_dtype(value.type)
        array = growing(builder, builder.emit("empty", room, name=name, dtype=dtype))
        filled = self.running.zero(builder, "filled")
        self.versions[array] = array
        self.insertions.before.setdefault(root, []).extend(builder.equations)
        piece, made = keep_end_to_end(self, array, filled, value, definition)
        self._insert(definition, made)
        return Slot(array, piece=piece)

    # ---- outside loops ----

    def _keep(self, value: Value, definition: Definition) -> Slot:
        """Make a value of a branch a result of the branch; copy what is overwritten."""
        kept = value
        if self._is_overwritten(value, definition):
            builder = Builder(definition.eq.origin if definition.eq else None)
            kept = builder.emit("copy", value, name=saved_name(value, definition))
            self._insert(definition, builder.equations)
        if not definition.chain:
            return Slot(kept)
        builder = Builder(definition.chain[0][0].origin)
        start = builder.emit("undefined", type=kept.type)
        start = replace(start, name=kept.name, hint=kept.hint, buffer=kept.buffer)
        builder.equations[-1] = replace(builder.equations[-1], results=(start,))
        self.insertions.before.setdefault(definition.chain[0][0], []).extend(
            builder.equations
        )
        self.versions[start] = kept
        self.versions[kept] = kept
        return Slot(kept)

    # ---- equations ----

    def place(
        self,
        builder: Builder,
        slot: Slot,
        value: Value,
        start: Equation | None = None,
    ) -> tuple[Index, list[Value]]:
        """Emit the index of a slot in the current iteration of its loops.

        A value shorter than its row takes the first elements. ``start`` is a loop
        that is about to begin.
        """
        if slot.rows is not None:
            first = self.layout.value(builder, slot.rows.first)
            size = self.layout.value(builder, slot.rows.length)
            return PIECE, [first, builder.emit("add", first, size)]
        operands: list[Value] = []
        if slot.position is not None:
            operands.append(self.running.index(builder, slot.position))
        for eq in slot.loops:
            if eq is start:
                operands.append(builder.constant(0))
            elif slot.triangle is not None and eq is slot.triangle.column:
                operands.append(self.layout.value(builder, slot.triangle.place))
            else:
                operands.append(trip_number(builder, Loop.of(eq)))
        if slot.ahead:
            last = operands.pop()
            operands.append(builder.emit("add", last, builder.constant(slot.ahead)))
        items: list[Item] = [At(k) for k in range(len(operands))]
        self.sizes.facts = [f for eq in slot.loops for f in counter_facts(eq)]
        assert slot.array is not None
        rows = len(items) - slot.behind
        behind, items = items[rows:], items[:rows]
        room = slot.array.type.shape[rows:]
        for length, most in zip(value.type.shape, room, strict=not slot.behind):
            if length == most:
                items.append(Span())
                continue
            actual = self.sizes.value(builder, length)
            assert actual is not None, f"no way to compute {length}"
            items.append(Span(upper=len(operands)))
            operands.append(actual)
        return Index((*items, *behind)), operands

    def _store(self, value: Value, definition: Definition, slot: Slot) -> None:
        origin = definition.eq.origin if definition.eq else None
        builder = Builder(origin or definition.chain[-1][0].origin)
        index, operands = self.place(builder, slot, value)
        assert slot.array is not None
        stored = builder.store(slot.array, value, (index,), *operands)
        builder.equations[-1] = proved(builder.equations[-1], value.type.shape)
        self.versions[stored] = slot.array
        self._stored = len(builder.equations)
        self._insert(definition, builder.equations)

    def _insert(self, definition: Definition, equations: list[Equation]) -> None:
        if definition.eq is not None:
            self.insertions.after.setdefault(definition.eq, []).extend(equations)
        else:  # a parameter of a region, or of the function
            chain = definition.chain
            region = chain[-1][1] if chain else self.positions.body
            self.insertions.start.setdefault(region, []).extend(equations)

    def _grow(self, array: Value, slot: Slot, loop: Equation) -> None:
        """Insert the doubling of a full array at the start of an iteration."""
        builder = Builder(loop.origin)
        assert slot.position is not None
        at = self.running.index(builder, slot.position)
        full = builder.emit("equal", at, builder.emit("dim", array, axis=0))
        grow(builder, self.versions, array, full, lambda inner: _lengths(inner, array))
        start = self.insertions.start.setdefault(loop.regions[-1], [])
        at_index = _after_increments(start)
        start[at_index:at_index] = builder.equations


def _counts(loops: Sequence[Equation], index: Linear) -> bool:
    """Whether the counter of the innermost loop is in an index."""
    return bool(loops) and Loop.of(loops[-1]).counter in set(index.every_atom)


def _column(write: Equation) -> Linear | None:
    """Return j, if what a store overwrites is ``[:, j]``."""
    path, base = write.attrs["path"], write.operands[0].type
    if len(path) != 1 or not isinstance(path[0], Index) or base.layout != "C":
        return None
    *others, last = path[0].items
    if len(others) + 1 != base.rank or not any(
        isinstance(item, Span) for item in others
    ):
        return None
    return write.operands[2 + last.slot].as_linear if isinstance(last, At) else None


def _plus(builder: Builder, value: Value, more: int) -> Value:
    """Emit the sum of an integer and a number; a number, if it is one."""
    total = value.as_linear + more
    if total.value is not None:
        return builder.constant(total.value)
    return builder.emit("add", value, builder.constant(more))


def _after_increments(equations: list[Equation]) -> int:
    """Return the index behind the leading increments of running positions."""
    k = 0
    while k < len(equations) and (
        equations[k].op == "constant"
        or (equations[k].op == "add" and equations[k].result.name == "count")
    ):
        k += 1
    return k


def _lengths(builder: Builder, array: Value) -> list[Value]:
    return [builder.emit("dim", array, axis=a) for a in range(array.type.rank)]


def saved_name(value: Value, definition: Definition) -> str:
    """Return a name for the array that keeps a value."""
    if value.name or value.hint:
        return f"{value.name or value.hint}_saved"
    op = definition.eq.op if definition.eq else "carry"
    return {"for": "left", "while": "left", "index": "item"}.get(op, op) + "_saved"


def stored_dtype(kind: Type) -> str:
    """Return the dtype of an array that keeps values of a type."""
    return strong(kind.dtype)
