"""A program as a NumPy file: docstring, imports, constants, helpers, functions."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..arrange.tidy import plain_numbers
from ..graph.ir import Function, Origin, Parameter, Program, walk
from . import packing
from .dialect import NUMPY_DIALECT, Dialect
from .expressions import Atom, Keyword, Node
from .layout import WIDTH, layout_call
from .outside import import_lines
from .printer import Printer, is_constant
from .statements import Line, lines


@dataclass(frozen=True, slots=True)
class Header:
    """What the docstring of a generated file says.

    ``summary`` says what it is; ``source`` is the path of the user's file, relative,
    with slashes; ``command`` makes the file again; ``copyright`` are the leading
    comment lines of the source.
    """

    summary: tuple[str, ...]
    source: str = ""
    function: str = ""
    command: str = ""
    digest: str = ""
    copyright: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Emitted:
    """A text, and for each of its lines, where it comes from."""

    text: str
    lines: Mapping[int, Origin]


def emit_numpy(
    program: Program, header: Header | None = None, dialect: Dialect = NUMPY_DIALECT
) -> Emitted:
    """Return a program as the text of a file that needs NumPy only."""
    program = program.map(plain_numbers)
    functions = [list(function_lines(program, f, dialect)) for f in program.functions]
    used = helpers(program)
    blocks: list[list[Line]] = [
        [(t, None) for t in source.strip().split("\n")] for source in used
    ]
    head = _head(program, header, [t for b in (*blocks, *functions) for t, _ in b])
    found: list[Line] = [*head]
    for block in (*blocks, *functions):
        if found:
            found += [("", None), ("", None)]
        found += block
    text = "\n".join(line for line, _ in found) + "\n"
    origins = {k: o for k, (_, o) in enumerate(found, 1) if o is not None}
    return Emitted(text, origins)


def _head(program: Program, header: Header | None, rest: list[str]) -> list[Line]:
    """Return docstring, imports and constants, as far as there are any."""
    parts = [list(docstring(header))] if header is not None else []
    parts += imports(rest, program)
    constants = [_constant(p) for p in program.entry.parameters if is_constant(p)]
    parts += [constants] if constants else []
    joined = "\n\n".join("\n".join(part) for part in parts)
    found: list[Line] = [(line, None) for line in joined.split("\n")] if joined else []
    return found


def imports(written: list[str], program: Program) -> list[list[str]]:
    """Return the imports that lines of code need, by where they come from."""
    used = set()
    for node in ast.walk(ast.parse("\n".join(written))):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.add(f"{node.value.id}.{node.attr}")
    own, others = ([line for name, line in part if name in used] for part in IMPORTS)
    outside = import_lines(program)
    others = sorted({*others, *filter(_is_scipy, outside)})
    numba = ", ".join(name for name in ("objmode", "prange") if name in used)
    others += [f"from numba import {numba}"] if numba else []
    users = [line for line in outside if not _is_scipy(line)]
    return [part for part in (own, others, users) if part]


def _is_scipy(line: str) -> bool:
    return line.startswith("import scipy.")


IMPORTS = (
    (("math", "import math"),),
    (
        ("np", "import numpy as np"),
        ("scipy.linalg", "import scipy.linalg"),
        ("scipy.special", "import scipy.special"),
    ),
)


def _constant(parameter: Parameter) -> str:
    origin = parameter.origin
    place = f"  # from {origin.file}:{origin.line}" if origin is not None else ""
    return f"{parameter.name} = {parameter.default}{place}"


# ---- the docstring of the file ----


def docstring(header: Header) -> Iterator[str]:
    """Yield the lines of a file's copyright comments and docstring."""
    yield from header.copyright
    if header.copyright:
        yield ""
    summary, *more = header.summary or ("Generated source.",)
    first, *others = textwrap.wrap(f"   {summary}", WIDTH - 3)
    first, more = first[3:], [*others, *more]
    facts = {
        "Source": ":".join(filter(None, (header.source, header.function))),
        "Command": header.command,
        "Digest": header.digest,
    }
    body = [line for name, fact in facts.items() if fact for line in _fact(name, fact)]
    written = [first, *more, *([""] if body else []), *body]
    escaped = [line.replace("\\", "\\\\").replace('"""', '\\"""') for line in written]
    yield from _quoted(escaped, 0)


def _fact(name: str, fact: str) -> list[str]:
    """Return a fact, broken at spaces; joined by spaces it is the fact again."""
    wrapper = textwrap.TextWrapper(
        WIDTH,
        initial_indent=f"{name}: ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.wrap(fact)


_QUOTE = '"'


def _quoted(text: list[str], indent: int) -> Iterator[str]:
    space = " " * indent
    start = f'{space}"""{" " if text[0].startswith(_QUOTE) else ""}{text[0]}'
    if len(text) == 1:
        yield f'{start}{" " if start.endswith(_QUOTE) else ""}"""'
        return
    yield start
    yield from (f"{space}{line}".rstrip() for line in text[1:])
    yield f'{space}"""'


# ---- functions ----


def helpers(program: Program) -> list[str]:
    """Return the sources of the private functions that a program needs."""
    from ..read import language

    used = {eq.op for f in program.functions for eq in walk(f.body)}
    known = language.HELPERS.items()
    return [textwrap.dedent(text) for op, text in known if op in used]


def function_lines(
    program: Program,
    function: Function,
    dialect: Dialect,
    printer: type[Printer] = Printer,
) -> Iterator[Line]:
    """Yield the lines of a function."""
    yield from _head_lines(function, function is program.entry)
    yield from lines(printer(program, function, dialect).statements(), 4)


def wrapper_lines(function: Function, inner: Function) -> Iterator[Line]:
    """Yield the lines of a function that takes its arguments apart for another one."""
    yield from _head_lines(function, True)
    yield from lines(list(packing.passed_on(function, inner)), 4)


def _head_lines(function: Function, entry: bool) -> Iterator[Line]:
    """Yield the lines of a function above its body."""
    parameters = list(_parameters(function, entry))
    for line in layout_call(f"def {function.name}", parameters, ":"):
        yield line, function.origin
    doc = list(_doc(function))
    escaped = [t.replace("\\", "\\\\").replace('"""', '\\"""') for t in doc]
    if escaped:
        yield from ((line, None) for line in _quoted(escaped, 4))


def _doc(function: Function) -> Iterator[str]:
    written = function.attrs.get("docstring")
    if written is None and function.doc:
        written = inspect.cleandoc(function.doc).split("\n")
    yield from written or ()


def _parameters(function: Function, entry: bool) -> Iterator[Node]:
    """Yield the parameters as they stand in the ``def``."""
    kept = [p for p in function.parameters if not (entry and is_constant(p))]
    stars = {p.kind: Atom(f"{p.kind}{p.name}") for p in kept if p.kind in ("*", "**")}
    named = [p for p in kept if p.kind in ("keyword", "global")]
    yield from (_parameter(p) for p in kept if p.kind == "positional")
    if named or "*" in stars:
        yield stars.get("*", Atom("*"))
    yield from map(_parameter, named)
    if "**" in stars:
        yield stars["**"]


def _parameter(parameter: Parameter) -> Node:
    if parameter.default is None or parameter.kind == "global":
        return Atom(parameter.name)
    return Keyword(parameter.name, Atom(parameter.default))
