"""The checks of a call, written out in Python for arguments of one kind.

A call has to make sure that its arguments are of the kind that was compiled, that
their sizes fit, and that results have the dtypes of the program. Looping over
parameters takes longer than a small function itself, so once a call went well its
checks are made into a function of their own, without loops, which stands for the
derivative from then on::

    def loss_grad(x, k):
        try:
            gs_fits = (
                gs_space_0['np'] is gs_then_0
                and gs_type(x) is gs_array
                and (x.dtype is gs_dtype_0 or x.dtype == gs_dtype_0)
                and x.flags.carray and x.ndim == 1 and gs_type(k) is gs_type_1
            )
        except (LookupError, NameError, AttributeError, ValueError):
            gs_fits = False
        try:
            if not gs_fits:
                return gs_long(x, k)
            gs_result = gs_run(x, k)
        except Exception as gs_error:
            gs_failed(gs_error)
            raise
        return gs_result_cast(gs_result)

What does not fit goes the long way.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from .arguments import PYTHON, RANDOM, cast_for
from .cpu import Entry, Ordered
from .interface import Expected, Generated, Watched

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


class Ways(NamedTuple):
    """Where a call goes that does not fit, and what sees to an error."""

    long: Callable[..., object]
    failed: Callable[[Exception], None]


def guarded(
    generated: Generated,
    signature: inspect.Signature,
    given: Sequence[str],
    values: Sequence[Any],
    entry: Callable[[list[object]], Entry | None],
    ways: Ways,
) -> Callable[..., object] | None:
    """Return a function for arguments like ``values``, and in other ways for others.

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
    found = entry(writer.samples)
    if found is None:
        return None
    head = _head(signature, writer.names)
    text = writer.text(head, _passed(signature), found.is_ordered)
    others = {"gs_run": found.run, "gs_long": ways.long, "gs_failed": ways.failed}
    space = {**writer.names, **others}
    exec(compile(text, __file__, "exec"), space)
    made: Callable[..., object] = space[generated.name]
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
    """Return the parameters as the user wrote them."""
    parts: list[str] = []
    place = inspect.Parameter
    for k, parameter in enumerate(signature.parameters.values()):
        default = ""
        if parameter.default is not parameter.empty:
            default = f"=gs_default_{k}"
            names[default[1:]] = parameter.default
        if parameter.kind is place.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        parts.append(f"{parameter.name}{default}")
    only = sum(p.kind is place.POSITIONAL_ONLY for p in signature.parameters.values())
    if only:
        parts.insert(only, "/")
    return ", ".join(parts)


def _passed(signature: inspect.Signature) -> str:
    """Return the arguments of a call that passes all parameters on."""
    named = inspect.Parameter.KEYWORD_ONLY
    every = signature.parameters.values()
    return ", ".join(f"{p.name}={p.name}" if p.kind is named else p.name for p in every)


@dataclass
class _Writer:
    """Collects the checks of a guard, and what the names in them mean."""

    generated: Generated
    names: dict[str, Any] = field(default_factory=dict)
    spaces: dict[int, str] = field(default_factory=dict)
    same: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    lengths: list[str] = field(default_factory=list)
    derived: list[str] = field(default_factory=list)
    sizes: dict[str, str] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)
    samples: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names["gs_type"] = type
        self.names["gs_array"] = np.ndarray
        self.names["gs_new"] = np.array
        for k, each in enumerate(self.generated.is_current.watched):
            self._watched(k, each)
        for k, hidden in enumerate(self.generated.hidden):
            self.names[f"gs_read_{k}"] = hidden.read

    def _watched(self, k: int, each: Watched) -> None:
        """Write the check that a name means what it did."""
        then = self._name("then", k, each.value)
        if each.space is None:
            self.same.append(f"{self._name('now', k, each.read)}() is {then}")
            return
        space = self.spaces.setdefault(id(each.space), f"gs_space_{k}")
        self.names[space] = each.space
        if each.name in each.space:
            self.same.append(f"{space}[{each.name!r}] is {then}")
        else:  # what is built in
            self.same.append(f"{each.name!r} not in {space}")

    def argument(self, name: str, expected: Expected, value: Any) -> None:
        """Write the checks of an argument that is like ``value``."""
        if type(value) is np.ndarray:
            self._array(name, expected, value)
            self.passed.append(name)
            self.samples.append(value)
            return
        k = len(self.passed)
        self.tests.append(f"gs_type({name}) is {self._name('type', k, type(value))}")
        if isinstance(value, int):
            self.sizes[f"={expected.name}"] = name
        if (type(value), expected.dtype) not in _SAME:
            cast = cast_for(expected.dtype)
            value, name = cast(value), f"{self._name('cast', k, cast)}({name})"
        self.passed.append(name)
        self.samples.append(value)

    def _array(self, name: str, expected: Expected, value: np.ndarray) -> None:
        k, layout = len(self.passed), value.flags.num & _LAYOUT
        self.tests.append(f"gs_type({name}) is gs_array")
        dtype = self._name("dtype", k, value.dtype)
        # Two objects for one dtype are rare, and take longer to compare.
        self.tests.append(f"({name}.dtype is {dtype} or {name}.dtype == {dtype})")
        if value.flags.carray:
            self.tests.append(f"{name}.flags.carray")
        else:
            self.tests.append(f"{name}.flags.num & {_LAYOUT} == {layout}")
        self.tests.append(f"{name}.ndim == {value.ndim}")
        axes = [f"gs_size_{k}_{axis}" for axis in range(value.ndim)]
        self.shapes.append(f"{', '.join(axes)}, = {name}.shape")
        if name.startswith("gs_hidden"):
            self.lengths.append(f"{name}.shape == {value.shape}")
        for axis, dim in zip(axes, expected.dims, strict=True):
            if isinstance(dim, int):
                self.lengths.append(f"{axis} == {dim}")
            elif not isinstance(dim, str):
                follows = self._name("length", len(self.names), dim)
                self.derived.append(f"{follows}(gs_sizes) in (None, {axis})")
            elif dim in self.sizes:
                self.lengths.append(f"{axis} == {self.sizes[dim]}")
            else:
                self.sizes[dim] = axis

    def _name(self, what: str, place: object, value: object) -> str:
        name = f"gs_{what}_{place}"
        self.names[name] = value
        return name

    def text(self, head: str, passed: str, ordered: Ordered) -> str:
        """Return the text of the guard."""
        lines: list[str] = []
        returned = self.generated.returned
        result = self._returned("gs_result", returned, ordered, lines)
        return "\n".join(
            [
                f"def {self.generated.name}({head}):",
                "    try:",
                *(f"        {line}" for line in self._fits()),
                "    except (LookupError, NameError, AttributeError, ValueError):",
                "        gs_fits = False",
                "    try:",
                "        if not gs_fits:",
                f"            return gs_long({passed})",
                f"        gs_result = gs_run({', '.join(self.passed)})",
                "    except Exception as gs_error:",
                "        gs_failed(gs_error)",
                "        raise",
                *lines,
                f"    return {result}",
                "",
            ]
        )

    def _fits(self) -> Iterator[str]:
        """Yield the lines that find out whether arguments fit; lengths come last."""
        for k in range(len(self.generated.hidden)):
            yield f"gs_hidden_{k} = gs_read_{k}()"
        yield f"gs_fits = {' and '.join([*self.same, *self.tests]) or True}"
        lengths = [*self.lengths, *self.derived]
        if lengths:
            yield "if gs_fits:"
            yield from (f"    {shape}" for shape in self.shapes)
            if self.derived:
                known = (f"{name!r}: {size}" for name, size in self.sizes.items())
                yield f"    gs_sizes = {{{', '.join(known)}}}"
            yield f"    gs_fits = {' and '.join(lengths)}"

    def _returned(
        self, name: str, returned: Any, ordered: Ordered, lines: list[str]
    ) -> str:
        """Return the expression of a result; add the lines that take it apart."""
        if isinstance(returned, tuple):
            parts = [f"{name}_{k}" for k in range(len(returned))]
            if parts:
                lines.append(f"    {', '.join(parts)}, = {name}")
            of_parts = (
                ordered if isinstance(ordered, tuple) else (ordered,) * len(parts)
            )
            made = map(self._returned, parts, returned, of_parts, repeat(lines))
            return f"({''.join(f'{part}, ' for part in made)})"
        if returned != "new":
            return f"{self._name('cast', name, cast_for(returned))}({name})"
        if ordered is not True:
            lines.append(f"    if not {name}.flags.carray:")
            lines.append(f"        {name} = gs_new({name}, order='C', copy=True)")
        return name
