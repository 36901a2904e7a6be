"""The checks of a call, written out in Python for arguments of one kind.

A call has to make sure that its arguments are of the kind that was compiled, that
their sizes fit, and that results have the dtypes of the program. Looping over
parameters takes longer than a small function itself, so once a call went well its
checks are made into a function of their own, without loops::

    def call(x=gs_other, k=gs_other, *gs_more, **gs_named):
        try:
            if gs_now_0() is not gs_then_0:
                return gs_other
            if (
                gs_more or gs_named
                or gs_type(x) is not gs_array
                or x.dtype is not gs_dtype_0 and x.dtype != gs_dtype_0
                or x.flags.num & 1283 != 1281 or gs_type(k) is not gs_type_1
            ):
                return gs_other
            gs_size_0_0, = x.shape
        except (LookupError, NameError, AttributeError, ValueError):
            return gs_other
        gs_result = gs_run(x, k)
        return gs_result_cast(gs_result)

It gives `OTHER` for anything else, which then goes the long way.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .arguments import PYTHON, RANDOM, cast_for
from .interface import Expected, Generated

OTHER = object()
# C order, Fortran order, alignment and whether it can be written.
_LAYOUT = 0x1 | 0x2 | 0x100 | 0x400
# Numbers that compiled code takes as they are.
_SAME = {
    (float, "float64"),
    (float, "weak_float"),
    (int, "weak_int"),
    (int, "int64"),
    (bool, "bool"),
    (complex, "complex128"),
    (complex, "weak_complex"),
}


def guarded(
    generated: Generated,
    signature: inspect.Signature,
    given: Sequence[str],
    values: Sequence[Any],
    entry: Callable[[list[object]], Callable[..., object] | None],
) -> Callable[..., object] | None:
    """Return a function that takes arguments like ``values``.

    ``values`` are the arguments of a call, in the order in which they are ``given`` to
    the text, and then what is hidden; ``entry`` returns
    what was compiled for such values. None is returned where nothing was, where
    arguments hold parts or are written, and where results may share memory.
    """
    parameters = generated.parameters
    if (
        len(values) != len(parameters)
        or not all(map(_is_leaf, values))
        or None in _leaves(generated.returned)
        or any(parameter.written for parameter in parameters)
        or any(name.startswith("gs_") for name in given)
    ):
        return None
    hidden = [f"gs_hidden_{k}" for k in range(len(generated.hidden))]
    writer = _Writer(generated)
    for name, expected, value in zip(
        [*given, *hidden], parameters, values, strict=True
    ):
        writer.argument(name, expected, value)
    run = entry(writer.samples)
    if run is None:
        return None
    text = writer.text(_head(signature, writer.names))
    space = {**writer.names, "gs_run": run}
    exec(compile(text, __file__, "exec"), space)
    made: Callable[..., object] = space["call"]
    return made


def _is_leaf(value: Any) -> bool:
    if type(value) is np.ndarray:
        return value.ndim > 0
    return type(value) in PYTHON or isinstance(value, (np.generic, *RANDOM))


def _leaves(returned: Any) -> list[str | None]:
    if isinstance(returned, tuple):
        return [leaf for part in returned for leaf in _leaves(part)]
    return [returned if isinstance(returned, str) else None]


def _head(signature: inspect.Signature, names: dict[str, Any]) -> str:
    """Return the parameters as the user wrote them, and what takes all others."""
    parts: list[str] = []
    starred = "*gs_more"
    for k, parameter in enumerate(signature.parameters.values()):
        default = "gs_other"
        if parameter.default is not parameter.empty:
            default = f"gs_default_{k}"
            names[default] = parameter.default
        if parameter.kind is parameter.KEYWORD_ONLY and starred not in parts:
            parts.append(starred)
        parts.append(f"{parameter.name}={default}")
    only = [p.kind is p.POSITIONAL_ONLY for p in signature.parameters.values()]
    if any(only):
        parts.insert(sum(only), "/")
    parts += [] if starred in parts else [starred]
    return ", ".join([*parts, "**gs_named"])


@dataclass
class _Writer:
    """Collects the checks of a guard, and what the names in them mean."""

    generated: Generated
    names: dict[str, Any] = field(default_factory=dict)
    tests: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    lengths: list[str] = field(default_factory=list)
    derived: list[str] = field(default_factory=list)
    sizes: dict[str, str] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)
    samples: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        made = self.generated
        self.names["gs_other"] = OTHER
        self.names["gs_type"] = type
        self.names["gs_array"] = np.ndarray
        self.names["gs_new"] = np.array
        for k, each in enumerate(made.is_current.watched):
            self.names[f"gs_now_{k}"] = each.read
            self.names[f"gs_then_{k}"] = each.value
        for k, hidden in enumerate(made.hidden):
            self.names[f"gs_read_{k}"] = hidden.read

    def argument(self, name: str, expected: Expected, value: Any) -> None:
        """Write the checks of an argument that is like ``value``."""
        if type(value) is np.ndarray:
            self._array(name, expected, value)
            self.passed.append(name)
            self.samples.append(value)
            return
        k = len(self.passed)
        self.tests.append(
            f"gs_type({name}) is not {self._name('type', k, type(value))}"
        )
        if isinstance(value, int):
            self.sizes[f"={expected.name}"] = name
        if (type(value), expected.dtype) not in _SAME:
            cast = cast_for(expected.dtype)
            value, name = cast(value), f"{self._name('cast', k, cast)}({name})"
        self.passed.append(name)
        self.samples.append(value)

    def _array(self, name: str, expected: Expected, value: np.ndarray) -> None:
        k, layout = len(self.passed), value.flags.num & _LAYOUT
        self.tests.append(f"gs_type({name}) is not gs_array")
        dtype = self._name("dtype", k, value.dtype)
        # Two objects for one dtype are rare, and take longer to compare.
        self.tests.append(f"{name}.dtype is not {dtype} and {name}.dtype != {dtype}")
        self.tests.append(f"{name}.flags.num & {_LAYOUT} != {layout}")
        axes = [f"gs_size_{k}_{axis}" for axis in range(value.ndim)]
        self.shapes.append(f"{', '.join(axes)}, = {name}.shape")
        if name.startswith("gs_hidden"):
            self.lengths.append(f"{name}.shape != {value.shape}")
        for axis, dim in zip(axes, expected.dims, strict=True):
            if isinstance(dim, int):
                self.lengths.append(f"{axis} != {dim}")
            elif not isinstance(dim, str):
                follows = self._name("length", len(self.names), dim)
                self.derived.append(f"{follows}(gs_sizes) not in (None, {axis})")
            elif dim in self.sizes:
                self.lengths.append(f"{axis} != {self.sizes[dim]}")
            else:
                self.sizes[dim] = axis

    def _name(self, what: str, place: object, value: object) -> str:
        name = f"gs_{what}_{place}"
        self.names[name] = value
        return name

    def text(self, head: str) -> str:
        """Return the text of the guard."""
        hidden = range(len(self.generated.hidden))
        watched = range(len(self.generated.is_current.watched))
        moved = " or ".join(f"gs_now_{k}() is not gs_then_{k}" for k in watched)
        known = ", ".join(f"{name!r}: {size}" for name, size in self.sizes.items())
        unfit = [*self.lengths, *self.derived]
        lines: list[str] = []
        result = self._returned("gs_result", self.generated.returned, lines)
        return "\n".join(
            [
                f"def call({head}):",
                "    try:",
                *(_leave_if(moved) if moved else []),
                *(f"        gs_hidden_{k} = gs_read_{k}()" for k in hidden),
                *_leave_if(" or ".join(["gs_more", "gs_named", *self.tests])),
                *(f"        {shape}" for shape in self.shapes),
                *([f"        gs_sizes = {{{known}}}"] if self.derived else []),
                *(_leave_if(" or ".join(unfit)) if unfit else []),
                "    except (LookupError, NameError, AttributeError, ValueError):",
                "        return gs_other",
                f"    gs_result = gs_run({', '.join(self.passed)})",
                *lines,
                f"    return {result}",
                "",
            ]
        )

    def _returned(self, name: str, returned: Any, lines: list[str]) -> str:
        """Return the expression of a result; add the lines that take it apart."""
        if isinstance(returned, tuple):
            parts = [f"{name}_{k}" for k in range(len(returned))]
            if parts:
                lines.append(f"    {', '.join(parts)}, = {name}")
            pairs = zip(parts, returned, strict=True)
            made = [self._returned(part, leaf, lines) for part, leaf in pairs]
            return f"({''.join(f'{part}, ' for part in made)})"
        if returned != "new":
            return f"{self._name('cast', name, cast_for(returned))}({name})"
        lines.append(f"    if not {name}.flags.carray:")
        lines.append(f"        {name} = gs_new({name}, order='C', copy=True)")
        return name


def _leave_if(test: str) -> list[str]:
    return [f"        if {test}:", "            return gs_other"]
