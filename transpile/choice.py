"""Choosing parameters of a function, by name, position or place."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .errors import nearest, refuse
from .graph.structures import is_at, place_of, root_of, steps_of
from .read.functions import python_function


def choose_wrt(
    function: Callable[..., object], wrt: str | int | Sequence[str | int] | None
) -> tuple[str, ...]:
    """Return the places of what is chosen; by default the first parameter.

    Of a method, the first after the instance.

    Examples
    --------
    >>> choose_wrt(lambda w, b, X: 0, ("b", 0))
    ('b', 'w')
    >>> choose_wrt(lambda p: 0, "p['w'][0]")
    ('p["w"][0]',)
    """
    names = list(parameter_names(function))
    if wrt is None:
        wrt = 1 if names[:1] == ["self"] and names[1:] else 0
    chosen: Sequence[Any] = wrt if isinstance(wrt, (tuple, list)) else [wrt]
    found = tuple(_one_place(names, one) for one in chosen)
    for k, place in enumerate(found):
        for other in found[:k]:
            if is_at(place, other) or is_at(other, place):
                raise ValueError(f"{', '.join(found)} are not different parameters")
    return found


def parameter_names(function: Callable[..., object]) -> list[str]:
    """Return the names of the parameters that a caller gives.

    Raises TranspileError for a wrapper that takes whatever it is given.
    """
    if isinstance(getattr(function, "besides", None), tuple):  # a derivative
        return list(inspect.signature(function).parameters)
    plain = python_function(function)
    parameters = visible_signature(function).parameters
    for name, parameter in parameters.items():
        starred = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if starred and hasattr(plain, "__wrapped__"):
            help = f"transform the function inside: {plain.__name__}.__wrapped__"
            raise refuse(f"{name}: a star in the parameters", help)
    return list(parameters)


def visible_signature(function: Callable[..., object]) -> inspect.Signature:
    """Return the signature that a caller sees."""
    return inspect.signature(uncompiled(function), follow_wrapped=False)


def uncompiled(function: Callable[..., object]) -> Callable[..., object]:
    """Return what Python knows the signature of: no dispatcher of Numba."""
    if isinstance(function, functools.partial):
        inner = uncompiled(function.func)
        return functools.partial(inner, *function.args, **function.keywords)
    plain = python_function(function)
    return plain if hasattr(function, "py_func") else function


def _one_place(names: Sequence[str], one: str | int) -> str:
    if isinstance(one, int):
        if -len(names) <= one < len(names):
            return names[one]
        raise ValueError(f"there is no parameter {one}: there are {len(names)}")
    if not isinstance(one, str):
        raise TypeError(f"{one!r} is not the name or the position of a parameter")
    root, steps = root_of(one), steps_of(one)
    if root in names and steps is not None:
        return place_of(root, steps)
    near = " or ".join(nearest(one, names))
    raise ValueError(f"there is no parameter '{one}'; did you mean {near}?")
