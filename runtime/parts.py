"""Arguments that hold parts: what they are made of, and their arrays and numbers."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import numbers
import types
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .arguments import (
    PYTHON,
    RANDOM,
    Kind,
    admit,
    check_wrt,
    described,
    kind_of,
    layout_key,
)
from .interface import Shape

MOST_PARTS = 400
DEEPEST = 12


class Callee:
    """What a function may be given to call that is no function of Python's."""


_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    np.ufunc,
    type(np.sum),  # whatever can be overridden
)
_OTHERS = (np.ndarray, np.generic, numbers.Number, type, types.ModuleType)
CONTAINERS = ("tuple", "list", "dict", "namedtuple")


def form_of(kind: type) -> str:
    """Return what kind of structure instances of a class are, ``leaf`` if none.

    Examples
    --------
    >>> form_of(dict), form_of(float), form_of(str), form_of(np.ndarray)
    ('dict', 'leaf', 'none', 'leaf')
    """
    found = _FORMS.get(kind)
    if found is None:
        found = _FORMS[kind] = _form_of(kind)
    return found


_FORMS: weakref.WeakKeyDictionary[type, str] = weakref.WeakKeyDictionary()


def _form_of(kind: type) -> str:
    if kind in (tuple, list, dict):
        return kind.__name__
    if kind is str or kind is type(None):
        return "none"
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return "namedtuple"
    if dataclasses.is_dataclass(kind):
        return "dataclass"
    return "object" if _is_simple(kind) else "leaf"


def _is_simple(kind: type) -> bool:
    """Whether a class is one of the user's that only holds attributes."""
    if issubclass(kind, _OTHERS) or not kind.__flags__ & _HEAP:
        return False
    if any(base.__flags__ & _HEAP == 0 for base in kind.__mro__[:-1]):
        return False
    special = ("__array__", "__getitem__", "__iter__", "__getattr__", "to_numpy")
    plain = kind.__getattribute__ is object.__getattribute__
    return plain and not any(hasattr(kind, name) for name in special)


_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement


class Taker:
    """Takes arguments apart.

    ``attributes`` returns the names of the attributes that may be read of instances
    of some classes.
    """

    def __init__(
        self, attributes: Callable[[Collection[type]], frozenset[str]]
    ) -> None:
        self._attributes = attributes
        self._classes: dict[type, None] = {}
        self._read: frozenset[str] = frozenset()

    def forget(self) -> None:
        """Ask again, at the next arguments, which attributes may be read."""
        self._classes = {}

    def take_all(
        self, names: Sequence[str], values: Sequence[Any]
    ) -> tuple[object, list[Any]]:
        """Return a key of the kinds of all arguments, and their arrays and numbers.

        Keys are equal for arguments that one text can take.
        """
        while True:
            known, leaves = len(self._classes), list[Any]()
            pairs = zip(names, values, strict=True)
            key = tuple([self.take(name, value, leaves) for name, value in pairs])
            if len(self._classes) == known:
                return key, leaves

    def take(
        self, name: str, value: Any, leaves: list[Any], above: tuple[Any, ...] = ()
    ) -> object:
        """Append the arrays and numbers of an argument; return a key of its kind.

        ``above`` is what the value is a part of.
        """
        kind = type(value)
        form = "leaf" if kind is np.ndarray or kind in PYTHON else _form(value, above)
        if form == "leaf":
            leaf = admit(name, value)
            leaves.append(leaf)
            return layout_key(leaf)
        if form == "none":
            return str, value
        if form == "opaque":
            return None, kind
        if form == "function":
            return "function", value
        if not above and form in CONTAINERS and len(value) > MOST_PARTS:
            raise TypeError(f"{name} holds too many parts; pass np.array({name})")
        keys: list[object] = [kind]
        if form in ("dict", "object"):
            keys.append(self.names(value, form))
        above = (*above, value)
        for place, part in self.parts(name, value, form):
            keys.append(self.take(place, part, leaves, above))
        return tuple(keys)

    def kind(self, value: Any, above: tuple[Any, ...] = ()) -> Kind:
        """Return the kind of an argument that was taken."""
        form = _form(value, above)
        if form == "leaf":
            return kind_of(admit("", value))
        if form in ("none", "function"):
            return Kind("", form=form, value=value)
        if form == "opaque":
            what = "a function" if callable(value) else described(value)
            return Kind("", form="opaque", value=what)
        above = (*above, value)
        parts = [self.kind(part, above) for _, part in self.parts("", value, form)]
        made_by = type(value) if form in ("namedtuple", "dataclass", "object") else None
        names = self.names(value, form)
        return Kind("", (), "C", tuple(parts), form, names, made_by)

    def leaves(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arrays and numbers of some values by their places."""
        found: dict[str, Any] = {}

        def note(place: str, leaf: Any) -> Any:
            found[place] = leaf
            return leaf

        for name, value in values.items():
            self.rebuilt(name, value, note)
        return found

    def rebuilt(
        self,
        name: str,
        value: Any,
        change: Callable[[str, Any], Any],
        above: tuple[Any, ...] = (),
    ) -> Any:
        """Return a value with every array and number in it changed."""
        form = _form(value, above)
        if form == "leaf":
            return change(name, value)
        if form in ("none", "opaque", "function"):
            return value
        places = self.parts(name, value, form)
        inner = (*above, value)
        parts = [self.rebuilt(place, part, change, inner) for place, part in places]
        if form in ("tuple", "list"):
            return type(value)(parts)
        if form == "dict":
            return dict(zip(value, parts, strict=True))
        if form == "namedtuple":
            return type(value)(*parts)
        made = copy.copy(value)
        for field, part in zip(self.names(value, form), parts, strict=True):
            object.__setattr__(made, str(field), part)
        return made

    def names(self, value: Any, form: str) -> tuple[object, ...]:
        """Return the keys or fields of a value."""
        if form == "dict":
            return tuple(value)
        if form == "namedtuple":
            return tuple(value._fields)
        if form == "dataclass":
            return tuple([field.name for field in dataclasses.fields(value)])
        if form == "object":
            read = self._read_of(type(value))
            return tuple(_readable(type(value), vars_of(value), read))
        return ()

    def _read_of(self, kind: type) -> frozenset[str]:
        """Return the attributes that may be read, now that there is such an object."""
        if kind not in self._classes:
            self._read = self._attributes((*self._classes, kind))
            self._classes[kind] = None
        return self._read

    def parts(self, name: str, value: Any, form: str) -> Iterator[tuple[str, Any]]:
        """Yield the parts of a value with their places."""
        if form in ("tuple", "list"):
            for k, part in enumerate(value):
                yield f"{name}[{k}]", part
        elif form == "dict":
            for key, part in value.items():
                yield f"{name}[{_key(name, key)}]", part
        else:
            for field in self.names(value, form):
                yield f"{name}.{field}", getattr(value, str(field))


def _form(value: Any, above: tuple[Any, ...]) -> str:
    """Return the form of an argument or a part, ``opaque`` where it is not taken apart.

    That is what cannot be computed with, holds itself, or holds too much.
    """
    form = form_of(type(value))
    if isinstance(value, Callee) or (form == "leaf" and isinstance(value, _FUNCTIONS)):
        return "function"
    if form == "leaf":
        return "opaque" if above and _is_opaque(value) else "leaf"
    if form == "none" or not above:
        return form
    if len(above) > DEEPEST or any(value is one for one in above):
        return "opaque"
    many = form in CONTAINERS and len(value) > MOST_PARTS
    keyed = form != "dict" or all(type(key) in (str, int) for key in value)
    return "opaque" if many or not keyed else form


def _key(name: str, key: object) -> str:
    if type(key) is str:
        return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if type(key) is int:
        return str(key)
    raise TypeError(f"{name} has the key {key!r}; use text or whole numbers as keys")


def vars_of(value: object) -> tuple[str, ...]:
    """Return the names of an instance's own attributes."""
    slots = (getattr(base, "__slots__", ()) for base in type(value).__mro__)
    listed = [(s,) if isinstance(s, str) else tuple(s) for s in slots]
    named = [name for group in listed for name in group if hasattr(value, name)]
    return (*getattr(value, "__dict__", ()), *named)


def _readable(
    kind: type, own: Sequence[str], attributes: frozenset[str]
) -> Iterator[str]:
    """Yield the attributes that hold data and may be read, in a fixed order."""
    for name in sorted(attributes):
        if name in own:
            yield name
            continue
        found = inspect.getattr_static(kind, name, None)
        if found is not None and not hasattr(type(found), "__get__"):
            yield name


def _is_opaque(part: object) -> bool:
    """Whether a part is nothing that can be computed with."""
    if isinstance(part, (np.ndarray, np.generic, numbers.Number, *RANDOM)):
        return False
    return not hasattr(part, "__array__")


def bound_arguments(
    function: Any,
) -> tuple[Any, tuple[object, ...], dict[str, object]]:
    """Return a plain function and the arguments that are bound to it.

    Methods have their instance bound, `functools.partial` what it was given.
    """
    given: tuple[object, ...] = ()
    named: dict[str, object] = {}
    while True:
        if isinstance(function, types.MethodType):
            given, function = (function.__self__, *given), function.__func__
        elif isinstance(function, functools.partial):
            given, named = (*function.args, *given), {**function.keywords, **named}
            function = function.func
        else:  # perhaps a Numba dispatcher
            return getattr(function, "py_func", function), given, named


# ---- differentiating by parts ----


def require_floats(kinds: Mapping[str, Kind], place: str) -> list[str]:
    """Return the places of the Python ints at a place, which are taken as floats.

    Raises TypeError for what nothing can be differentiated by.
    """
    found = list(_leaves_at(kinds, place))
    whole = kinds.get(place)
    if whole is not None and whole.form == "none":
        raise TypeError(f"{place} is {whole.value!r}; pass an array or a number")
    if not found:
        raise TypeError(f"{place} holds no array or number to differentiate by")
    floats = [inner for inner, kind in found if "float" in kind.dtype]
    for inner, kind in found:
        check_wrt(inner, kind, floats)
    return [inner for inner, kind in found if kind.dtype == "weak_int"]


def _leaves_at(kinds: Mapping[str, Kind], place: str) -> Iterator[tuple[str, Kind]]:
    for name, kind in kinds.items():
        for inner, leaf in kind_leaves(name, kind):
            if inner == place or inner.startswith((f"{place}.", f"{place}[")):
                yield inner, leaf


def kind_leaves(name: str, kind: Kind) -> Iterator[tuple[str, Kind]]:
    """Yield the places and kinds of the arrays and numbers of an argument."""
    if kind.form == "leaf":
        yield name, kind
    for k, part in enumerate(kind.parts):
        if kind.form in ("tuple", "list"):
            place = f"{name}[{k}]"
        elif kind.form == "dict":
            place = f"{name}[{_key(name, kind.names[k])}]"
        else:
            place = f"{name}.{kind.names[k]}"
        yield from kind_leaves(place, part)


# ---- cotangents ----


def take_like(shape: Shape, value: Any, leaves: list[Any]) -> None:
    """Append the arrays and numbers of a cotangent, which has to be of a shape."""
    if shape.kind == "leaf":
        leaves.append(admit(shape.place, value))
    elif shape.kind != "none":
        parts = _parts_like(shape, value)
        for inner, part in zip(shape.parts, parts, strict=True):
            take_like(inner, part, leaves)


def _parts_like(shape: Shape, value: Any) -> Sequence[Any]:
    count = len(shape.parts)
    if shape.kind == "dict":
        if isinstance(value, dict) and set(value) == set(shape.names):
            return [value[name] for name in shape.names]
        keys = ", ".join(map(repr, shape.names))
        raise TypeError(f"{shape.place} must be a dict with the keys {keys}")
    if isinstance(value, (tuple, list)) and len(value) == count:
        return value
    if shape.kind not in ("tuple", "list"):
        fields = [str(name) for name in shape.names]
        if all(hasattr(value, name) for name in fields):
            return [getattr(value, name) for name in fields]
        shown = ", ".join(fields)
        raise TypeError(f"{shape.place} must have the fields {shown}")
    raise TypeError(
        f"{shape.place} must be a {shape.kind} of {count}, one for"
        " each output: what the function returns, then each array that it writes"
        if shape.place.startswith("cotangent")
        else f"{shape.place} must be a {shape.kind} of {count}"
    )
