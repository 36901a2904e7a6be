"""Modules that stand alone: a C library, its header and its Python module, as texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .emit.c.arguments import arguments_of
from .emit.c.kinds import INT, kind_of_type, unspelled
from .emit.c.python import Called, Packing, module_text
from .emit.c.reserved import public_names
from .emit.c.stub import stub_text
from .emit.c.trial import Tried, test_text
from .emit.c.unit import Text, Unit
from .emit.draws import require_drawn
from .emit.leave import leave
from .emit.lengths import Lengths
from .emit.numba import emit_numba
from .emit.printer import is_constant
from .errors import Problem, TranspileError, refuse
from .files import Job, derived, file_text, source_path
from .graph.ir import Program
from .graph.structures import Structure
from .read.source import Source
from .records import record
from .selection import flat
from .steps import Step
from .typetext import spelled


@record()
class Module:
    """What is to be built: a name, and a job for each list of types.

    ``strict`` makes arrays that are not contiguous an error; ``tested`` adds a test.
    """

    name: str
    jobs: tuple[Job, ...]
    strict: bool = False
    tested: bool = False


def module_files(module: Module, folder: Path) -> dict[str, str]:
    """Return the texts of a module by the names of their files.

    All problems of all functions are raised at once.
    """
    place = folder / f"{module.name}.c"
    every = _every(module, place)
    problems: list[Problem] = []
    made: dict[str, list[Called]] = {}
    unit = Unit(one.name for one in every)
    for one in every:
        try:
            called = _called(unit, one)
            every_type = made.setdefault(one.program.entry.name, [])
            _require_one_form(every_type, called)
            every_type.append(called)
        except TranspileError as error:
            problems += [_placed(problem, one.source) for problem in error.problems]
    if problems:
        raise TranspileError(problems)
    path = source_path(module.jobs[0].sources[0].file, place)
    file = unit.file(module.name, f"Written by gradscribe from {path}.")
    doc = f"Compiled by gradscribe, from {path}."
    texts = {
        f"{module.name}.c": file.text,
        f"{module.name}.h": file.header,
        f"{module.name}_python.c": module_text(
            module.name, doc, file, made, module.strict
        ),
        f"{module.name}.pyi": stub_text(doc, made),
        **dict(_numpy_files(module, every, folder)),
    }
    if module.tested:
        with_scipy = any("import scipy" in text for text in texts.values())
        texts[f"test_{module.name}.py"] = test_text(
            module.name, _tried(module, every), with_scipy
        )
    return texts


def _require_one_form(others: Sequence[Called], called: Called) -> None:
    if others and others[0].arguments != called.arguments:
        raise refuse(
            "the types of one function take their arguments apart differently",
            "build a module for each",
        )


def _placed(problem: Problem, source: Source) -> Problem:
    """Return a problem with the function, if it says no place."""
    return (
        problem
        if problem.file
        else replace(problem, file=f"{source.file}:{source.line}")
    )


@record()
class One:
    """A function for one list of types: its program, and its name in C.

    What the C library calls so, or the file, gets the module's name before its own.
    """

    name: str
    program: Program
    source: Source
    job: Job
    position: int


def _every(module: Module, place: Path) -> list[One]:
    """Return the functions of a module; one that only repeats another is left out."""
    found: list[One] = []
    problems: list[Problem] = []
    homes: dict[str, Source] = {}
    for position, job in enumerate(module.jobs):
        for source in job.sources:
            try:
                program = derived(source, replace(job, target="cpu"), place)
                require_drawn(program, "module")
                public = program.entry.name
                _require_one_home(source, homes.setdefault(public, source), public)
            except TranspileError as error:
                problems += error.problems
                continue
            if any(_signature(program) == _signature(one.program) for one in found):
                continue
            found.append(One(public, program, source, job, position))
    if problems:
        raise TranspileError(problems)
    names = public_names(module.name, [one.name for one in found])
    return [replace(one, name=n) for one, n in zip(found, names, strict=True)]


def _require_one_home(source: Source, first: Source, public: str) -> None:
    here, there = ((s.file, s.qualname) for s in (source, first))
    if here != there:
        raise refuse(
            f"{public} would be of {':'.join(here)} and of {':'.join(there)}",
            "rename one of the two, or build a module for each",
            file=f"{source.file}:{source.line}",
        )


def _signature(program: Program) -> str:
    """Return a function's name and the types that it takes."""
    entry = _flat(program).entry
    parameters = [p for p in entry.parameters if not is_constant(p)]
    types = {p.name: p.values[0].type for p in parameters if len(p.values) == 1}
    return f"{entry.name}({spelled(types)})"


def _flat(program: Program) -> Program:
    """Return a program that takes every array and number by position, not constants."""
    constants = {p.name: p for p in program.entry.parameters if is_constant(p)}
    whole = flat(program)
    parameters = tuple(constants.get(p.name, p) for p in whole.entry.parameters)
    entry = replace(whole.entry, parameters=parameters)
    return Program((*whole.functions[:-1], entry))


def _numpy_name(module: Module, position: int) -> str:
    return f"{module.name}_numpy" + (f"_{position + 1}" if position else "")


def _numpy_files(
    module: Module, every: Sequence[One], folder: Path
) -> Iterator[tuple[str, str]]:
    """Yield the same functions in NumPy, a file for each list of types."""
    for position, job in enumerate(module.jobs):
        sources = tuple(one.source for one in every if one.position == position)
        if sources:
            name = f"{_numpy_name(module, position)}.py"
            own = replace(job, sources=sources, step=_step(job, sources))
            yield name, file_text(replace(own, target="numpy"), folder / name)


def _step(job: Job, sources: Sequence[Source]) -> Step:
    """Return the step of some of a job's functions, as a command for these has it."""
    firsts = {source.first_parameter for source in sources}
    if job.step.wrt or job.step.mode == "primal" or len(firsts) > 1:
        return job.step
    return replace(job.step, wrt=firsts.pop())


def _tried(module: Module, every: Sequence[One]) -> Iterator[Tried]:
    """Yield what a test calls, with which arguments."""
    for one in every:
        entry = one.program.entry
        parameters = [p for p in entry.parameters if not is_constant(p)]
        yield Tried(
            entry.name,
            one.name,
            _numpy_name(module, one.position),
            arguments_of(parameters),
            tuple(v.type for p in parameters for v in p.values),
        )


CHOSEN = (
    "({0} > 0 ? {0} : 0)",
    {
        "minimum": "({0} < {1} ? {0} : {1})",
        "maximum": "({0} > {1} ? {0} : {1})",
    },
)


def _called(unit: Unit, one: One) -> Called:
    """Add a function to a file of C, and return how Python calls it."""
    from .pipeline import lowered

    whole = one.program.entry
    arguments = arguments_of([p for p in whole.parameters if not is_constant(p)])
    program = _flat(one.program)
    entry = program.entry
    parameters = [p for p in entry.parameters if not is_constant(p)]
    for parameter in parameters:
        found = parameter.values[0].type
        if not found.rank and found.is_integer and kind_of_type(found) != INT:
            raise unspelled(f"a number of type {found.dtype}", "say int in its types")
    low = lowered(program)
    strict = one.job.options.strict
    results = entry.body.results[: entry.returns.width]
    body = entry.body.equations
    named = Lengths(
        parameters,
        lambda k, axis: f"@{k}.{axis}@",
        lambda k: f"@{k}@",
        *CHOSEN,
        body,
    )
    text = Text(
        one.name,
        emit_numba(low).text,
        entry.name,
        tuple(kind_of_type(p.values[0].type) for p in parameters),
        wanted=tuple(
            (k, axis, length)
            for k, every in enumerate(named.wanted())
            for axis, length in enumerate(every)
            if length is not None
        ),
        sizes=tuple(_known(named.of(value)) for value in results),
        **{what: frozenset(names) for what, names in leave(low, strict).items()},
    )
    unit.add(text)
    lengths = Lengths(
        parameters,
        lambda k, axis: f"v[{k}].view.shape[{axis}]",
        lambda k: f"v[{k}].whole",
        *CHOSEN,
        body,
    )
    return Called(
        unit.entries[-1],
        _signature(one.program),
        tuple(lengths.wanted()),
        tuple(_known(lengths.of(value)) for value in results),
        _packing(whole.returns, iter(range(len(results)))),
        arguments,
    )


def _known(lengths: Sequence[str | None]) -> tuple[str, ...]:
    if any(length is None for length in lengths):
        raise unspelled("a result whose length only the data decides")
    return tuple(length for length in lengths if length is not None)


def _packing(structure: Structure, positions: Iterator[int]) -> Packing:
    if structure.kind == "leaf":
        return Packing(next(positions))
    if structure.kind not in ("tuple", "list", "dict"):
        raise refuse(
            f"a compiled module cannot return a {structure.kind}", "return a tuple"
        )
    parts = tuple(_packing(child, positions) for child in structure.children)
    keys = structure.names if structure.kind == "dict" else ()
    return Packing(-1, parts, structure.kind, tuple(map(str, keys)))
