"""Calls of derivatives: a text of theirs is read like any other function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..graph.dtypes import strong
from ..graph.ir import LEAF, Argument, Packed, Type, Value
from ..graph.linear import Linear, Size
from ..read.source import Constant, Derived, Source, free_names, with_helpers
from ..steps import Step, given_besides
from . import constants
from .arguments import default_object
from .objects import Array, Obj, Scalar, flatten
from .parts import structure_of

if TYPE_CHECKING:
    from .frame import Frame

Keys = Mapping[str, tuple[tuple[str, str], Constant]]
# Makes the text of a derivative for types of arguments; its constants are keywords.
Reader = Callable[[Derived, Mapping[str, Argument]], tuple[Source, Keys]]


def bound(
    frame: Frame,
    derived: Derived,
    positional: Sequence[Obj],
    keywords: Mapping[str, Obj],
) -> tuple[Source, dict[str, Obj]]:
    """Return what a derivative is for some arguments, and those by name."""
    steps: Sequence[Step] = derived.steps
    own = list(derived.source.parameters)
    names, besides = [*own], []
    for name, place in given_besides(steps, own):
        names.insert(place, name)
        besides.append(name)
    if len(positional) > len(names):
        frame.refuse(f"{derived.name} takes {len(names)} arguments")
    given = dict(zip(names, positional, strict=False))
    for name, obj in keywords.items():
        if name not in names or name in given:
            frame.refuse(f"{derived.name} takes no such argument: {name}")
        given[name] = obj
    for name in (name for name in names if name not in given):
        default = derived.source.default(name)
        if not isinstance(default, Constant):
            frame.refuse(f"the argument '{name}' of {derived.name} is missing")
        given[name] = default_object(frame, name, default)
    types = _Types(frame, [place for step in steps for place in step.wrt])
    asked = {name: types.argument(name, given[name]) for name in own}
    source, keys = frame.context.parser.read_derivative(frame, derived, asked)
    for name, (key, meaning) in keys.items():
        given[name] = constants.shared(frame, key, meaning)
    return source, given


class _Types:
    """The types of arguments, over sizes of the derivative's own."""

    def __init__(self, frame: Frame, wrt: Sequence[str]) -> None:
        self.frame = frame
        self.wrt = wrt
        self.sizes: dict[Linear, Linear] = {}

    def argument(self, name: str, obj: Obj) -> Argument:
        """Return the type of an argument."""
        leaves = [x for x in flatten(obj) if isinstance(x, (Scalar, Array))]
        moves = any(place.startswith(name) for place in self.wrt)
        types = [self._type(name, self.frame.read(x), moves) for x in leaves]
        structure = structure_of(obj)
        return types[0] if structure == LEAF else Packed(structure, tuple(types))

    def _type(self, name: str, value: Value, moves: bool) -> Type:
        shape = tuple(
            d
            if d.value is not None
            else self.sizes.setdefault(d, Linear.of(Size(f"{name}_{axis}")))
            for axis, d in enumerate(map(self.frame.context.settle, value.type.shape))
        )
        dtype = value.type.dtype
        if moves:
            dtype = strong("weak_float" if dtype == "weak_int" else dtype)
        return Type(dtype, shape, value.type.layout)


def constants_of(source: Source) -> Iterator[tuple[tuple[str, str], Constant]]:
    """Yield the constants that a function and its helpers read, by home and name."""
    for each in with_helpers(source):
        for name in free_names(each):
            meaning = each.lookup(name)
            if isinstance(meaning, Constant):
                yield (meaning.home or each.file, name), meaning


__all__ = ["Keys", "Reader", "bound", "constants_of"]
