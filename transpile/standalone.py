"""Modules that stand alone: a C library, its header and its Python module, as texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .emit.c.kinds import kind_of_type, unspelled
from .emit.c.python import Called, Packing, module_text
from .emit.c.stub import stub_text
from .emit.c.unit import Text, Unit
from .emit.lengths import Lengths
from .emit.numba import emit_numba, from_front, reassociable
from .emit.printer import is_constant
from .errors import Problem, TranspileError, refuse
from .files import Job, derived, file_text, source_path
from .graph.ir import Program
from .graph.structures import Structure
from .records import record
from .typetext import spelled


@record()
class Module:
    """What is to be built: a name, and a job for each list of types."""

    name: str
    jobs: tuple[Job, ...]
    strict: bool = False


def module_files(module: Module, folder: Path) -> dict[str, str]:
    """Return the texts of a module by the names of their files.

    All problems of all functions are raised at once.
    """
    unit = Unit()
    made: dict[str, list[Called]] = {}
    problems: list[Problem] = []
    place = folder / f"{module.name}.c"
    for job in module.jobs:
        for source in job.sources:
            try:
                program = derived(source, replace(job, target="cpu"), place)
                public = program.entry.name
                every = made.setdefault(public, [])
                every.append(_called(unit, program, job, len(every)))
            except TranspileError as error:
                problems += error.problems
    if problems:
        raise TranspileError(problems)
    job = module.jobs[0]
    path = source_path(job.sources[0].file, place)
    remark = f"Written by gradscribe from {path}."
    file = unit.file(module.name, remark)
    doc = f"Compiled by gradscribe: {', '.join(made)}."
    return {
        f"{module.name}.c": file.text,
        f"{module.name}.h": file.header,
        f"{module.name}_python.c": module_text(
            module.name, doc, file, made, module.strict
        ),
        f"{module.name}.pyi": stub_text(doc, made),
        **dict(_numpy_files(module, folder)),
    }


def _numpy_files(module: Module, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the same functions in NumPy, a file for each list of types."""
    for k, job in enumerate(module.jobs):
        suffix = f"_{k + 1}" if k else ""
        name = f"{module.name}_numpy{suffix}.py"
        yield name, file_text(replace(job, target="numpy"), folder / name)


def _called(unit: Unit, program: Program, job: Job, count: int) -> Called:
    """Add a function to a file of C, and return how Python calls it."""
    from .pipeline import lowered

    entry = program.entry
    parameters = [p for p in entry.parameters if not is_constant(p)]
    for parameter in parameters:
        if parameter.structure.kind != "leaf":
            raise refuse(
                f"{parameter.name} is not an array or a number",
                "write a function that takes its parts one by one",
            )
    low = lowered(program)
    strict = job.options.strict
    name = entry.name if not count else f"{entry.name}_{count + 1}"
    kinds = tuple(kind_of_type(p.values[0].type) for p in parameters)
    text = emit_numba(low).text
    unit.add(
        Text(
            name,
            text,
            entry.name,
            kinds,
            frozenset(() if strict else reassociable(low)),
            frozenset(from_front(low)),
        )
    )
    made = unit.entries[-1]
    lengths = Lengths(
        parameters,
        lambda k, axis: f"v[{k}].view.shape[{axis}]",
        lambda k: f"v[{k}].whole",
        "({0} > 0 ? {0} : 0)",
    )
    results = entry.body.results[: entry.returns.width]
    return Called(
        made,
        f"{entry.name}({spelled({p.name: p.values[0].type for p in parameters})})",
        tuple(lengths.wanted()),
        tuple(_known(lengths.of(value)) for value in results),
        _packing(entry.returns, iter(range(len(results)))),
    )


def _known(lengths: Sequence[str | None]) -> tuple[str, ...]:
    if any(length is None for length in lengths):
        raise unspelled("a result whose length only the data decides")
    return tuple(length for length in lengths if length is not None)


def _packing(structure: Structure, positions: Iterator[int]) -> Packing:
    if structure.kind == "leaf":
        return Packing(next(positions))
    if structure.kind != "tuple":
        raise refuse(
            f"a compiled module cannot return a {structure.kind}", "return a tuple"
        )
    parts = tuple(_packing(child, positions) for child in structure.children)
    return Packing(parts=parts)
