"""Modules that are known by name: NumPy, the standard library and a few more."""

from __future__ import annotations

import math
import sys
from types import ModuleType

import numpy as np

from .literal import NotLiteral
from .source import Module, NumPyName, Resolved, Unknown

LIBRARIES = frozenset({"numpy", "scipy", "numba", "gradscribe", "builtins"})
_READABLE = {"numpy": np, "math": math}
_CASTS = {f"builtins.{kind.__name__}": kind for kind in (float, int, bool, slice)}


def is_library(module: str) -> bool:
    """Whether a module is known by name, not by reading it."""
    top = module.partition(".")[0]
    return top in LIBRARIES or top in sys.stdlib_module_names


def library_name(dotted: str) -> Resolved:
    """Return the meaning of a name in a library.

    Examples
    --------
    >>> library_name("numpy.linalg")
    Module(name='numpy.linalg')
    >>> library_name("numpy.linalg.norm")
    NumPyName(dotted='numpy.linalg.norm')
    >>> library_name("numpy.norm")
    Unknown(reason='does not exist: numpy.norm', help='')
    """
    top, _, rest = dotted.partition(".")
    if not rest or (top == "scipy" and "." not in rest):
        return Module(dotted)
    if top not in _READABLE:
        return NumPyName(dotted)
    try:
        value = library_constant(dotted)
    except NotLiteral:
        return Unknown(f"does not exist: {dotted}")
    return Module(dotted) if isinstance(value, ModuleType) else NumPyName(dotted)


def library_constant(dotted: str) -> object:
    """Return the object that a name like ``numpy.pi`` or ``math.sqrt`` stands for."""
    if dotted in _CASTS:
        return _CASTS[dotted]
    first, *rest = dotted.split(".")
    value: object = _READABLE.get(first)
    if value is None:
        raise NotLiteral(dotted)
    for part in rest:
        if not hasattr(value, part):
            raise NotLiteral(dotted)
        value = getattr(value, part)
    return value
