"""A derivative for arguments of one kind: text, running function, checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from . import load
from .arguments import cast_for, check_overlap, own
from .frames import Place


class Expected(Protocol):
    """What a text takes for one parameter.

    ``dims`` has a number or a size's name for each axis; arguments must have equal
    lengths where the names are equal.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def dtype(self) -> str: ...  # noqa: D102
    @property
    def dims(self) -> tuple[int | str | None, ...]: ...  # noqa: D102
    @property
    def written(self) -> bool: ...  # noqa: D102


class Hidden(Protocol):
    """A global or a captured value, to be read at every call."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def read(self) -> Callable[[], object]: ...  # noqa: D102


class Generated(Protocol):
    """What a transform returns: the text, and what is needed to run it.

    The text's function takes ``parameters`` by position: arguments by their names,
    and ``hidden``, which are read at every call. ``lines`` gives the user's line for
    lines of the text. ``is_current`` says whether what the text relies on (helpers,
    settings) is still bound to the same objects. ``keeps_effects``: the caller's
    arrays are written, as by the primal. In the functions of ``reassociate`` sums
    may be taken in any order.
    """

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> Sequence[Expected]: ...  # noqa: D102
    @property
    def hidden(self) -> Sequence[Hidden]: ...  # noqa: D102
    @property
    def lines(self) -> Mapping[int, Place]: ...  # noqa: D102
    @property
    def reassociate(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def is_current(self) -> Callable[[], bool]: ...  # noqa: D102
    @property
    def keeps_effects(self) -> bool: ...  # noqa: D102


class Specialised:
    """A generated text, loaded for a target; ``names`` are those of the arguments."""

    def __init__(self, generated: Generated, target: str, names: Sequence[str]) -> None:
        self.lines = generated.lines
        self._generated = generated
        self._function = function = _LOADERS[target](generated)
        self.file: str = getattr(function, "py_func", function).__code__.co_filename
        self.doc: str = function.__doc__ or ""
        self._names = [p.name for p in generated.parameters]
        self._order = [names.index(n) if n in names else None for n in self._names]
        self._hidden = {h.name: h.read for h in generated.hidden}
        self._shapes = {n: _shape(read()) for n, read in self._hidden.items()}
        parameters = list(enumerate(generated.parameters))
        self._written = [k for k, p in parameters if p.written]
        self._casts = [(k, cast_for(p.dtype)) for k, p in parameters if not p.dims]
        self._pattern = _pattern(generated.parameters)

    def is_current(self) -> bool:
        """Whether helpers are still the same functions, and globals alike."""
        for name, read in self._hidden.items():
            if _shape(read()) != self._shapes[name]:
                return False
        return self._generated.is_current()

    def __call__(self, arguments: Sequence[Any]) -> Any:
        """Call with arguments of the right kinds."""
        values = [
            self._hidden[name]() if k is None else arguments[k]
            for name, k in zip(self._names, self._order, strict=True)
        ]
        for position, cast in self._casts:
            values[position] = cast(values[position])
        self._check_sizes(values)
        for position in self._written:
            check_overlap(self._names, values, position)
            written: Any = values[position]
            if self._generated.keeps_effects and not written.flags.writeable:
                raise ValueError("assignment destination is read-only")
        return _restore(self._function(*values), values)

    def _check_sizes(self, values: Sequence[Any]) -> None:
        sizes, fixed = self._pattern
        for a, i, length in fixed:
            if values[a].shape[i] != length:
                raise ValueError(
                    f"sizes do not match: {self._names[a]}.shape[{i}] is"
                    f" {values[a].shape[i]}, not {length}"
                )
        for (a, i), (b, j) in sizes:
            first, second = values[a].shape[i], values[b].shape[j]
            if first != second:
                raise ValueError(
                    f"sizes do not match: {self._names[a]}.shape[{i}] is {first},"
                    f" {self._names[b]}.shape[{j}] is {second}"
                )


Axis = tuple[int, int]


Pattern = tuple[list[tuple[Axis, Axis]], list[tuple[int, int, int]]]


def _shape(value: object) -> object:
    """Return what a text relies on of a global: all but the numbers in it."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.flags.c_contiguous
    return type(value)


def _pattern(parameters: Sequence[Expected]) -> Pattern:
    """Return the pairs of axes with equal lengths, and the axes of fixed length."""
    seen: dict[str, Axis] = {}
    pairs: list[tuple[Axis, Axis]] = []
    fixed: list[tuple[int, int, int]] = []
    for k, parameter in enumerate(parameters):
        for axis, dim in enumerate(parameter.dims):
            if isinstance(dim, int):
                fixed.append((k, axis, dim))
            elif dim is not None:
                first = seen.setdefault(dim, (k, axis))
                if first != (k, axis):
                    pairs.append((first, (k, axis)))
    return pairs, fixed


def _restore(result: Any, arguments: Sequence[object]) -> Any:
    """Return a result, possibly a nested tuple, made of fresh arrays."""
    if isinstance(result, tuple):
        seen = list(arguments)
        parts = []
        for part in result:
            part = _restore(part, seen)
            parts.append(part)
            seen.append(part)
        return tuple(parts)
    return own([result], arguments)[0]


def _plain(generated: Generated) -> Callable[..., Any]:
    module = load.load(generated.text, generated.name)
    function: Callable[..., Any] = getattr(module, generated.name)
    return function


def _compiled(generated: Generated) -> Callable[..., Any]:
    from . import cpu

    return cpu.compile_text(generated.text, generated.name, generated.reassociate)


_LOADERS: dict[str, Callable[[Generated], Callable[..., Any]]] = {
    "numpy": _plain,
    "cpu": _compiled,
}
