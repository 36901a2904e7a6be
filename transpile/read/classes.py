"""Objects and classes that exist: what they hold, and whether they stay the same."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .source import Constant, Resolved

Numbers = (bool, int, float, complex, np.bool_, np.number)


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A name that a transformation relied on, and what it meant then.

    ``read`` returns what it means now; ``home`` tells the names of different modules
    and closures apart. ``space`` is the dict that ``read`` looks into, if it is one.
    """

    name: str
    read: Callable[[], object]
    value: object
    home: str
    origin: tuple[str, int] | None = None
    space: Mapping[str, object] | None = None

    @property
    def changed(self) -> bool:
        """Whether the name now means another object."""
        try:
            return self.read() is not self.value
        except (LookupError, NameError, AttributeError, ValueError):
            return True


# The attribute of a function that holds what `Given` says.
GIVEN = "__derivatives__"


@dataclass(frozen=True, slots=True)
class Given:
    """The functions that a user gives as the derivatives of another.

    With ``returns`` that one is called and not read: types as text, or a function that
    gives an example. It is ``place`` then, a module and a name in it, if not itself.
    """

    jvp: Callable[..., object] | None
    vjp: Callable[..., object] | None
    wrt: tuple[str, ...] | None
    returns: str | tuple[str, ...] | Callable[..., object] | None = None
    place: tuple[str, str] | None = None


def literal_of(value: object) -> str | None:
    """Return Python text for a number, string or tuple of them."""
    if isinstance(value, np.generic):
        return f"np.{value.dtype}({value.item()!r})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, np.ndarray):
        return None
    return repr(value)


@dataclass(frozen=True, slots=True)
class ClassConstants(Mapping[str, Resolved]):
    """The numbers, texts and arrays that a class holds, watched once they are used."""

    watch: list[Watched]
    kind: type
    fields: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        held = (name for base in self.kind.__mro__[:-1] for name in vars(base))
        return (name for name in dict.fromkeys(held) if self._is_data(name))

    def _is_data(self, name: str) -> bool:
        value = inspect.getattr_static(self.kind, name)
        data = isinstance(value, (*Numbers, np.ndarray, str, tuple, type(None)))
        return data and name not in self.fields and not name.startswith("__")

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, name: str) -> Resolved:
        if name not in set(self):
            raise KeyError(name)
        read = functools.partial(inspect.getattr_static, self.kind, name)
        value, home = read(), f"{self.kind.__module__}.{self.kind.__qualname__}"
        text = None if isinstance(value, np.ndarray) else literal_of(value)
        if not any((w.name, w.home) == (name, home) for w in self.watch):
            self.watch.append(Watched(name, read, value, home))
        return Constant(value, text, None, home)


# Where the names of methods that are not called on an instance are kept.
SPECIAL: Mapping[type, str] = {
    property: "properties",
    functools.cached_property: "properties",
    staticmethod: "unbound",
}


def fields_of(kind: type) -> tuple[str, tuple[str, ...], dict[str, object]]:
    """Return the kind, the fields and the defaults of a class."""
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return "namedtuple", kind._fields, dict(getattr(kind, "_field_defaults", {}))
    if dataclasses.is_dataclass(kind) and is_plain(kind):
        members = dataclasses.fields(kind)
        pairs = {member.name: member.default for member in members}
        given = {k: v for k, v in pairs.items() if v is not dataclasses.MISSING}
        return "dataclass", tuple(pairs), given
    return "object", (), {}


def plain_method(value: object) -> types.FunctionType | None:
    """Return the function of a method, a property or a static method."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, functools.cached_property):
        value = value.func
    elif isinstance(value, staticmethod):
        value = value.__func__
    return value if isinstance(value, types.FunctionType) else None


def is_plain(kind: type) -> bool:
    """Whether a dataclass takes its fields, in order, and nothing more."""
    members = dataclasses.fields(kind)
    special = ("__post_init__", "__getattribute__", "__getattr__", "__new__")
    own = [base for base in kind.__mro__ if base is not object]
    init = getattr(vars(kind).get("__init__"), "__code__", None)
    return (
        init is not None
        and init.co_filename.startswith("<")
        and not any(name in vars(base) for base in own for name in special)
        and all(m.init and not m.kw_only for m in members)
    )
