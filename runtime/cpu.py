"""Loop nests compiled by Numba."""

from __future__ import annotations

import functools
import platform
import re
import sys
import threading
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from . import cache, lean, llvm, load, memory, special, threads
from .extremes import INSTRUCTIONS, extreme
from .indices import compiler

_lock = threading.Lock()

ALWAYS = frozenset({"contract"})
# What lets a sum be vectorised. Not for arithmetic that subtracts what it added.
SUMS = frozenset({"reassoc", "nsz"})
# What makes many divisions one. Not where a quotient decides anything.
QUOTIENTS = frozenset({"arcp"})
# Helpers that stand alone in a loop that becomes vector code, if they are inlined.
INLINED = frozenset(
    """
    _vexp _vexpm1 _vlog _vlog1p _vtanh _vsigmoid _vsoftplus _vlog1mexp _vpow
    _verfc_tail _verf _verfc _vsin _vcos _around
    """.split()
)
# Python calls one function of a text, and C none.
ENTRY: dict[str, Any] = {"no_cfunc_wrapper": True}
HELPER: dict[str, Any] = {**ENTRY, "no_cpython_wrapper": True}
# Threads for the loops that ask for them. What else Numba would turn into loops of its
# own, and run in threads, stays as it is.
PRANGE = {
    "prange": True,
    **dict.fromkeys(
        "comprehension fusion inplace_binop numpy reduction setitem stencil".split(),
        False,
    ),
}
# The modules that decide how a text is compiled.
COMPILING = "cpu extremes indices iterations lean llvm marks memories".split()
# Calls inside each other that Numba may need for a function of thousands of loops.
DEEP = 100_000


@dataclass(frozen=True, slots=True)
class Leave:
    """What the compiler may do in which functions of a text, by their names.

    ``reassociate``: sums may be taken in any order. ``reciprocal``: quotients may be
    products. ``from_front``: no index is negative, so that none need be looked at.
    """

    reassociate: frozenset[str] = frozenset()
    reciprocal: frozenset[str] = frozenset()
    from_front: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """All names, for the key of the cache."""
        every = (self.reassociate, self.reciprocal, self.from_front)
        return ";".join(map(",".join, map(sorted, every)))

    @staticmethod
    def of(names: Mapping[str, Sequence[str]]) -> Leave:
        """Return what a transform says of its text."""
        return Leave(**{what: frozenset(found) for what, found in names.items()})

    def flags(self, name: str) -> set[str]:
        """Return what LLVM may do with the numbers of a function."""
        sums = SUMS if name in self.reassociate else set()
        quotients = QUOTIENTS if name in self.reciprocal else set()
        return {*ALWAYS, *sums, *quotients}


NO_LEAVE = Leave()

Ordered = bool | tuple["Ordered", ...]


class Entry(NamedTuple):
    """What was compiled, and which parts of its result are ordered.

    Those are arrays by whose types it is sure that they are in C order and may be
    written.
    """

    run: Callable[..., object]
    is_ordered: Ordered


class Compiled:
    """A function that Numba compiles for the types of arguments that it is given."""

    def __init__(self, dispatcher: Any) -> None:
        self.dispatcher = dispatcher
        self.py_func: Callable[..., object] = dispatcher.py_func

    @property
    def inner(self) -> Any:
        """What other compiled functions call."""
        return self.dispatcher

    def __call__(self, *values: object) -> object:
        """Call the function, compiling it if it was not compiled for such types."""
        return _patiently(self.dispatcher, values)

    def prepare(self, values: Sequence[object]) -> bool:
        """Compile for such arguments; return whether this process need not."""
        types = _types_of(values)
        known = types in self.dispatcher.overloads
        with llvm.asked_by_row(), lean.compiling():
            _patiently(self.dispatcher.compile, (types,))
        return known or self.dispatcher.stats.cache_hits[types] > 0

    def entry(self, values: Sequence[object]) -> Entry | None:
        """Return what was compiled for such arguments, None if nothing was.

        It relies on the types of what it is given. Nothing checks them.
        """
        types = _types_of(values)
        found = self.dispatcher.overloads.get(types)
        if found is None:
            return None
        return Entry(found.entry_point, _is_ordered(found.signature.return_type))


class Threaded(Compiled):
    """A compiled function that runs in threads, where it may."""

    def __init__(self, dispatcher: Any, alone: Callable[[], Compiled]) -> None:
        super().__init__(dispatcher)
        self._alone = functools.cache(alone)

    @property
    def inner(self) -> Any:
        """What other compiled functions call: one thread, theirs."""
        return self._alone().dispatcher

    def __call__(self, *values: object) -> object:
        """Call the function: in its turn, or in one thread."""
        return self._call(super().__call__, values)

    def prepare(self, values: Sequence[object]) -> bool:
        """Compile for such arguments; return whether this process need not."""
        if threads.run_alone():
            return self._alone().prepare(values)
        return super().prepare(values)

    def entry(self, values: Sequence[object]) -> Entry | None:
        """Return what was compiled for such arguments, to be called in its turn."""
        made = super().entry(values)
        if made is None:
            return None
        return made._replace(run=lambda *given: self._call(made.run, given))

    def _call(self, made: Callable[..., object], values: Sequence[object]) -> object:
        if threads.run_alone():
            return self._alone()(*values)
        with threads.turn():
            return made(*values)


def _is_ordered(kind: Any) -> Ordered:
    """Return of a type, and of each part of a tuple's, whether it is in C order."""
    if hasattr(kind, "layout"):
        return bool(kind.layout == "C" and kind.mutable and kind.aligned)
    return tuple(map(_is_ordered, kind)) if hasattr(kind, "__iter__") else False


def _types_of(values: Sequence[object]) -> tuple[object, ...]:
    import numba

    return tuple(map(numba.typeof, values))


def compile_text(text: str, name: str, leave: Leave = NO_LEAVE) -> Compiled:
    """Return the compiled function of that name of a module's text."""
    compiled = _compiled(text, name, leave, "threads")
    if "prange(" not in text:
        return Compiled(compiled)
    alone = functools.partial(_compiled, text, name, leave, "alone")
    return Threaded(compiled, lambda: Compiled(alone()))


def _compiled(text: str, name: str, leave: Leave, how: str) -> Any:
    behind = special.version() if "scipy.special." in text else ""
    module = load.load(text, name, "cpu", how, str(leave), *versions(), behind)
    with _lock:
        if not getattr(module, "_gradscribe_compiled", False):
            memory.keep_freed()
            _compile_all(module, name, leave, PRANGE if how == "threads" else {})
            module.__dict__["_gradscribe_compiled"] = True
    return getattr(module, name)


def _patiently(compiling: Callable[..., object], values: tuple[object, ...]) -> object:
    """Call what may compile, however long the function is.

    Numba follows variables from block to block by calling itself.
    """
    try:
        return compiling(*values)
    except RecursionError:
        if getattr(compiling, "signatures", ()):
            raise  # it is compiled, and has called itself too often
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, DEEP))
        try:
            return compiling(*values)
        finally:
            sys.setrecursionlimit(limit)


def _compile_all(
    module: types.ModuleType, entry: str, leave: Leave, parallel: dict[str, bool]
) -> None:
    """Put a dispatcher in the place of each function; callers look them up there."""
    import numba

    # A product of strided arrays copies them first. The reader of a warning about
    # text that was generated could do nothing.
    warnings.filterwarnings(
        "ignore",
        category=numba.NumbaPerformanceWarning,
        module=re.escape(str(cache.current_folder())),
    )
    # What gradscribe does not read is called by Python: that is known.
    warnings.filterwarnings("ignore", "Code running in object mode", numba.NumbaWarning)
    functions = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, types.FunctionType)
    }
    # Read back from Numba's cache, a function that calls itself with other types than
    # its own jumps to an address of another process (numba/numba#6061).
    keeps = not any(name in f.__code__.co_names for name, f in functions.items())
    for name, value in functions.items():
        if name in INSTRUCTIONS:
            setattr(module, name, extreme(name))
            continue
        scipys = special.name_of(value)
        if scipys is not None:
            arity = value.__code__.co_argcount
            setattr(module, name, special.in_c(scipys, arity))
            continue
        how = dict(ENTRY if name == entry else HELPER)
        how |= {"forceinline": True} if name in INLINED else {"cache": keeps}
        if parallel and "prange" in value.__code__.co_names:
            how["parallel"] = parallel
        elif name not in INLINED:
            apart = name.lstrip("_") == entry
            how["pipeline_class"] = compiler(name in leave.from_front, apart)
        flags = leave.flags(name)
        made = numba.njit(error_model="numpy", nogil=True, fastmath=flags, **how)
        setattr(module, name, made(value))


@functools.cache
def versions() -> tuple[str, ...]:
    """Return what compiled code depends on besides its text."""
    import llvmlite.binding
    import numba
    import numpy as np

    try:
        features = llvmlite.binding.get_host_cpu_features().flatten()
    except RuntimeError:  # LLVM does not know this CPU
        features = ""
    return (
        platform.python_version(),
        numba.__version__,
        np.__version__,
        llvmlite.binding.get_host_cpu_name(),
        features,
        *(Path(__file__).with_stem(m).read_text(encoding="utf-8") for m in COMPILING),
    )
