"""One transform of one function: from kinds of arguments to text.

The in-process side of the pipeline. The types come from the arguments of a call, or
from ``types=`` and annotations before there is one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .choice import visible_signature
from .errors import TranspileError, refuse
from .expected import (
    Expected,
    Returned,
    Shape,
    expected_of,
    read_values,
    returned_by,
    shape_of,
)
from .files import Job, file_text
from .frozen import Meanings, Unfit, packed, unpacked, version
from .graph.ir import Argument, Function, Origin, Parameter, Program
from .graph.structures import root_of
from .kinds import Kind, Typed, attributes_read
from .owned import owned
from .read.classes import Watched
from .read.functions import name_of, python_function
from .read.lambdas import is_lambda
from .read.live import from_function
from .read.source import Source
from .schedule import checkpoint_of
from .selection import flat, places
from .steps import SUFFIXES, Step, given_besides
from .typetext import spelled

if TYPE_CHECKING:
    from .emit import Emitted
    from .pipeline import Options


@dataclass(frozen=True, slots=True)
class Hidden:
    """A global or a captured value, to be read at every call."""

    name: str
    watched: Watched

    @property
    def read(self) -> Callable[[], object]:
        """What reads it."""
        return self.watched.read


@dataclass(frozen=True, slots=True)
class Relied:
    """The names that a text relies on."""

    watched: tuple[Watched, ...]

    def __call__(self) -> bool:
        """Whether they still mean the objects that they did; asked at every call."""
        try:
            for each in self.watched:
                if each.read() is not each.value:
                    return False
        except (LookupError, NameError, AttributeError, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Generated:
    """A text and what is needed to run it; see `gradscribe.runtime.specialised`."""

    text: str
    name: str
    signature: str
    parameters: tuple[Expected, ...]
    leading: tuple[Shape, ...]
    returned: Returned
    lines: Mapping[int, Origin]
    hidden: tuple[Hidden, ...]
    is_current: Relied
    leave: Mapping[str, tuple[str, ...]]
    keeps_effects: bool
    reads: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Frozen:
    """Keeps what was generated for a function of which the same can be written."""

    meanings: Meanings

    @property
    def digest(self) -> str:
        """A hash of all that the text depends on."""
        return self.meanings.digest()

    def pack(self, generated: Generated) -> bytes | None:
        """Return what was generated in bytes, None if it cannot be kept."""
        return packed(generated, self.meanings) if self.meanings.same() else None

    def unpack(self, content: bytes) -> Generated:
        """Return what was generated in another process."""
        found: Generated = unpacked(content, self.meanings)
        return found


@dataclass(frozen=True)
class Request:
    """A function and what to make of it.

    ``inner`` are the derivatives that are taken before the last ``step``.
    """

    function: Callable[..., object]
    step: Step
    options: Mapping[str, Any] = field(default_factory=dict)
    inner: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The derivatives that are taken, one after the other."""
        return (*self.inner, self.step)

    def then(self, outer: Request) -> Request:
        """Return the request for a derivative of the derivative that this one asks for.

        What the outer one does not say of options is said by this one.
        """
        return dataclasses.replace(
            outer,
            function=self.function,
            options={**self.options, **outer.options},
            inner=self.steps,
        )

    @property
    def name(self) -> str:
        """The name of the generated function."""
        suffixes = "".join(SUFFIXES[step.mode] for step in self.steps)
        return name_of(self.function) + suffixes

    def attributes(self, kinds: Collection[type]) -> frozenset[str]:
        """Return the names of the attributes that may be read of some classes."""
        return attributes_read(from_function(self.function), kinds)

    @property
    def places(self) -> tuple[str, ...]:
        """The places of arguments of the function that are differentiated by."""
        besides = [name for name, _ in self.besides]
        every = (place for step in self.steps for place in step.wrt)
        return tuple(p for p in dict.fromkeys(every) if root_of(p) not in besides)

    @property
    def besides(self) -> tuple[tuple[str, int], ...]:
        """What is given besides the arguments, each with its position."""
        called = visible_signature(self.function)
        return tuple(given_besides(self.steps, list(called.parameters)))

    def frozen(self, kinds: Mapping[str, Kind], target: str) -> Frozen | None:
        """Return what keeps the text for other processes, None if nothing does."""
        watch: list[Watched] = []
        try:
            source = from_function(self.function, watch)
            meanings = Meanings(source, watch)
            for name, kind in kinds.items():
                meanings.kind(source, name, kind)
        except (Unfit, TranspileError):
            return None
        options = sorted(self.options.items())
        meanings.write(version(), target, self.steps, options)
        return Frozen(meanings)

    def __call__(self, kinds: Mapping[str, Kind], target: str) -> Generated:
        """Return the text to run for arguments of these kinds.

        It takes every argument by position, globals and captured values last.
        """
        watch: list[Watched] = []
        source = from_function(self.function, watch)
        program = self._given_first(self._program(source, kinds, target))
        emitted, leave, own = self._emit(flat(program), target)
        entry = program.entry
        expected = expected_of(entry.parameters, _written(entry))
        seeds = entry.parameters[: len(self.besides)]
        return Generated(
            emitted.text,
            entry.name,
            f"{entry.name}({spelled(self._types(source, kinds))})",
            tuple(expected),
            tuple(shape_of(p.structure) for p in seeds),
            returned_by(entry, own),
            emitted.lines,
            *_live(entry.parameters, watch),
            leave,
            self.step.mode == "primal",
            tuple(read_values(entry)),
        )

    def _given_first(self, program: Program) -> Program:
        """Return a program whose entry takes first what the primal does not have."""
        entry, names = program.entry, [name for name, _ in self.besides]
        besides = [p for p in entry.parameters if p.name in names]
        others = [p for p in entry.parameters if p.name not in names]
        besides.sort(key=lambda p: names.index(p.name))
        moved = (*besides, *others)
        params = tuple(v for p in moved for v in p.values)
        body = dataclasses.replace(entry.body, params=params)
        made = dataclasses.replace(entry, parameters=moved, body=body)
        return Program((*program.functions[:-1], made))

    def _emit(
        self, program: Program, target: str
    ) -> tuple[Emitted, Mapping[str, tuple[str, ...]], list[bool]]:
        """Return a text, and what is known of it.

        That is, what a compiler may do in which functions, and which results are surely
        in memory of their own.
        """
        from . import pipeline

        if target in ("numpy", "gpu"):
            unknown = [False] * program.entry.returns.width
            return pipeline.emit(program, target, None), {}, unknown
        from .emit.leave import leave
        from .emit.numba import emit_numba

        lowered = pipeline.lowered(program)
        own = list(owned(lowered.entry))
        given = leave(lowered, bool(self.options.get("strict")))
        return emit_numba(lowered), given, own

    def source(self, kinds: Mapping[str, Kind] | None, target: str) -> str:
        """Return the readable text (kinds None: for the annotated types)."""
        from . import pipeline

        program = self._program(from_function(self.function), kinds, target)
        return pipeline.emit(program, target, None).text

    def signature(self, kinds: Mapping[str, Kind]) -> str:
        """Return the types of the parameters, as they are written in text."""
        return spelled(self._types(from_function(self.function), kinds))

    def file_text(self, kinds: Mapping[str, Kind] | None, path: Path) -> str:
        """Return the text of a file that stands alone."""
        sparse = self.step.mode == "compressed"
        first = tuple(step.mode for step in self.steps[:-1])
        if self.inner and not (sparse and first == ("grad",)):
            raise refuse(
                f"{self.name} is a derivative of a derivative",
                "save the inner one, and transform the function in that file",
            )
        step = self.step
        if sparse:
            mode = "sparse_hessian" if first else "sparse_jacobian"
            step = dataclasses.replace(step, mode=mode)
        if is_lambda(python_function(self.function)):
            raise refuse(
                "a lambda has no name by which a file could be made of it again",
                "write it as a def with a name",
            )
        source = from_function(self.function)
        types = self._types(source, kinds)
        job = Job((source,), step, self.settings(), types=types)
        return file_text(job, path)

    def _program(
        self, source: Source, kinds: Mapping[str, Kind] | None, target: str
    ) -> Program:
        from . import pipeline

        types = self._types(source, kinds)
        settings = self.settings()
        return pipeline.derive(source, types, self.steps, settings, target)

    def settings(self) -> Options:
        """Return the options as the pipeline takes them."""
        from .pipeline import Options

        names = {f.name for f in dataclasses.fields(Options)}
        given = {k: v for k, v in self.options.items() if k in names}
        if "overwrite" in given:
            given["overwrite"] = tuple(given["overwrite"])
        if given.get("checkpoint") is not None:
            given["checkpoint"] = checkpoint_of(given["checkpoint"])
        return Options(**given)

    def _types(
        self, source: Source, kinds: Mapping[str, Kind] | None
    ) -> dict[str, Argument]:
        from .parse.declared import declared_types

        declared = declared_types(source, self.options.get("types"))
        if kinds is None:
            return declared
        typed = Typed(source, [place for step in self.steps for place in step.wrt])
        return {n: typed.argument(n, k, declared.get(n)) for n, k in kinds.items()}


# ---- what is needed to run a text ----


def _written(entry: Function) -> tuple[str, ...]:
    """Return the places of what the primal writes."""
    values = {entry.body.params[k] for k in entry.written}
    every = (pair for p in entry.parameters for pair in places(p))
    given: tuple[str, ...] = entry.attrs.get("written", ())
    return (*(place for place, value in every if value in values), *given)


def _live(
    parameters: Sequence[Parameter], watch: Sequence[Watched]
) -> tuple[tuple[Hidden, ...], Relied]:
    """Return what is read at every call, and whether the rest is as it was."""
    hidden = _hidden(parameters, watch)
    relied = tuple(w for w in watch if w not in hidden.values())
    passed = tuple(Hidden(name, w) for name, w in hidden.items())
    return passed, Relied(relied)


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
