"""One transform of one function: from kinds of arguments to text.

The in-process side of the pipeline. The types come from the arguments of a call, or
from ``types=`` and annotations before there is one.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .errors import nearest, refuse
from .expected import Expected, Returned, expected_of, returned_by
from .files import Job, file_text, spelled
from .ir import Function, Origin, Parameter, Program, Type
from .linear import Linear, Size
from .live import Watched, from_function, python_function
from .source import Source

if TYPE_CHECKING:
    from .emit import Emitted
    from .pipeline import Options

SUFFIXES = {
    "grad": "_grad",
    "value_and_grad": "_value_and_grad",
    "vjp": "_vjp",
    "primal": "",
}


class Kind(Protocol):
    """What a text is specialised for, of one argument."""

    @property
    def dtype(self) -> str:
        """A NumPy dtype's name, or ``weak_int`` and its like."""

    @property
    def ones(self) -> tuple[bool, ...]:
        """For each axis, whether its length is 1."""

    @property
    def layout(self) -> str:
        """``C``, ``F`` or ``A``."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A global or a captured value, to be read at every call."""

    name: str
    read: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Generated:
    """A text and what is needed to run it; see `gradscribe.runtime.specialised`."""

    text: str
    name: str
    parameters: tuple[Expected, ...]
    returned: Returned
    lines: Mapping[int, Origin]
    hidden: tuple[Hidden, ...]
    is_current: Callable[[], bool]
    reassociate: tuple[str, ...]
    keeps_effects: bool


@dataclass(frozen=True)
class Request:
    """A function and what to make of it.

    ``mode`` is a key of `SUFFIXES`; ``wrt`` names parameters; with ``single`` the
    gradient of the only one is given bare.
    """

    function: Callable[..., object]
    mode: str
    wrt: tuple[str, ...]
    single: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the generated function."""
        return getattr(self.function, "__name__", "f") + SUFFIXES[self.mode]

    @property
    def leading(self) -> tuple[str, ...]:
        """The parameters that come before the primal's."""
        return ("cotangent",) if self.mode == "vjp" else ()

    def __call__(self, kinds: Mapping[str, Kind], target: str) -> Generated:
        """Return the text to run for arguments of these kinds.

        It takes every argument by position, globals and captured values last.
        """
        watch: list[Watched] = []
        source = from_function(self.function, watch)
        program = self._program(source, kinds)
        emitted, reassociate = self._emit(_positional(program), target)
        entry = program.entry
        expected = expected_of(entry.parameters, _written(entry))
        return Generated(
            emitted.text,
            entry.name,
            tuple(expected),
            returned_by(entry),
            emitted.lines,
            *_live(entry.parameters, watch),
            reassociate,
            self.mode == "primal",
        )

    def _emit(self, program: Program, target: str) -> tuple[Emitted, tuple[str, ...]]:
        """Return a text, and the functions whose sums may be taken in any order."""
        from . import pipeline

        if target == "numpy":
            return pipeline.emit(program, target, None), ()
        from .emit.numba import emit_numba, reassociable

        lowered = pipeline.lowered(program)
        strict = self.options.get("strict", False)
        return emit_numba(lowered), () if strict else reassociable(lowered)

    def source(self, kinds: Mapping[str, Kind] | None, target: str) -> str:
        """Return the readable text (kinds None: for the annotated types)."""
        from . import pipeline

        program = self._program(from_function(self.function), kinds)
        return pipeline.emit(program, target, None).text

    def signature(self, kinds: Mapping[str, Kind]) -> str:
        """Return the types of the parameters, as they are written in text."""
        return spelled(self._types(from_function(self.function), kinds))

    def file_text(self, kinds: Mapping[str, Kind] | None, path: Path) -> str:
        """Return the text of a file that stands alone."""
        source = from_function(self.function)
        types = self._types(source, kinds)
        job = Job((source,), self.wrt, self.settings(), self.mode, types=types)
        return file_text(job, path)

    def _program(self, source: Source, kinds: Mapping[str, Kind] | None) -> Program:
        from . import pipeline

        types = self._types(source, kinds)
        return pipeline.derive(source, types, self.wrt, self.mode, self.settings())

    def settings(self) -> Options:
        """Return the options as the pipeline takes them."""
        from .pipeline import Options

        names = {f.name for f in dataclasses.fields(Options)}
        given = {k: v for k, v in self.options.items() if k in names}
        if "overwrite" in given:
            given["overwrite"] = tuple(given["overwrite"])
        return Options(single=self.single, **given)

    def _types(
        self, source: Source, kinds: Mapping[str, Kind] | None
    ) -> dict[str, Type]:
        from .parse.declared import declared_types

        declared = declared_types(source, self.options.get("types"))
        if kinds is None:
            return declared
        return {
            name: _type(name, kind, declared.get(name), name in self.wrt)
            for name, kind in kinds.items()
            if name not in self.leading and kind.dtype != "static"
        }


def _type(name: str, kind: Kind, declared: Type | None, wrt: bool) -> Type:
    """Return the type of an argument, with the declared names of its sizes."""
    if not kind.ones:
        scalar = declared is not None and declared.is_float and not declared.rank
        if declared is not None and scalar and not Type(kind.dtype).is_complex:
            return declared
        dtype = kind.dtype
        if wrt and dtype.startswith("weak"):
            dtype = "complex128" if dtype == "weak_complex" else "float64"
        return Type(dtype)
    if declared is not None and (declared.dtype, declared.rank) == (
        kind.dtype,
        len(kind.ones),
    ):
        return Type(kind.dtype, declared.shape, kind.layout)
    shape = [
        Linear.number(1) if one else Linear.of(Size(f"{name}_{axis}"))
        for axis, one in enumerate(kind.ones)
    ]
    return Type(kind.dtype, tuple(shape), kind.layout)


# ---- what is needed to run a text ----


def _written(entry: Function) -> tuple[str, ...]:
    """Return the parameters that the primal writes."""
    values = {entry.body.params[k] for k in entry.written}
    named = (p.name for p in entry.parameters if values.intersection(p.values))
    given: tuple[str, ...] = entry.attrs.get("written", ())
    return (*named, *given)


def _positional(program: Program) -> Program:
    """Return a program whose entry takes all it needs by position."""
    entry = program.entry
    bare = (replace(p, kind="positional", default=None) for p in entry.parameters)
    taken = replace(entry, parameters=tuple(bare))
    return Program((*program.functions[:-1], taken))


def _live(
    parameters: Sequence[Parameter], watch: Sequence[Watched]
) -> tuple[tuple[Hidden, ...], Callable[[], bool]]:
    """Return what is read at every call, and whether the rest is as it was."""
    hidden = _hidden(parameters, watch)
    relied = [w for w in watch if w not in hidden.values()]
    passed = tuple(Hidden(name, w.read) for name, w in hidden.items())
    return passed, lambda: not any([w.changed for w in relied])


def _hidden(
    parameters: Sequence[Parameter], watch: Sequence[Watched]
) -> dict[str, Watched]:
    """Return, for each global parameter, the name that it was looked up by."""
    found: dict[str, Watched] = {}
    for parameter in parameters:
        if parameter.kind == "global":
            near = [w for w in watch if w not in found.values() and _is(w, parameter)]
            found[parameter.name] = near[0]
    return found


def _is(watched: Watched, parameter: Parameter) -> bool:
    """Whether a parameter, renamed where names clashed, is what was looked up."""
    name = watched.name.rpartition(".")[2]
    place = parameter.origin and (parameter.origin.file, parameter.origin.line)
    renamed = parameter.name.startswith(f"{name}_")
    return (parameter.name == name or renamed) and watched.origin == place


# ---- choosing parameters ----


def choose_wrt(
    function: Callable[..., object], wrt: str | int | Sequence[str | int] | None
) -> tuple[str, ...]:
    """Return the names of the chosen parameters; by default the first.

    Examples
    --------
    >>> choose_wrt(lambda w, b, X: 0, ("b", 0))
    ('b', 'w')
    """
    names = _parameter_names(function)
    if wrt is None:
        wrt = 0
    chosen: Sequence[Any] = wrt if isinstance(wrt, (tuple, list)) else [wrt]
    found = tuple(_one_name(names, one) for one in chosen)
    if len(set(found)) < len(found):
        raise ValueError(f"{', '.join(found)} are not different parameters")
    return found


def _parameter_names(function: Callable[..., object]) -> list[str]:
    plain = python_function(function)
    parameters = inspect.signature(plain, follow_wrapped=False).parameters
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            help = "name the parameters"
            if hasattr(plain, "__wrapped__"):
                help = f"transform the function inside: {plain.__name__}.__wrapped__"
            raise refuse(f"{name}: a star in the parameters", help)
    return list(parameters)


def _one_name(names: Sequence[str], one: str | int) -> str:
    if isinstance(one, int):
        if -len(names) <= one < len(names):
            return names[one]
        raise ValueError(f"there is no parameter {one}: there are {len(names)}")
    if not isinstance(one, str):
        raise TypeError(f"{one!r} is not the name or the position of a parameter")
    if one in names:
        return one
    near = " or ".join(nearest(one, names))
    raise ValueError(f"there is no parameter '{one}'; did you mean {near}?")
