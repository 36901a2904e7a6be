"""Classes that exist: what their instances hold, and their methods."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping

# Where the names of methods that are not called on an instance are kept.
SPECIAL: Mapping[type, str] = {property: "properties", staticmethod: "unbound"}


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
