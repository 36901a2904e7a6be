"""Files with sparse Jacobians and Hessians: what finds the pattern is text as well.

A file has the marks of a function and its Jacobian times a matrix of seeds, which are
derivatives like others, and around them the functions that a user calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .errors import refuse
from .read.source import Source
from .steps import SUFFIXES, Step, free

WIDTH = 88
# What is derived first.
FIRST: Mapping[str, tuple[str, ...]] = {
    "sparse_jacobian": (),
    "sparse_hessian": ("grad",),
}


def is_sparse(mode: str) -> bool:
    """Whether a mode gives a sparse matrix."""
    return mode in FIRST


def steps_to(step: Step, last: str) -> tuple[Step, ...]:
    """Return what a text is derived by: of a sparse matrix, ``last`` comes last."""
    if not is_sparse(step.mode):
        return (step,)
    modes = (*FIRST[step.mode], last)
    return tuple(replace(step, mode=mode, single=True) for mode in modes)


def require_one(source: Source, step: Step) -> None:
    """Raise for a sparse matrix by several parameters, or by a part of one."""
    if is_sparse(step.mode) and not (len(step.wrt) == 1 and step.wrt[0].isidentifier()):
        raise refuse(
            f"{step.mode} with respect to {', '.join(step.wrt)}",
            "it is by one array, which is a parameter",
            file=f"{source.file}:{source.line}",
        )


def texts_of(name: str, step: Step, numbers: str, marks: str) -> list[str]:
    """Return all texts of a sparse matrix, given those of its numbers and marks."""
    return [numbers, marks, *HELPERS, _driver(name, step, numbers)]


def _driver(name: str, step: Step, numbers: str) -> str:
    """Return the text of the functions that find the pattern and fill the matrix."""
    before = "".join(SUFFIXES[mode] for mode in FIRST[step.mode])
    inner = f"{name}{before}{SUFFIXES['compressed']}"
    arguments = next(
        node.args
        for node in ast.parse(numbers).body
        if isinstance(node, ast.FunctionDef) and node.name == inner
    )
    seeds = arguments.args.pop(0).arg
    given, passed = list(_given(arguments)), list(_passed(arguments))
    own = {a.arg for a in (*arguments.args, *arguments.kwonlyargs)}
    own |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a}
    words = {word: free(word, [*own, seeds]) for word in LOCAL}
    finder, maker = f"{name}_sparsity", f"{name}_{step.mode}"
    marks = f"{name}{before}{SUFFIXES['pattern']}"
    place = next((k for k, item in enumerate(given) if item[0] == "*"), len(given))
    star = [] if "*" in given[place : place + 1] or arguments.vararg else ["*"]
    place += len(given) > place
    optional = [*given[:place], *star, f"{words['sparsity']}=None", *given[place:]]
    return DRIVER.format(
        head=_wrapped(f"def {finder}(", given, "):"),
        marked=_wrapped(f"        return {marks}(", [seeds, *passed], ")"),
        heading=_wrapped(f"def {maker}(", optional, "):"),
        found=_wrapped(f"        {words['sparsity']} = {finder}(", passed, ")"),
        computed=_wrapped(f"    {words['numbers']} = {inner}(", [seeds, *passed], ")"),
        finder=finder,
        maker=maker,
        seeds=seeds,
        x=step.wrt[0],
        kind="Jacobian" if step.mode == "sparse_jacobian" else "Hessian",
        name=name,
        **words,
    )


def _wrapped(start: str, items: Sequence[str], end: str) -> str:
    """Return a call or a head in lines that are not too long."""
    whole = f"{start}{', '.join(items)}{end}"
    if len(whole) <= WIDTH:
        return whole
    space = " " * (len(start) - len(start.lstrip()))
    inside = f"{space}    {', '.join(items)}"
    if len(inside) > WIDTH:
        comma = "" if items[-1].startswith("**") else ","
        inside = ",\n".join(f"{space}    {item}" for item in items) + comma
    return f"{start}\n{inside}\n{space}{end}"


def _given(arguments: ast.arguments) -> Iterator[str]:
    """Yield parameters as they are written, with their defaults."""
    plain = len(arguments.args) - len(arguments.defaults)
    for k, a in enumerate(arguments.args):
        default = ast.unparse(arguments.defaults[k - plain]) if k >= plain else None
        yield a.arg if default is None else f"{a.arg}={default}"
    if arguments.vararg or arguments.kwonlyargs:
        yield f"*{arguments.vararg.arg if arguments.vararg else ''}"
    for a, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield a.arg if value is None else f"{a.arg}={ast.unparse(value)}"
    if arguments.kwarg:
        yield f"**{arguments.kwarg.arg}"


def _passed(arguments: ast.arguments) -> Iterator[str]:
    """Yield what a call is given that passes all arguments on."""
    yield from (a.arg for a in arguments.args)
    if arguments.vararg:
        yield f"*{arguments.vararg.arg}"
    yield from (f"{a.arg}={a.arg}" for a in arguments.kwonlyargs)
    if arguments.kwarg:
        yield f"**{arguments.kwarg.arg}"


# Whoever calls the functions gives ``rows``, and ``columns`` in the same order.
HELPERS = (
    '''\
import numpy as np
from scipy.sparse import csr_array


def _colours(rows, columns, count, height):
    """A colour for each of so many columns: no row has two columns of one colour.

    Each column gets the first colour that its rows have not seen. The bits of an
    integer are the colours of a row.
    """
    seen = [0] * height
    colours = np.zeros(count, dtype=int)
    ends = np.cumsum(np.bincount(columns, minlength=count))
    sorted_rows = rows[np.argsort(columns, kind="stable")]
    for column, held in zip(range(count), np.split(sorted_rows, ends[:-1])):
        taken = 0
        for row in held:
            taken |= seen[row]
        free = ~taken & (taken + 1)
        colours[column] = free.bit_length() - 1
        for row in held:
            seen[row] |= free
    return colours
''',
    '''\
def _sparsity(marks, shape):
    """Rows, columns and colours of a Jacobian by an array of some shape.

    ``marks`` takes sets of inputs, a column of booleans each, and says of every result
    which sets it depends on. Inputs are divided into sets of neighbours, those of which
    a result depends on one into smaller ones, and so on.
    """
    count = int(np.prod(shape))
    first = np.reshape(marks(np.ones((*shape, 1), dtype=bool)), (-1, 1))
    rows, columns = np.nonzero(first)
    length = 1
    while length < count:
        length *= 8
    while length > 1:
        colours = _colours(rows, columns, -(-count // length), first.size)
        length //= 8
        sets, part = np.divmod(np.arange(count) // length, 8)
        seeds = np.zeros((count, 8 * (colours.max(initial=0) + 1)), dtype=bool)
        seeds[np.arange(count), 8 * colours[sets] + part] = True
        found = marks(seeds.reshape((*shape, seeds.shape[1])))
        hits = np.reshape(found, (first.size, seeds.shape[1] // 8, 8))
        which, part = np.nonzero(hits[rows, colours[columns]])
        rows, columns = rows[which], 8 * columns[which] + part
    return rows, columns, _colours(rows, columns, count, first.size)
''',
)
LOCAL = "sparsity rows columns colours count numbers marks".split()
DRIVER = '''\
{head}
    """Rows, columns and colours of the numbers of {maker}.

    They depend on the shapes of arguments, and on values where those decide a branch,
    an index or a number of iterations.
    """

    def {marks}({seeds}):
{marked}

    return _sparsity({marks}, {x}.shape)


{heading}
    """{kind} of {name} with respect to {x}, as a sparse matrix.

    ``{sparsity}`` is what {finder} returned for such arguments.
    """
    if {sparsity} is None:
{found}
    {rows}, {columns}, {colours} = {sparsity}
    {count} = {colours}.max(initial=0) + 1
    {seeds} = np.zeros(({x}.size, {count}), dtype={x}.dtype)
    {seeds}[np.arange({x}.size), {colours}] = 1
    {seeds} = {seeds}.reshape((*{x}.shape, {count}))
{computed}
    {numbers} = {numbers}.reshape((-1, {count}))
    return csr_array(
        ({numbers}[{rows}, {colours}[{columns}]], ({rows}, {columns})),
        shape=(len({numbers}), {x}.size),
    )
'''
