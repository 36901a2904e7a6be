"""Calls of functions that are not read: what they return is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from ..graph.ir import Argument, Buffer, Equation, Type, Value
from ..graph.linear import Atom, Linear, Size
from ..typetext import BadType, parse_type
from .declared import annotated_types
from .frame import Frame
from .lengths import length, require_equal
from .libraries import Arguments, library
from .objects import Array, Obj, Scalar, Static, Tuple, flatten, rebuild

HELP = (
    "name an integer parameter, or a length in the annotations of parameters; or give"
    " an example: returns=a function of the same parameters"
)


@library("gradscribe.outside")
def outside(frame: Frame, args: Arguments) -> Obj:
    """``outside(module, name, returns, ...)``: a call of which the types are known."""
    module, name, returns, *rest = args.positional
    assert isinstance(module, Static) and isinstance(name, Static)
    function = f"{module.value}.{name.value}"
    given = [*((None, obj) for obj in rest), *args.keywords.items()]
    operands = [frame.read(obj) for _, obj in given if isinstance(obj, (Scalar, Array))]
    words = tuple((key, _word(frame, function, obj)) for key, obj in given)
    builder = frame.context.builder
    example, builder.equations[:] = [*builder.equations], []
    sizes = _sizes(frame, operands)
    types = [_type(frame, leaf, sizes) for leaf in flatten(returns)]
    lengths = [length(frame, d, operands) for kind in types for d in kind.shape]
    taken = (*operands, *lengths)
    read = {v for eq in builder.equations for v in eq.operands}
    builder.equations[:0] = _needed(example, read.union(taken))
    results = [Value(kind, None, Buffer() if kind.rank else None) for kind in types]
    made = (str(module.value), str(name.value))
    builder.append("outside", taken, results, function=made, words=words)
    for value in results:
        if value.buffer is not None:
            frame.state.contents[value.buffer] = value
    form = Tuple(returns.items) if isinstance(returns, Tuple) else returns
    return rebuild(form, list(map(frame.fresh, results)))


def _word(frame: Frame, function: str, obj: Obj) -> str | None:
    """Return how an argument is written, None for a number or an array."""
    if isinstance(obj, (Scalar, Array)):
        return None
    if isinstance(obj, Static) and isinstance(obj.value, (str, type(None))):
        return repr(obj.value)
    frame.refuse(
        f"an argument of '{function}', which is not read, that holds parts",
        "pass its parts: numbers and arrays",
        frame.node,
    )


def _type(frame: Frame, leaf: Obj, sizes: Mapping[Atom, Linear]) -> Type:
    """Return the type of a result: of an example, or as it is written."""
    if isinstance(leaf, (Scalar, Array)):
        kind = frame.read(leaf).type
        return Type(kind.dtype, kind.shape)
    text = leaf.value if isinstance(leaf, Static) else None
    try:
        kind = parse_type(str(text))
    except BadType as error:
        frame.refuse(f"returns={text!r}: {error}", HELP, frame.node)
    for atom in (atom for d in kind.shape for atom in d.every_atom):
        if isinstance(atom, Size) and atom not in sizes:
            message = f"returns={text!r}: nothing says what {atom} is"
            frame.refuse(message, HELP, frame.node)
    return Type(kind.dtype, tuple(d.substitute(sizes) for d in kind.shape))


def _sizes(frame: Frame, operands: Sequence[Value]) -> dict[Atom, Linear]:
    """Return what names of lengths stand for: integers, or lengths of arguments."""
    declared = annotated_types(frame.source)
    sizes: dict[Atom, Linear] = {}
    for value in operands:
        name = frame.context.parameter_names.get(value, "")
        kind: Argument | None = declared.get(name)
        if not value.type.rank and value.type.is_integer:
            sizes[Size(name)] = value.as_linear
        elif isinstance(kind, Type) and kind.rank == value.type.rank:
            for d, found in zip(kind.shape, value.type.shape, strict=True):
                if d.terms and d == Linear.of(d.atoms[0]):
                    known = sizes.setdefault(d.atoms[0], found)
                    require_equal(frame, [(known, found)], operands, "call")
    return sizes


def _needed(equations: Sequence[Equation], values: Set[Value]) -> list[Equation]:
    """Return the equations that some values follow from: no others of an example."""
    live, kept = set(values), []
    for eq in reversed(equations):
        if not live.isdisjoint(eq.results):
            live.update(eq.operands, *(region.free for region in eq.regions))
            kept.append(eq)
    return kept[::-1]


__all__ = ["outside"]
