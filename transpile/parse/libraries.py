"""Functions of NumPy, math, scipy.special and Python: the table of what is known.

The modules beside this one fill the table by `library`; a handler takes the frame
and the arguments of the call.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

import numpy as np

from ..graph.drawn import SOURCES
from ..read import language
from ..read.source import DRAWN
from .arrays import DTYPES
from .frame import Frame
from .objects import NONE, Library, Obj, Scalar, Static

Handler = Callable[[Frame, "Arguments"], Obj]
FUNCTIONS: dict[str, Handler] = {}
# Methods of arrays whose arguments differ from those of the function.
METHODS: dict[str, Handler] = {}

# Private functions of generated files that take more than one argument.
PRIVATE: dict[str, Handler] = {}

CONSTANTS: Mapping[str, float] = {
    "numpy.pi": math.pi,
    "numpy.e": math.e,
    "numpy.inf": math.inf,
    "numpy.nan": math.nan,
    "numpy.euler_gamma": 0.5772156649015329,
    "math.pi": math.pi,
    "math.e": math.e,
    "math.tau": math.tau,
    "math.inf": math.inf,
    "math.nan": math.nan,
}
SHORT = {"numpy": "np", "builtins": ""}


HELP = {"numba": language.NUMBA_HELP, "scipy": language.SCIPY_HELP}


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call, and how the function was spelled."""

    name: str
    positional: Sequence[Obj]
    keywords: Mapping[str, Obj]
    spelled: str

    def take(self, frame: Frame, signature: str) -> list[Obj | None]:
        """Return the arguments for ``"a axis? keepdims?"``, None where left out."""
        words = signature.split()
        names = [word.rstrip("?") for word in words]
        if len(self.positional) > len(names):
            frame.refuse(f"{self.spelled} takes at most {len(names)} arguments here")
        given: dict[str, Obj] = dict(zip(names, self.positional, strict=False))
        for key, obj in self.keywords.items():
            if key not in names:
                frame.refuse(
                    f"the argument {key}= of {self.spelled} is not supported",
                    "leave it out, or write the operation in steps",
                )
            given[key] = obj
        for word in words:
            if not word.endswith("?") and word not in given:
                frame.refuse(f"{self.spelled} needs the argument {word}")
        return [given.get(name) for name in names]


def library(*names: str) -> Callable[[Handler], Handler]:
    """Register a handler under dotted names; ``np.`` stands for ``numpy.``."""

    def register(handler: Handler) -> Handler:
        for name in names:
            FUNCTIONS[full(name)] = handler
        return handler

    return register


def method(*names: str) -> Callable[[Handler], Handler]:
    """Register a handler for methods: the array is the first argument."""

    def register(handler: Handler) -> Handler:
        METHODS.update(dict.fromkeys(names, handler))
        return handler

    return register


def full(name: str) -> str:
    """Return a dotted name with NumPy's name in full."""
    return "numpy." + name[3:] if name.startswith("np.") else name


def short(dotted: str) -> str:
    """Return a dotted name as it is spelled in source."""
    module, _, rest = dotted.partition(".")
    prefix = SHORT.get(module, module)
    return f"{prefix}.{rest}" if prefix else rest


def library_constant(frame: Frame, dotted: str) -> Obj:
    """Return a number for a constant of a library; other names as they are."""
    if dotted in CONSTANTS:
        return Scalar(frame.constant(CONSTANTS[dotted], short(dotted)))
    if dotted == "numpy.newaxis":
        return NONE
    return Library(dotted)


def call_library(
    frame: Frame, dotted: str, positional: Sequence[Obj], keywords: Mapping[str, Obj]
) -> Obj:
    """Return the result of a library's function."""
    handler = FUNCTIONS.get(dotted)
    if handler is None:
        _refuse_function(frame, dotted)
    return handler(frame, Arguments(dotted, positional, keywords, short(dotted)))


def call_private(frame: Frame, op: str, given: Mapping[str, Obj]) -> Obj:
    """Return the result of a private function of a generated file."""
    handler = PRIVATE.get(op)
    if handler is not None:
        return handler(frame, Arguments(op, (), given, f"_{op}"))
    (argument,) = given.values()
    return frame.make(op, frame.read(argument))


def _refuse_function(frame: Frame, dotted: str) -> NoReturn:
    library, _, name = dotted.partition(".")
    table = HELP.get(library, language.NUMPY_HELP)
    help = table.get(name)
    if dotted.startswith(("numpy.random.", "random.")):
        help = language.DRAWS.get(name.rpartition(".")[2], DRAWN)
    if help is None:
        near = _near(dotted)
        plain = "write it with basic operations"
        if dotted.startswith("scipy."):
            plain += ", or give it a derivative with gs.custom_derivative"
        help = f"did you mean {near}?" if near else plain
    frame.refuse(f"{short(dotted)} is not supported", help)


def _near(dotted: str) -> str | None:
    """Return the known name that a misspelled one is near to."""
    first, _, method = dotted.removeprefix("numpy.").partition(".")
    if hasattr(getattr(np, first, None), method) if method else hasattr(np, first):
        return None
    if _is_of_scipy(dotted):
        return None
    found = get_close_matches(dotted, FUNCTIONS, 1, 0.85)
    return short(found[0]) if found else None


def _is_of_scipy(dotted: str) -> bool:
    """Whether SciPy has a function of that name."""
    module, _, name = dotted.rpartition(".")
    if not module.startswith("scipy."):
        return False
    try:
        return hasattr(importlib.import_module(module), name)
    except ImportError:
        return False


def call_method(
    frame: Frame,
    receiver: Obj,
    name: str,
    positional: Sequence[Obj],
    keywords: Mapping[str, Obj],
) -> Obj:
    """Return the result of a method of an array."""
    if isinstance(receiver, Scalar) and receiver.value.type.dtype in SOURCES:
        dotted = f"numpy.random.{SOURCES[receiver.value.type.dtype]}.{name}"
        return call_library(frame, dotted, [receiver, *positional], keywords)
    key = f"str.{name}" if isinstance(receiver, Static) else name
    handler = METHODS.get(key) or FUNCTIONS.get(f"numpy.{name}")
    if handler is None:
        frame.refuse(
            f"the method .{name} is not supported",
            language.NUMPY_HELP.get(name, "write it with basic operations"),
        )
    arguments = Arguments(
        f"numpy.{name}", [receiver, *positional], keywords, f".{name}"
    )
    return handler(frame, arguments)


def is_dtype(name: str) -> bool:
    """Whether a name of NumPy is a dtype."""
    return name in DTYPES
