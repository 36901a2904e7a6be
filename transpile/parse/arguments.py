"""Arguments of calls: which parameter gets which, and defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import gast

from ..read.source import Constant, Derived, Helper, NumPyName, Source
from .constants import WEAK
from .flow import parameters
from .frame import Frame
from .objects import Closure, Obj, Scalar, Static, Tuple, named_outside


def bind_arguments(
    frame: Frame,
    node: gast.FunctionDef | gast.Lambda,
    positional: Sequence[Obj],
    keywords: Mapping[str, Obj],
) -> dict[str, Obj]:
    """Return the arguments by the names of a function's parameters."""
    every = node.args
    names = [p.id for p in (*every.posonlyargs, *every.args)]
    found: dict[str, Obj] = dict(zip(names, positional, strict=False))
    extra = positional[len(names) :]
    if every.vararg is not None:
        found[every.vararg.id] = Tuple(tuple(extra))
    elif extra:
        frame.refuse(
            f"{len(positional)} arguments for {len(names)} parameters",
            "give as many as there are",
        )
    known = {*names, *(p.id for p in every.kwonlyargs)}
    if every.kwarg is not None:
        frame.refuse("a function with ** in its parameters", "name the parameters")
    for key, obj in keywords.items():
        if key not in known:
            frame.refuse(f"there is no parameter '{key}'")
        if key in found:
            frame.refuse(f"two values for the parameter '{key}'")
        found[key] = obj
    return found


def with_closure_defaults(
    frame: Frame, closure: Closure, given: Mapping[str, Obj]
) -> dict[str, Obj]:
    """Return the arguments of a nested function, defaults included."""
    every = closure.node.args
    found: dict[str, Obj] = dict(given)
    with_default = [*every.posonlyargs, *every.args][::-1]
    pairs = [
        *zip(with_default, every.defaults[::-1], strict=False),
        *zip(every.kwonlyargs, every.kw_defaults, strict=True),
    ]
    for parameter, default in pairs:
        if parameter.id not in found and default is not None:
            found[parameter.id] = closure.frame.evaluate(default)
    for parameter in parameters(closure.node):
        if parameter.id not in found:
            frame.refuse(f"the argument '{parameter.id}' is missing")
    return found


def with_defaults(
    frame: Frame, source: Source, node: gast.FunctionDef, given: dict[str, Obj]
) -> dict[str, Obj]:
    """Return the arguments of a function of the user, defaults included."""
    found: dict[str, Obj] = {}
    for parameter in parameters(node):
        name = parameter.id
        if name in given:
            found[name] = given[name]
            continue
        default = source.default(name)
        if isinstance(default, (NumPyName, Helper, Derived)):
            found[name] = named_outside(default)
            continue
        if not isinstance(default, Constant):
            frame.refuse(f"the argument '{name}' of {source.name} is missing")
        found[name] = default_object(frame, name, default)
    return found


def default_object(frame: Frame, name: str, default: Constant) -> Obj:
    """Return the object for the default value of a parameter."""
    value = default.value
    if isinstance(value, bool | int | float | complex) and type(value) in WEAK:
        return Scalar(frame.constant(value, default.text))
    if value is None or isinstance(value, str):
        return Static(value)
    if isinstance(value, tuple):
        items = (default_object(frame, name, Constant(item)) for item in value)
        return Tuple(tuple(items))
    frame.refuse(
        f"the default value of '{name}' is a {type(value).__name__}",
        "pass the argument at the call",
    )
