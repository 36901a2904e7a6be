"""What an expression of the source can denote while it is parsed.

Only scalars and arrays become values of the graph; the rest (tuples, functions,
modules, text) exists in the parser alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

import gast

from ..graph.ir import Buffer, Type, Value
from ..read.source import Derived, Helper, Module, NumPyName, Record, Source
from ..records import record

if TYPE_CHECKING:
    from .frame import Frame


@record()
class Scalar:
    """A number."""

    value: Value


@record()
class Dim:
    """The length of an axis that no equation has computed yet."""

    array: Array
    axis: int


@record()
class View:
    """How a view is made from the array above it: an equation without its base."""

    op: str
    slots: tuple[Value, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)


@record(eq=False)
class Array:
    """A block of memory, or a part of one: what a name for an array stands for.

    Whole buffers have no ``parent``. Whoever reads takes the contents of the moment.
    """

    root: Buffer
    type: Type
    parent: Array | None = None
    view: View | None = None
    name: str | None = None


@record()
class Tuple:
    """A tuple or list of known length; ``serial`` tells lists apart that may grow."""

    items: tuple[Obj, ...]
    is_list: bool = False
    serial: int = 0


@record(eq=False)
class Listed:
    """A list that grew in a loop: the items are the rows of an array.

    ``count`` says how many there are, None if as many as rows. ``depth`` is more
    than 1 for lists of lists, ``growth`` what the loop under way knows of it.
    """

    array: Array | None
    count: Value | None
    depth: int = 1
    growth: object | None = None


@record()
class Static:
    """None, text, an ellipsis: what only the parser knows."""

    value: object


@record()
class Formatted:
    """Text with places for values, as ``str.format`` takes it."""

    text: str
    values: tuple[Value, ...]


@record()
class Span:
    """A slice in square brackets."""

    lower: Value | None
    upper: Value | None
    step: Value | None


@record()
class Named:
    """A dict, NamedTuple or dataclass: items with names.

    ``kind`` is ``dict``, ``namedtuple`` or ``dataclass``.
    """

    kind: str
    names: tuple[object, ...]
    items: tuple[Obj, ...]
    record: Record | None = None


@record()
class Maker:
    """A class of the user whose instances are `Named`."""

    record: Record


@record()
class Bound:
    """A method of the user that waits for its call, which a property does not."""

    source: Source
    receiver: Obj
    is_property: bool = False


@record()
class Library:
    """A module, function, dtype or constant of a library, by its dotted name."""

    dotted: str


@record()
class Method:
    """A method or attribute of an array or number that waits for its call."""

    receiver: Obj
    name: str


@record()
class Routine:
    """Another function of the user."""

    source: Source


@record()
class Differentiated:
    """A derivative of another function of the user."""

    derived: Derived


@record(eq=False)
class Closure:
    """A nested function or lambda, with the frame in which it was defined."""

    node: gast.FunctionDef | gast.Lambda
    frame: Frame


@record()
class Conflict:
    """A name that cannot be read here; ``message`` is empty if that was said."""

    message: str = ""
    help: str = ""


Obj = (
    Scalar
    | Dim
    | Array
    | Tuple
    | Listed
    | Named
    | Maker
    | Bound
    | Static
    | Formatted
    | Span
    | Library
    | Method
    | Routine
    | Differentiated
    | Closure
    | Conflict
)
NONE = Static(None)
# Where a flat value stands in the form of an argument.
PLACE = Static(object())
# What has no number, as an error calls it.
KINDS = {
    Tuple: "a tuple or list",
    Listed: "a tuple or list",
    Formatted: "text",
    Static: "text, None or the like",
    Named: "a dict or an object",
    Maker: "a class",
    Routine: "a function that is not called",
    Closure: "a function that is not called",
    Library: "a function or type that is not called",
    Method: "a method that is not called",
    Bound: "a method that is not called",
    Span: "a slice",
}


def flatten(obj: Obj) -> list[Obj]:
    """Return the scalars and arrays (and whatever else) inside tuples."""
    if isinstance(obj, (Tuple, Named)):
        return [leaf for item in obj.items for leaf in flatten(item)]
    return [obj]


def rebuild(like: Obj, leaves: list[Obj]) -> Obj:
    """Return an object like another, with its leaves taken from a list."""
    if isinstance(like, Tuple):
        items = tuple(rebuild(i, leaves) for i in like.items)
        return Tuple(items, like.is_list, like.serial)
    if isinstance(like, Named):
        return replace(like, items=tuple(rebuild(i, leaves) for i in like.items))
    return leaves.pop(0)


def same_form(a: Obj, b: Obj) -> bool:
    """Whether two objects are the same nest of tuples."""
    if isinstance(a, Tuple) and isinstance(b, Tuple):
        return len(a.items) == len(b.items) and all(
            same_form(x, y) for x, y in zip(a.items, b.items, strict=True)
        )
    if isinstance(a, Named) and isinstance(b, Named):
        parts = zip(a.items, b.items, strict=False)
        return (a.kind, a.names) == (b.kind, b.names) and all(
            same_form(x, y) for x, y in parts
        )
    return not isinstance(a, (Tuple, Named)) and not isinstance(b, (Tuple, Named))


def named_outside(meaning: Module | NumPyName | Helper | Derived | Record) -> Obj:
    """Return what a name of the module stands for that is no value."""
    if isinstance(meaning, Helper):
        return Routine(meaning.source)
    if isinstance(meaning, Derived):
        return Differentiated(meaning)
    if isinstance(meaning, Record):
        return Maker(meaning)
    return Library(meaning.name if isinstance(meaning, Module) else meaning.dotted)
