"""A derivative for arguments of one kind: text, running function, checks."""

from __future__ import annotations

import importlib
import inspect
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import NoneType
from typing import Any

import numpy as np

from . import collector, load
from .arguments import RANDOM, WEAK, cast_for, check_overlap, described, own
from .cpu import Compiled, Leave, compile_text
from .guard import Ways, guarded
from .interface import Expected, Generated, Kinds, Length, Returned
from .parts import take_like

log = logging.getLogger("gradscribe")


class Specialised:
    """A generated text, loaded for a target, for arguments of some kinds."""

    def __init__(self, generated: Generated, kinds: Kinds, target: str) -> None:
        self.kinds = kinds
        self.lines = generated.lines
        self._generated = generated
        self._function = function = LOADERS[target](generated)
        self._compiled = function if isinstance(function, Compiled) else None
        self._is_ready = self._compiled is None
        self._lock = threading.Lock()
        self.file: str = getattr(function, "py_func", function).__code__.co_filename
        self.doc = inspect.cleandoc(function.__doc__ or "")
        self._parameters = list(enumerate(generated.parameters))[::-1]
        self._names = [p.name for p in generated.parameters]
        self._hidden = {h.name: h.read for h in generated.hidden}
        self._shapes = {n: _shape(read()) for n, read in self._hidden.items()}
        self._leading = generated.leading
        self._returned = generated.returned
        self._written = [k for k, p in enumerate(generated.parameters) if p.written]
        self._target = target

    def is_current(self) -> bool:
        """Whether helpers are still the same functions, and globals alike."""
        try:
            for name, read in self._hidden.items():
                if _shape(read()) != self._shapes[name]:
                    return False
        except (LookupError, NameError, AttributeError):
            return False
        return self._generated.is_current()

    def __call__(self, leading: Sequence[Any], leaves: Sequence[Any]) -> Any:
        """Call with cotangents, and with the parts of arguments of the right kinds."""
        if self._target == "gpu":
            return self._on_device(leading, leaves)
        for name, value in zip(self._names[len(self._leading) :], leaves, strict=False):
            if not isinstance(value, _OF_THE_HOST):
                raise TypeError(
                    f"{name} is {described(value)}, on a GPU; pass {name}.get(),"
                    " or transform with target='gpu'"
                )
        values = self._values(leading, leaves)
        if not self._is_ready:
            self._prepare(values)
        result = self._function(*values)
        return _restore(result, values, self._returned)

    def _on_device(self, leading: Sequence[Any], leaves: Sequence[Any]) -> Any:
        """Call a text that sees to its arguments itself."""
        values: list[Any] = []
        for shape, value in zip(self._leading, leading, strict=True):
            take_like(shape, value, values)
        values += leaves
        values += [_for_device(read()) for read in self._hidden.values()]
        return _packed(self._function(*values), self._returned)

    def needed(self, leaves: Sequence[Any]) -> Iterator[tuple[Any, bool]]:
        """Yield what is taken after what leads, and whether its values are read."""
        given = [*leaves, *(read() for read in self._hidden.values())]
        reads = self._generated.reads[-len(given) :]
        yield from zip(given, reads, strict=True)

    def place(self, name: str) -> int:
        """Return the position of an argument among the leaves."""
        names = [p.name for p in self._generated.parameters]
        return names.index(name) - len(self._leading)

    def guarded(
        self,
        signature: inspect.Signature,
        names: Sequence[str],
        values: Sequence[Any],
        ways: Ways,
    ) -> Callable[..., object] | None:
        """Return a function for more calls like one that went well, if one can be made.

        ``values`` are what was given to it under these names, cotangents first.
        """
        if self._compiled is None:
            return None
        given = [*values, *(read() for read in self._hidden.values())]
        entry = self._compiled.entry
        return guarded(self._generated, signature, names, given, entry, ways)

    def _prepare(self, values: Sequence[object]) -> None:
        """Compile, once for all threads."""
        with self._lock:
            if self._compiled is None or self._is_ready:
                return
            start = time.perf_counter()
            with collector.paused():
                hit = self._compiled.prepare(values)
            log.info(
                "%s: compiled code %s in %.2f s",
                self._generated.signature,
                "found" if hit else "made",
                time.perf_counter() - start,
            )
            self._is_ready = True

    def _values(self, leading: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
        """Return what the text takes; raise for what does not fit together."""
        values: list[Any] = []
        for shape, value in zip(self._leading, leading, strict=True):
            take_like(shape, value, values)
        for k, value in enumerate(values):
            values[k] = _as_cotangent(value, self._generated.parameters[k])
        values += leaves
        values += [read() for read in self._hidden.values()]
        sizes = Sizes()
        # The cotangent, which is first, has a shape that follows from the others'.
        for k, expected in self._parameters:
            values[k] = _fitted(expected, values[k], sizes)
        sizes.check_derived()
        for position in self._written:
            check_overlap(self._names, values, position)
            written: Any = values[position]
            if self._generated.keeps_effects and not written.flags.writeable:
                raise ValueError("assignment destination is read-only")
        return values


class Sizes:
    """Sizes that the arguments of a call give, and lengths that follow from them."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self._derived: list[tuple[str, int, int, Length]] = []

    def add(self, name: str, axis: int, length: int, dim: int | str | Length) -> None:
        """Take a length; raise ValueError if it should be another."""
        if isinstance(dim, str):
            _compare(name, axis, length, self.known.setdefault(dim, length))
        elif isinstance(dim, int):
            _compare(name, axis, length, dim)
        else:
            self._derived.append((name, axis, length, dim))

    def check_derived(self) -> None:
        """Raise ValueError if a length does not follow from the sizes."""
        for name, axis, length, dim in self._derived:
            _compare(name, axis, length, dim(self.known))


def _compare(name: str, axis: int, length: int, wanted: int | None) -> None:
    if wanted is not None and wanted != length:
        raise ValueError(
            f"sizes do not match: {name}.shape[{axis}] is {length},"
            f" but {wanted} is needed to go with the other arguments"
        )


def _fitted(expected: Expected, value: Any, sizes: Sizes) -> Any:
    """Return an argument as the text takes it; raise ValueError for wrong lengths."""
    shape = value.shape if isinstance(value, np.ndarray) else np.shape(value)
    if len(shape) != len(expected.dims):
        raise TypeError(
            f"{expected.name} has {len(shape)} axes, not {len(expected.dims)}"
        )
    if not expected.dims:
        if isinstance(value, (int, np.integer)):
            sizes.known[f"={expected.name}"] = int(value)
        return cast_for(expected.dtype)(value)
    for axis, (dim, length) in enumerate(zip(expected.dims, shape, strict=True)):
        sizes.add(expected.name, axis, length, dim)
    return value


def _as_cotangent(value: Any, expected: Expected) -> Any:
    """Return a part of a cotangent, an array in C order, of the dtype a text takes.

    Whatever is given for a result that is a whole number counts for nothing.
    """
    if isinstance(value, np.ndarray) and expected.dims:
        if np.iscomplexobj(value) and not expected.dtype.startswith("complex"):
            raise TypeError(
                f"{expected.name} is complex, but what it belongs to is real;"
                f" pass {expected.name}.real"
            )
        return np.ascontiguousarray(value, expected.dtype)
    if not np.shape(value) and expected.dtype in ("weak_int", "int64", "bool"):
        return 0
    return value


def _shape(value: object) -> object:
    """Return what a text relies on of a global: all but the numbers in it."""
    if isinstance(value, np.ndarray):
        flags = value.flags
        return value.dtype, value.shape, flags.c_contiguous, flags.f_contiguous
    return type(value)


def _restore(result: Any, others: list[Any], returned: Returned) -> Any:
    """Return a result, possibly a nested tuple, made of arrays that share no memory.

    Scalars are cast to the dtypes that are known of them: Numba returns Python's
    numbers, and NumPy 1.26 gives some operations other dtypes.
    """
    if isinstance(returned, tuple):
        parts = zip(result, returned, strict=True)
        return tuple([_restore(part, others, inner) for part, inner in parts])
    if not isinstance(returned, (str, NoneType)):
        pairs = zip(result or (), returned.parts, strict=True)
        return returned.make([_restore(part, others, inner) for part, inner in pairs])
    if isinstance(result, np.ndarray):
        if returned != "new" or not result.flags.carray:
            result = own(result, others)
        others.append(result)
        return result
    if returned is None or (returned in WEAK and isinstance(result, np.generic)):
        return result
    return cast_for(returned)(result)


def _packed(result: Any, returned: Returned) -> Any:
    """Return a result as the function itself would pack it."""
    if isinstance(returned, tuple):
        pairs = zip(result, returned, strict=True)
        return tuple([_packed(part, inner) for part, inner in pairs])
    if isinstance(returned, (str, NoneType)):
        return result
    pairs = zip(result or (), returned.parts, strict=True)
    return returned.make([_packed(part, inner) for part, inner in pairs])


def _plain(generated: Generated) -> Callable[..., Any]:
    module = load.load(generated.text, generated.name)
    function: Callable[..., Any] = getattr(module, generated.name)
    return function


def _for_device(value: Any) -> Any:
    """Return a global of the function; an array of the host is copied."""
    if not isinstance(value, np.ndarray):
        return value
    return importlib.import_module("cupy").asarray(value)


def _compiled(generated: Generated) -> Callable[..., Any]:
    return compile_text(generated.text, generated.name, Leave.of(generated.leave))


def _of_the_device(generated: Generated) -> Callable[..., Any]:
    try:
        return _plain(generated)
    except ModuleNotFoundError as error:
        if error.name != "cupy":
            raise
        raise ModuleNotFoundError(
            "target='gpu' needs CuPy: pip install cupy-cuda13x", name="cupy"
        ) from None


# What other targets take; an array of a GPU is none of it.
_OF_THE_HOST = (
    np.ndarray,
    np.generic,
    *RANDOM,
    bool,
    int,
    float,
    complex,
)
LOADERS: dict[str, Callable[[Generated], Callable[..., Any]]] = {
    "numpy": _plain,
    "cpu": _compiled,
    "gpu": _of_the_device,
}
