"""A file for CuPy: kernels as text, and the function that starts them."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...graph.ir import Parameter, Program
from ...selection import flat
from ..c import support
from ..c.body import Body
from ..c.comments import Comments
from ..c.infer import Inference, Typed
from ..c.kinds import Array, Kind, Number, c_type, kind_of_type, unspelled
from ..c.layout import tidy, wrapped
from ..c.solvers import solvers_for
from ..c.unit import Text
from ..leave import leave
from ..lengths import Lengths
from ..numba import NUMBA_DIALECT, emit_numba
from ..numpy import Emitted, Header, docstring
from ..printer import is_constant
from .complexes import ATOMIC as COMPLEX_ATOMIC
from .complexes import in_cplusplus, needed
from .ends import rows
from .host import Host
from .kernel import Kernel, Kernels
from .memory import PRODUCTS, ROUTINES, groups_of
from .packs import PACKS
from .places import device_numbers
from .prelude import ATOMIC, BITS, PRELUDE, reduced
from .python import (
    CHECK,
    FAILED,
    KERNEL,
    NUMBERS,
    RAISING,
    REDUCE,
    REPEAT,
    START,
    TAKE,
)
from .questions import Wanted
from .shapes import shapes_of

# Names of the host's part of a file, which variables do not take.
OWN_NAMES = frozenset(
    """
    cp cupyx functools operator _kernel _start _reduce _repeat _check _array _module
    _CODE _ERRORS
    """.split()
)
DIALECT = replace(NUMBA_DIALECT, reserved=NUMBA_DIALECT.reserved | OWN_NAMES)
Agreed = Mapping[str, Sequence[str | None]]
ERRORS = {
    "INDEX": "IndexError",
    "VALUE": "ValueError",
    "OVERFLOW": "OverflowError",
    "DIVISION": "ZeroDivisionError",
}


def emit_cuda(program: Program, header: Header | None) -> Emitted:
    """Return a program, lowered for a device, as the text of a file for CuPy."""
    program = _apart(flat(program))
    entry = program.entry
    taken = [p for p in entry.parameters if not is_constant(p)]
    kinds = tuple(kind_of_type(p.values[0].type) for p in taken)
    text = emit_numba(program, dialect=DIALECT).text
    front = frozenset(leave(program)["from_front"])
    given = Text(entry.name, text, entry.name, kinds, from_front=front)
    head = list(docstring(header)) if header is not None else []
    return Emitted(cuda_text(given, head, _agreed(taken)), {})


def _apart(program: Program) -> Program:
    """Return a program without parameters that are called as what a file imports."""
    entry = program.entry
    parameters = tuple(
        replace(p, name=f"{p.name}_") if p.name in OWN_NAMES else p
        for p in entry.parameters
    )
    return Program((*program.functions[:-1], replace(entry, parameters=parameters)))


def _agreed(parameters: Sequence[Parameter]) -> Agreed:
    """Return what the lengths of arguments have to be."""
    names = [p.name for p in parameters]
    lengths = Lengths(
        parameters,
        lambda k, axis: f"{names[k]}.shape[{axis}]",
        lambda k: names[k],
        "max({0}, 0)",
    )
    return dict(zip(names, lengths.wanted(), strict=True))


def _agreements(agreed: Agreed) -> Iterator[str]:
    """Yield what raises where lengths of arguments do not fit together."""
    for name, wanted in agreed.items():
        for axis, length in enumerate(wanted):
            if length is not None:
                yield f"if {name}.shape[{axis}] != {length}:"
                found = f"{name}.shape[{axis}]"
                text = f"{found} is {{{found}}}, not {{{length}}}"
                yield f'    raise ValueError(f"{text}")'


def cuda_text(given: Text, head: list[str], agreed: Agreed) -> str:
    """Return the file for CuPy of a text of loops.

    ``head`` are the lines of the docstring, ``agreed`` has the lengths that arguments
    must have, None for any.
    """
    inference = Inference(given.text)
    entry = inference.typed(given.function, given.kinds)
    messages: list[tuple[str, str]] = []

    def message(kind: str, text: str) -> int:
        if (kind, text) not in messages:
            messages.append((kind, text))
        return messages.index((kind, text)) + 1

    _require(entry)
    groups = groups_of(entry)
    device = device_numbers(entry.node.body, groups)
    lines = given.text.split("\n")
    front = given.function in given.from_front
    host = None
    while host is None:
        kernels = Kernels(
            entry, inference, lambda: Comments(lines), device, groups, front, message
        )
        kernels.shapes = shapes_of(entry, agreed)
        try:
            host = _host(entry, kernels, device, given, agreed)
        except Wanted as wanted:
            before = len(device)
            device |= {wanted.name}
            device |= device_numbers(entry.node.body, groups, device)
            assert len(device) > before
    helpers = list(_helpers(inference, entry, given))
    code = _code(host.made, helpers)
    return _file(given, head, host, code, messages, inference)


def _host(
    entry: Typed,
    kernels: Kernels,
    device: set[str],
    given: Text,
    agreed: Agreed,
) -> Host:
    """Return the host's part, the kernels with it."""
    host = Host(entry, kernels, device, given.text)
    first = entry.node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    host.written = (first.end_lineno if documented else entry.node.lineno) or 0
    _taken(host, entry)
    for line in _agreements(agreed):
        host.write(line)
    start = len(host.lines)
    host.block(entry.node.body[documented:], ())
    host.lines[start:start] = _numbers(host, entry, device)
    return host


def _require(entry: Typed) -> None:
    for called in entry.calls.values():
        if not called.is_plain and called.node.name not in (*PRODUCTS, *ROUTINES):
            raise unspelled(f"a call of {called.name} on a GPU", "write it in place")


def _taken(host: Host, entry: Typed) -> None:
    """Write what makes sure of arguments."""
    for name, kind in entry.parameters.items():
        if isinstance(kind, Array):
            made = f'_array({name}, "{name}", "{kind.dtype}", {kind.rank})'
            host.write(f"{name} = {made}")
        elif isinstance(kind, Number):
            host.write(f"{name} = {NUMBERS.get(kind.dtype, 'float')}({name})")


def _numbers(host: Host, entry: Typed, device: set[str]) -> list[str]:
    """Return what gives the numbers that only the device knows memory there."""
    used = {n for kernel in host.made for n in kernel.arguments}
    used |= {result for kernel in host.made for result in kernel.results}
    used |= host.used
    lines, same = [], dict[str, list[str]]()
    for name in sorted(used & device):
        dtype = entry.kinds[name].dtype  # type: ignore[union-attr]
        numpy = "bool_" if dtype == "bool" else dtype
        if name in entry.parameters:
            lines.append(f"{name} = cp.full(1, {name}, cp.{numpy})")
        else:
            same.setdefault("" if dtype == "float64" else f", cp.{numpy}", []).append(
                name
            )
    for kind, names in same.items():
        made = f"cp.empty(1{kind})"
        if len(names) > 1:
            made = f"({made} for _ in range({len(names)}))"
        lines += [f"{', '.join(names)} = {made}"]
    results = [[c_type(entry.kinds[n]) for n in k.results] for k in host.made]
    most = max((rows(numbers)[-1] for numbers in results), default=0)
    if most:
        lines.append(f"{host.parts} = cp.empty(({most}, 1024))")
    return [f"    {line}" for line in lines]


def _helpers(inference: Inference, entry: Typed, given: Text) -> Iterator[str]:
    """Yield the functions of numbers that kernels call."""
    lines = given.text.split("\n")
    hidden = {
        called.name
        for one in inference
        if one.node.name in ROUTINES
        for called in _below(one)
    }
    for one in inference:
        if one is entry or one.node.name in PRODUCTS or one.name in hidden:
            continue
        if not one.is_plain:
            raise unspelled(f"{one.name} on a GPU")
        comments = Comments(lines)
        comments.start(one.node.body[0].end_lineno or 0)
        front = one.node.name in given.from_front

        body = Body(one, inference, _refused, comments, (False, front))
        parameters = ", ".join(
            f"{_c(kind)} {body.names.of(name)}" for name, kind in one.parameters.items()
        )
        body.block(one.node.body)
        text = f"INLINE {_c(one.gives[0])} {one.name}({parameters})"
        yield "\n".join([wrapped(text), "{", *tidy(body.lines), "}"]) + "\n"


def _below(one: Typed) -> Iterator[Typed]:
    """Yield a function and those that it calls."""
    yield one
    for called in one.calls.values():
        yield from _below(called)


def _refused(kind: str, text: str) -> int:
    raise unspelled(f"an error raised in a function on a GPU ({text})")


def _c(kind: Kind) -> str:
    if isinstance(kind, Array):
        raise unspelled("an array given to a function on a GPU")
    return c_type(kind)


def _code(kernels: list[Kernel], helpers: list[str]) -> str:
    own = in_cplusplus("\n".join([*helpers, *(kernel.text for kernel in kernels)]))
    reductions = sorted({r for kernel in kernels for r in kernel.reductions})
    kinds = {r[:2] for r in reductions}
    shared = [
        in_cplusplus(reduced(*k, (*k, True) in reductions)) for k in sorted(kinds)
    ]
    library = [
        text
        for text in support.needed("\n".join([own, *shared]))
        if " bits_of(" not in text and " number_of(" not in text
    ]
    library = list(map(in_cplusplus, library))
    numbers = list(needed("\n".join([own, *shared, *library])))
    parts = [PRELUDE, *numbers]
    parts += [BITS] if "bits_of" in own or "number_of" in own else []
    parts += library
    parts += [FAILED] if "failed(status" in own else []
    parts += [PACKS] if "aligned(" in own else []
    parts += [ATOMIC] if "add(&" in own else []
    parts += [COMPLEX_ATOMIC] if "add(&" in own and numbers else []
    searches = set(re.findall(r"\bsearchsorted\w*(?=\()", own))
    for text in solvers_for(searches):
        parts.append(text.replace("static int64_t", "INLINE int64_t", 1))
    return "\n".join([*parts, *shared, own])


def _file(
    given: Text,
    head: list[str],
    host: Host,
    code: str,
    messages: list[tuple[str, str]],
    inference: Inference,
) -> str:
    entry = host.entry
    doc = ast.get_docstring(entry.node)
    fails = any(kernel.may_fail for kernel in host.made)
    parts = ["\n".join(head)] if head else []
    modules = ["functools"] + ["operator"] * ("operator.index(" in "".join(host.lines))
    parts.append("\n".join(f"import {module}" for module in modules))
    solves = any("cp.linalg." in line for line in host.lines)
    packages = ["import cupy as cp"] + ["import cupyx"] * solves
    if any("cupyx.scipy" in line for line in host.lines):
        packages.append("import cupyx.scipy.linalg")
    parts.append("\n".join([*packages, "import numpy as np"]))
    constants = [f"{n} = {ast.unparse(v)}" for n, v in inference.constants.items()]
    parts += ["\n".join(constants)] if constants else []
    parts.append(
        f'_CODE = r"""\n{code}"""\n_module = cp.RawModule(code=_CODE, options=("--std=c++17",))'
    )
    if fails:
        rows = ",\n    ".join(f"({ERRORS[k]}, {json.dumps(t)})" for k, t in messages)
        parts.append(f"_ERRORS = (\n    {rows},\n)")
    functions = [TAKE, KERNEL]
    if any(kernel.count and not kernel.results for kernel in host.made):
        functions.append(START)
    functions += [REDUCE] if any(kernel.results for kernel in host.made) else []
    functions += [REPEAT] if any("_repeat(" in line for line in host.lines) else []
    functions += [CHECK] if fails else []
    parameters = ", ".join(a.arg for a in entry.node.args.args)
    lines = [RAISING] if solves else []
    lines.append(f"def {given.name}({parameters}):")
    if doc:
        quoted = textwrap.indent(doc, "    ").strip()
        end = "\n    " if "\n" in quoted else ""
        lines.append(f'    """{quoted}{end}"""')
    body = host.lines
    if fails:
        body = [f"    {host.status} = cp.zeros(1, cp.int32)", *body]
    return (
        "\n\n".join(parts)
        + "\n\n\n"
        + "\n\n".join(functions)
        + "\n\n"
        + "\n".join([*lines, *body])
        + "\n"
    )
