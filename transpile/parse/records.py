"""Dicts, NamedTuples and dataclasses: named parts, which exist in the parser alone.

They are not changed in place, so it does not matter how many names they have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import gast

from ..read.source import Constant, Record
from .arguments import default_object
from .constants import module_constant
from .frame import Frame, expression
from .libraries import Arguments, library
from .objects import (
    NONE,
    Bound,
    Maker,
    Method,
    Named,
    Obj,
    Routine,
    Scalar,
    Static,
    Tuple,
)

FIXED = "name the fields in a NamedTuple or a dataclass, or use separate variables"


@expression("Dict")
def dict_(frame: Frame, node: gast.Dict) -> Obj:
    """Parse ``{"w": w, **rest}``: the keys are text or numbers."""
    written = [key.value for key in node.keys if isinstance(key, gast.Constant)]
    if len(set(written)) < len(written):
        frame.refuse("a dict with a key twice", "write it once", node)
    found: dict[object, Obj] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        item = frame.evaluate(value)
        if key is None and isinstance(item, Named) and item.kind == "dict":
            found |= dict(zip(item.names, item.items, strict=True))
            continue
        known = None if key is None else key_of(frame, frame.evaluate(key))
        if known is None:
            frame.refuse("a dict whose keys are not written out", FIXED, node)
        found[known] = item
    return Named("dict", tuple(found), tuple(found.values()))


@library("builtins.dict")
def dict_made(frame: Frame, args: Arguments) -> Obj:
    """``dict(w=w, b=b)``, ``dict(other, w=w)``."""
    found: dict[object, Obj] = {}
    for base in args.positional:
        if not isinstance(base, Named) or base.kind != "dict":
            frame.refuse("dict() of this", "name its items: dict(w=w, b=b)")
        found |= dict(zip(base.names, base.items, strict=True))
    found.update(args.keywords.items())
    return Named("dict", tuple(found), tuple(found.values()))


def key_of(frame: Frame, key: Obj) -> object:
    """Return a key that is known while parsing, else None."""
    if isinstance(key, Static):
        return key.value
    return frame.context.number(frame.read(key)) if isinstance(key, Scalar) else None


def made(
    frame: Frame, record: Record, positional: Sequence[Obj], given: Mapping[str, Obj]
) -> Obj:
    """Return a record: its class was called."""
    if record.kind == "object":
        frame.refuse(
            f"'{record.name}' is a class that is neither a NamedTuple nor a dataclass",
            f"make {record.name} one of these, or pass the instance as a parameter",
        )
    fields = record.fields
    if len(positional) > len(fields):
        frame.refuse(
            f"{len(positional)} values for {len(fields)} fields of {record.name}",
            "give one for each field",
        )
    found = dict(zip(fields, positional, strict=False))
    for name, obj in given.items():
        if name not in fields or name in found:
            frame.refuse(
                f"{record.name} has no field '{name}' that is free",
                f"its fields are {', '.join(fields)}",
            )
        found[name] = obj
    for name in fields:
        if name not in found:
            found[name] = _default(frame, record, name)
    items = tuple(found[name] for name in fields)
    return Named(record.kind, fields, items, record)


def _default(frame: Frame, record: Record, name: str) -> Obj:
    default = record.defaults.get(name)
    if not isinstance(default, Constant):
        frame.refuse(f"the field '{name}' of {record.name} is missing", "give it")
    return default_object(frame, name, default)


# ---- reading ----


def item_of(frame: Frame, base: Named, index: Obj) -> Obj | Tuple:
    """Return ``base[index]``; a tuple of the items where they have places."""
    if base.kind == "namedtuple":
        return Tuple(base.items)
    if base.kind != "dict":
        frame.refuse(f"square brackets after a {base.kind}", "write record.field")
    key = key_of(frame, index)
    if key is None or key not in base.names:
        frame.refuse("a key that is not known to be in the dict", FIXED)
    return base.items[base.names.index(key)]


def field_of(frame: Frame, base: Named, name: str) -> Obj:
    """Return ``base.name``: a field, or a method that waits for its call."""
    if base.kind != "dict" and name in base.names:
        return base.items[base.names.index(name)]
    record = base.record
    if record is not None and name in record.methods:
        if name in record.unbound:
            return Routine(record.methods[name])
        return Bound(record.methods[name], base, name in record.properties)
    if name in _METHODS[base.kind]:
        return Method(base, name)
    constant = None if record is None else record.constants.get(name)
    if isinstance(constant, Constant):
        return module_constant(frame, name, constant)
    article = "an" if base.kind == "object" else "a"
    frame.refuse(
        f"the attribute .{name} of {article} {base.kind} is not supported",
        "read its items by name" if base.kind == "dict" else "read what it holds",
    )


def parts(frame: Frame, base: Named) -> Tuple:
    """Return what a loop over a record goes through."""
    if base.kind == "dict":
        return _keys(base)
    if base.kind != "namedtuple":
        frame.refuse(f"a loop over a {base.kind}", "name its fields")
    return Tuple(base.items)


def _keys(base: Named) -> Tuple:
    return Tuple(tuple(Static(name) for name in base.names))


def _pairs(base: Named) -> Tuple:
    pairs = zip(_keys(base).items, base.items, strict=True)
    return Tuple(tuple(Tuple(pair) for pair in pairs))


def call_record(
    frame: Frame,
    base: Named,
    name: str,
    positional: Sequence[Obj],
    keywords: Mapping[str, Obj],
) -> Obj:
    """Return the result of a method of a dict or a NamedTuple."""
    if name == "_replace":
        return replaced(frame, base, keywords)
    if name == "get" and 1 <= len(positional) <= 2 and not keywords:
        key = key_of(frame, positional[0])
        if key in base.names:
            return item_of(frame, base, positional[0])
        if key is not None:
            return positional[1] if len(positional) > 1 else NONE
    if positional or keywords:
        frame.refuse(f"arguments of .{name}", "read the item by its name")
    views: dict[str, Callable[[Named], Tuple]] = {
        "keys": _keys,
        "values": lambda record: Tuple(record.items),
        "items": _pairs,
    }
    return views[name](base)


_METHODS = {
    "dict": ("keys", "values", "items", "get"),
    "namedtuple": ("_replace",),
    "dataclass": (),
    "object": (),
}


def replaced(frame: Frame, base: Named, keywords: Mapping[str, Obj]) -> Obj:
    """Return a record with some fields replaced."""
    for name in keywords:
        if name not in base.names:
            frame.refuse(f"there is no field '{name}'", "name one of its fields")
    pairs = zip(base.names, base.items, strict=True)
    items = tuple(keywords.get(str(name), item) for name, item in pairs)
    return Named(base.kind, base.names, items, base.record)


@library("builtins.type")
def type_(frame: Frame, args: Arguments) -> Obj:
    """``type(record)``: to make another one."""
    (base,) = args.take(frame, "object")
    if not isinstance(base, Named) or base.record is None:
        frame.refuse("type() of this", "it is for NamedTuples and dataclasses")
    return Maker(base.record)


@library("dataclasses.replace")
def replace_(frame: Frame, args: Arguments) -> Obj:
    """``dataclasses.replace(record, field=value)``."""
    (base,) = args.positional
    if not isinstance(base, Named):
        frame.refuse("dataclasses.replace of this", "give it a dataclass")
    return replaced(frame, base, args.keywords)
