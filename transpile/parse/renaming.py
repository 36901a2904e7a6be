"""What a function is specialised for: types of arguments over sizes of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..graph.ir import Type, Value
from ..graph.linear import Atom, Linear, Size
from .frame import Frame
from .objects import PLACE, Named, Obj, Static, Tuple


@dataclass(frozen=True, slots=True)
class Described:
    """What a function is specialised for, of one argument."""

    form: Obj
    types: tuple[Type, ...]
    forms: tuple[Linear | None, ...]
    numbers: tuple[object, ...]


class Renaming:
    """Sizes of a called function's own, for the lengths of its arguments.

    Equal lengths get one size, and lengths that are forms of others stay such forms.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.names: dict[Atom, Linear] = {}
        self.whole: dict[Linear, Linear] = {}
        self.back: dict[Atom, Linear] = {}
        self.plain: set[Atom] = set()

    def note(self, kind: Type) -> None:
        """Note the lengths of an array that are a single size."""
        for d in map(self.frame.context.settle, kind.shape):
            if len(d.terms) == 1 and d == Linear.of(d.atoms[0]):
                self.plain.add(d.atoms[0])

    def type(self, name: str, kind: Type) -> Type:
        """Return the type of an argument over the function's own sizes."""
        shape = tuple(
            self._length(f"{name}_{axis}", self.frame.context.settle(d))
            for axis, d in enumerate(kind.shape)
        )
        return replace(kind, shape=shape)

    def _length(self, hint: str, d: Linear) -> Linear:
        if d.value is not None:
            return d
        if d in self.whole:
            return self.whole[d]
        if len(d.terms) == 1 and d == Linear.of(d.atoms[0]):
            return self._new(hint, d, d.atoms[0])
        if all(atom in self.plain for atom in d.atoms):
            for atom in d.atoms:
                if atom not in self.names:
                    self._new(f"{hint}_{len(self.back)}", Linear.of(atom), atom)
            return d.substitute(self.names)
        return self._new(hint, d, None)

    def _new(self, hint: str, d: Linear, atom: Atom | None) -> Linear:
        if atom is not None and atom in self.names:
            return self.names[atom]
        size = Size(hint)
        form = Linear.of(size)
        self.back[size] = d
        self.whole[d] = form
        if atom is not None:
            self.names[atom] = form
        return form

    def form(self, value: Value) -> Linear | None:
        """Return an integer argument over the function's own sizes, if it is one."""
        if value.type.rank or value.linear is None or value.linear.value is not None:
            return None
        form = self.frame.context.settle(value.linear)
        if form in self.whole:
            return self.whole[form]
        if all(atom in self.names for atom in form.atoms):
            return form.substitute(self.names)
        return None


def shape_only(obj: Obj) -> Obj:
    """Return the nest of tuples of an argument; None and text as they are."""
    if isinstance(obj, Tuple):
        return Tuple(tuple(map(shape_only, obj.items)), obj.is_list)
    if isinstance(obj, Named):
        return replace(obj, items=tuple(map(shape_only, obj.items)))
    return obj if isinstance(obj, Static) else PLACE
