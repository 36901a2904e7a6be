"""Arrays whose lengths change from one iteration to the next: kept end to end.

One array, which grows, takes the elements of all of them. Where each begins, and the
lengths that do not follow from the arguments, are saved as numbers are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..graph.build import Builder
from ..graph.ir import Equation, Index, Span, Type, Value
from ..graph.linear import Linear, Size
from ..graph.substitute import in_equation
from .growth import grow
from .layout import proved
from .positions import Definition

if TYPE_CHECKING:
    from .saves import Saver

PIECE = Index((Span(lower=0, upper=1),))
INDEX = Type("weak_int")


@dataclass(frozen=True, slots=True)
class Piece:
    """Where one array lies among others: its first element, and its lengths."""

    first: Value
    lengths: tuple[Value | Linear, ...]


def keep_end_to_end(
    saver: Saver, array: Value, filled: Value, value: Value, definition: Definition
) -> tuple[Piece, list[Equation]]:
    """Return where a value is kept, and the equations that keep it.

    Before ``u = ...``; after::

        u = ...
        length_saved[i] = u.shape[0]
        first_saved[i] = filled
        if filled + u.shape[0] > u_saved.shape[0]:
            u_saved = np.concatenate((u_saved, np.empty(max(...))))
        u_saved[filled : filled + u.shape[0]] = u
        filled += u.shape[0]
    """
    origin = definition.eq.origin if definition.eq else None
    builder = Builder(origin or definition.chain[-1][0].origin)
    numbers = []
    lengths: list[Value | Linear] = []
    for axis, form in enumerate(value.type.shape):
        if all(isinstance(atom, Size) for atom in form.every_atom):
            lengths.append(form)
            continue
        length = saver.lengths.get((value, axis))
        if length is None:
            length = Value(INDEX, hint="length")
            builder.append("dim", (value,), (length,), axis=axis)
            numbers.append((length, builder.equations[-1]))
        lengths.append(length)
    for number, eq in numbers:
        builder.equations += _saved(saver, number, eq, definition)
    first = Value(INDEX, hint="first")
    builder.append("positive", (filled,), (first,))
    start = builder.equations.pop()
    stores = _saved(saver, first, start, definition)
    builder.equations += [in_equation(eq, {first: filled}) for eq in stores]
    total = total_of(saver, builder, lengths)
    end = builder.emit("add", filled, total)
    full = builder.emit("greater", end, builder.emit("dim", array, axis=0))
    grow(builder, saver.versions, array, full, lambda inner: _more(inner, array, total))
    flat = builder.emit("reshape", value, total) if value.type.rank > 1 else value
    stored = builder.store(array, flat, (PIECE,), filled, end)
    saver.versions[stored] = array
    _prove(builder, flat.type.shape)
    after = Value(filled.type, filled.name)
    saver.versions[after] = filled
    builder.append("add", (filled, total), (after,), spelled="+=")
    return Piece(first, tuple(lengths)), builder.equations


def load_piece(
    saver: Saver, builder: Builder, array: Value, piece: Piece, value: Value
) -> None:
    """Emit the read of a piece; the last equation gives the array."""
    total = total_of(saver, builder, piece.lengths)
    end = builder.emit("add", piece.first, total)
    flat = builder.emit("index", array, piece.first, end, path=(PIECE,))
    _prove(builder, value.type.shape if value.type.rank == 1 else (total.as_linear,))
    if value.type.rank > 1:
        builder.emit("reshape", flat, *_values(saver, builder, piece.lengths))


def total_of(
    saver: Saver, builder: Builder, lengths: Sequence[Value | Linear]
) -> Value:
    """Emit the number of elements."""
    total, *more = _values(saver, builder, lengths)
    for length in more:
        total = builder.emit("multiply", total, length)
    return total


def _values(
    saver: Saver, builder: Builder, lengths: Sequence[Value | Linear]
) -> list[Value]:
    made = [
        saver.sizes.value(builder, n) if isinstance(n, Linear) else n for n in lengths
    ]
    return [n for n in made if n is not None]


def _saved(
    saver: Saver, number: Value, eq: Equation, definition: Definition
) -> list[Equation]:
    """Save a number that was just computed; return the equations that do."""
    here = replace(definition, eq=eq)
    saver.positions.definitions[number] = here
    saver.pieces[number] = saver.save(number, here, f"{number.hint}_saved", every=True)
    return saver.insertions.after.pop(eq, [])


def _more(builder: Builder, array: Value, total: Value) -> list[Value]:
    """Emit by how much a full array grows: as much again, or what is to be kept."""
    return [builder.emit("maximum", builder.emit("dim", array, axis=0), total)]


def _prove(builder: Builder, lengths: tuple[Linear, ...]) -> None:
    builder.equations[-1] = proved(builder.equations[-1], lengths)
