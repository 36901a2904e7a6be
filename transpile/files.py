"""Whole files: a header with the command that makes them, and one or more functions."""

from __future__ import annotations

import ast
import inspect
import io
import os
import re
import shlex
import tokenize
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from .errors import Problem, TranspileError, refuse
from .graph.ir import Argument, Packed, Parameter, Program, walk
from .graph.structures import Opaque, is_at, nodes, place_of, root_of, steps_of
from .read.outside import OutsideScope
from .read.source import Source, digest, lines_of, with_helpers
from .read.static import from_file
from .sparsefile import is_sparse, require_one, steps_to, texts_of
from .steps import GIVEN, Step
from .together import joined
from .typetext import spelled

if TYPE_CHECKING:
    from .emit import Header
    from .pipeline import Options

DIGEST_LETTERS = 32
# What asks for a mode on the command line.
WORDS = {
    "value_and_grad": ["--value"],
    "vjp": ["--vjp"],
    "jvp": ["--mode", "forward"],
    "hvp": ["--mode", "hvp"],
    "jacobian": ["--mode", "jacobian"],
    "value_and_jacobian": ["--mode", "jacobian", "--value"],
    "hessian": ["--mode", "hessian"],
    "sparse_jacobian": ["--mode", "sparse_jacobian"],
    "sparse_hessian": ["--mode", "sparse_hessian"],
    "primal": ["--mode", "primal"],
}


@dataclass(frozen=True, slots=True)
class Job:
    """What a file is to hold: functions, and what is derived of each.

    A step that names no parameters is with respect to the first of each function.
    """

    sources: tuple[Source, ...]
    step: Step
    options: Options
    target: str = "numpy"
    annotated: bool = False
    types: Mapping[str, Argument] = field(default_factory=dict)


def file_text(job: Job, place: Path | None) -> str:
    """Return the text of a file that stands alone, to be written at ``place``.

    All problems of all functions are raised at once.
    """
    from . import pipeline
    from .annotate import annotate
    from .emit.numpy import docstring

    programs: list[Program] = []
    problems: list[Problem] = []
    for source in job.sources:
        try:
            programs.append(derived(source, job, place))
        except TranspileError as error:
            problems += error.problems
    if problems:
        raise TranspileError(problems)
    head = header(job, programs, place)
    sparse = is_sparse(job.step.mode)
    single = head if len(programs) == 1 and not sparse else None
    texts = [pipeline.emit(p, job.target, single).text for p in programs]
    if job.annotated:
        texts = list(map(annotate, texts, programs))
    if single is not None:
        return texts[0]
    if sparse:
        texts = [
            t
            for pair in zip(job.sources, texts, strict=True)
            for t in _whole(*pair, job, place)
        ]
    return "\n".join(docstring(head)) + "\n\n" + joined(texts)


def _whole(source: Source, numbers: str, job: Job, place: Path | None) -> list[str]:
    """Return all texts of a sparse matrix, given that of its numbers."""
    from . import pipeline

    marks = pipeline.emit(derived(source, job, place, "pattern"), job.target, None)
    _, step = asked_of(source, job)
    return texts_of(source.name, step, numbers, marks.text)


def derived(
    source: Source, job: Job, place: Path | None, last: str = "compressed"
) -> Program:
    """Return the derivative of one function of a job, of a sparse one its ``last``."""
    from . import pipeline

    _require_read(source)
    types, step = asked_of(source, job)
    require_one(source, step)
    steps = steps_to(step, last)
    program = pipeline.derive(source, types, steps, job.options, job.target)
    _require_alone(source, program)
    _require_found(source, program)
    parameters = tuple(_seen_from(p, place) for p in program.entry.parameters)
    entry = replace(program.entry, parameters=parameters)
    return Program((*program.functions[:-1], entry))


def asked_of(source: Source, job: Job) -> tuple[dict[str, Argument], Step]:
    """Return the types of one function of a job, and what is derived of it."""
    types = {n: t for n, t in job.types.items() if n in source.parameters}
    first = () if job.step.mode == "primal" else source.first_parameter
    wrt = tuple(_parameter(source, name) for name in job.step.wrt or first)
    if not wrt and job.step.mode != "primal":
        where = f"{source.file}:{source.line}"
        raise refuse(f"{source.name} has no parameters", file=where)
    for k, one in enumerate(wrt):
        if any(is_at(one, other) or is_at(other, one) for other in wrt[:k]):
            raise refuse(f"{', '.join(wrt)} are not different parameters")
    return types, replace(job.step, wrt=wrt)


def _require_alone(source: Source, program: Program) -> None:
    """Raise for what a file would need besides: functions given, classes made."""
    entry = program.entry
    for parameter in entry.parameters:
        for node in nodes(parameter.structure):
            if isinstance(node.given, Opaque) and node.given.is_called:
                raise refuse(
                    f"{node.place} is a function, and a text is made for one",
                    f"write a function that calls {source.name} with it",
                    file=f"{source.file}:{source.line}",
                )
    known = {n.record for p in entry.parameters for n in nodes(p.structure)}
    for node in nodes(entry.returns):
        if node.record is not None and node.record not in known:
            raise refuse(
                f"{source.name} returns a {node.record.name}, a class that the file"
                " would not have",
                "return a tuple or a dict",
                file=f"{source.file}:{source.line}",
            )


def _require_read(source: Source) -> None:
    """Raise for a function of which a file would say only that it is called."""
    if isinstance(source.scope, OutsideScope):
        raise refuse(
            f"{source.name} is called and not read: its file would be its rules",
            "write a function that calls it",
            file=f"{source.file}:{source.line}",
        )


def _require_found(source: Source, program: Program) -> None:
    """Raise for functions that a file could not import."""
    for function in program.functions:
        for eq in (eq for eq in walk(function.body) if eq.op == "outside"):
            if eq.attrs["function"][0] == "__main__":
                raise refuse(
                    f"{function.name} is called and not read, and belongs to the"
                    " program that runs: a file cannot import it",
                    "define it in a module, and import it from there",
                    file=f"{source.file}:{source.line}",
                )


def _seen_from(parameter: Parameter, place: Path | None) -> Parameter:
    """Return a parameter whose origin does not depend on the working directory."""
    if parameter.origin is None:
        return parameter
    file = source_path(parameter.origin.file, place)
    return replace(parameter, origin=replace(parameter.origin, file=file))


def _parameter(source: Source, name: str) -> str:
    root, steps = root_of(name), steps_of(name)
    if root in source.parameters and steps is not None:
        return place_of(root, steps)
    raise refuse(
        f"{source.name} has no parameter '{name}' to differentiate by",
        f"its parameters are {', '.join(source.parameters)}",
        file=f"{source.file}:{source.line}",
    )


# ---- the header ----

SUMMARIES = {
    "grad": "Gradient of {} with respect to {}.",
    "value_and_grad": "Value of {} and its gradient with respect to {}.",
    "vjp": "Cotangent times the Jacobian of {} with respect to {}.",
    "jvp": "Value of {}, and its Jacobian by {} times a tangent.",
    "hvp": "Hessian of {} with respect to {} times a vector.",
    "jacobian": "Jacobian of {} with respect to {}.",
    "value_and_jacobian": "Value of {} and its Jacobian with respect to {}.",
    "hessian": "Hessian of {} with respect to {}.",
    "sparse_jacobian": "Jacobian of {} with respect to {}, as a sparse matrix.",
    "sparse_hessian": "Hessian of {} with respect to {}, as a sparse matrix.",
    "primal": "{} as it is differentiated.",
}


def header(job: Job, programs: Sequence[Program], place: Path | None) -> Header:
    """Return what the docstring of the file says."""
    from .emit import Header

    names = [source.name for source in job.sources]
    wrt = ", ".join(job.step.wrt) or "their first parameters"
    path = source_path(job.sources[0].file, place)
    summary = SUMMARIES[job.step.mode].format(
        " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names),
        f"({wrt})" if len(job.step.wrt) > 1 else wrt,
    )
    return Header(
        summary=(summary,),
        source=path,
        function=", ".join(source.qualname for source in job.sources),
        command=command(job, programs, path),
        digest=job_digest(job.sources),
        copyright=tuple(_copyright(job.sources[0])),
    )


def source_path(file: str, place: Path | None) -> str:
    """Return the path of the source as seen from the folder of the written file."""
    if place is None:
        return PurePath(file).name
    folder = os.path.dirname(os.path.abspath(place))
    try:
        return PurePath(os.path.relpath(os.path.abspath(file), folder)).as_posix()
    except ValueError:  # on another drive
        return PurePath(os.path.abspath(file)).as_posix()


def command(job: Job, programs: Sequence[Program], path: str) -> str:
    """Return the command that makes the file, defaults left out."""
    specs = [_quoted(f"{path}:{source.qualname}") for source in job.sources]
    parts = ["gradscribe", "grad", *specs]
    if job.step.wrt:
        comma = "," if len(job.step.wrt) == 1 and not job.step.single else ""
        wrt = ",".join(job.step.wrt) + comma
        parts += ["--wrt", shlex.quote(wrt) if '"' in wrt else wrt]
    parts += WORDS.get(job.step.mode, [])
    parts += ["--has-aux"] if job.step.aux else []
    if job.step.direction != "auto":
        parts += ["--direction", job.step.direction]
    types = _types_of(programs, job)
    if types:
        parts += ["--types", _quoted_types(spelled(types))]
    if job.target != "numpy":
        parts += ["--target", job.target]
    if job.options.overwrite:
        parts += ["--overwrite", ",".join(job.options.overwrite)]
    if job.options.checkpoint is not None:
        parts += ["--checkpoint", str(job.options.checkpoint)]
    parts += ["--annotate"] if job.annotated else []
    parts += [] if job.options.stabilise else ["--no-stabilise"]
    parts += ["--parallel"] if job.options.parallel and job.target == "cpu" else []
    return " ".join(parts)


def _quoted_types(types: str) -> str:
    special = set(types) & set('"$`\\!')
    return shlex.quote(types) if special else f'"{types}"'


def _quoted(spec: str) -> str:
    return spec if re.fullmatch(r"[\w./:@+-]+", spec) else _quoted_types(spec)


def _types_of(programs: Sequence[Program], job: Job) -> dict[str, Argument]:
    """Return the types that annotations do not say; given ones, where two disagree.

    An annotation that is changed later shall be followed.
    """
    from .parse.declared import annotated_types

    found: dict[str, Argument] = {}
    for source, program in zip(job.sources, programs, strict=True):
        noted = annotated_types(source)
        for name, kind in _own_types(program.entry.parameters, noted):
            if name in noted and job.types.get(name, noted[name]) == noted[name]:
                continue
            if found.setdefault(name, kind) != kind:
                return dict(job.types)
    return found


def _own_types(
    parameters: Sequence[Parameter], noted: Container[str]
) -> Iterator[tuple[str, Argument]]:
    besides = [name for name, _ in GIVEN.values()]
    for parameter in parameters:
        if parameter.kind == "global" or parameter.name in besides:
            continue
        if parameter.structure.kind == "leaf":
            yield parameter.name, parameter.values[0].type
        elif parameter.name in noted or not _is_default(parameter):
            types = tuple(value.type for value in parameter.values)
            yield parameter.name, Packed(parameter.structure, types)


def _is_default(parameter: Parameter) -> bool:
    """Whether a parameter is the None or text that it is if it is left out."""
    given = parameter.structure.given
    if parameter.structure.kind != "none" or parameter.default is None:
        return False
    return isinstance(given, Opaque) or repr(given) == _normal(parameter.default)


def _normal(literal: str) -> str:
    return ast.unparse(ast.parse(literal, mode="eval"))


def job_digest(sources: Sequence[Source]) -> str:
    """Return a hash of functions and of all that they use, as their files say now."""
    read = [s for source in sources for s in with_helpers(_from_file(source))]
    return digest(read)[:DIGEST_LETTERS]


def _from_file(source: Source) -> Source:
    path = Path(source.file)
    if not path.is_file():
        return source
    try:
        return from_file(path, source.qualname)
    except TranspileError:
        return source


def _copyright(source: Source) -> Iterator[str]:
    """Yield the copyright and licence lines at the head of the user's file."""
    for line in lines_of(source.module_text):
        if not line.startswith("#"):
            return
        if "copyright" in line.lower() or "SPDX-" in line:
            yield line.rstrip()


def facts(text: str) -> dict[str, str]:
    """Return what the header of a generated file says: Source, Command, Digest.

    What follows the header need not be valid Python.
    """
    unwrapped = re.sub(r"\n    ", " ", inspect.cleandoc(_docstring(text)))
    return dict(re.findall(r"^(Source|Command|Digest): (.*)$", unwrapped, re.MULTILINE))


def _docstring(text: str) -> str:
    """Return the string that a text begins with, after comments."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING:
                return str(ast.literal_eval(token.string))
            if token.type not in (tokenize.COMMENT, tokenize.NL):
                break
    except (SyntaxError, tokenize.TokenError, ValueError):
        pass
    return ""
