"""What a derivative asks of a function, said before there is one."""

from __future__ import annotations

from collections.abc import Iterator

from .errors import Problem, TranspileError
from .ir import Parameter, Program, Type
from .source import Source


def demand(program: Program, source: Source, wrt: tuple[str, ...], mode: str) -> None:
    """Raise TranspileError if a program has no derivative of that kind."""
    problems = list(_of_parameters(program, source, wrt))
    if mode in ("grad", "value_and_grad"):
        problems += _of_result(program, source)
    if problems:
        raise TranspileError(problems)


def _of_parameters(
    program: Program, source: Source, wrt: tuple[str, ...]
) -> Iterator[Problem]:
    parameters = {p.name: p for p in program.entry.parameters}
    for name in wrt:
        kind = _type_of(parameters.get(name))
        if kind is None:
            message = f"cannot differentiate with respect to {name}: not an array"
            yield _problem(source, name, message, None)
        elif not kind.is_inexact:
            floats = Type("float64", kind.shape)
            shown = {"weak_int": "int"}.get(str(kind), str(kind))
            yield _problem(
                source,
                name,
                f"cannot differentiate with respect to {name}, which is {shown}",
                f"give it a float type: {name}: {floats}",
            )


def _type_of(parameter: Parameter | None) -> Type | None:
    if parameter is None or len(parameter.values) != 1:
        return None
    return parameter.values[0].type


def _of_result(program: Program, source: Source) -> Iterator[Problem]:
    entry = program.entry
    kinds = [value.type for value in entry.body.results[: entry.returns.width]]
    if entry.returns.kind == "leaf" and kinds[0].is_float and not kinds[0].rank:
        return
    shown = f"({', '.join(map(str, kinds))})" if len(kinds) != 1 else str(kinds[0])
    yield _problem(
        source,
        source.name,
        f"{source.name} returns {shown if kinds else 'nothing'}; a gradient needs one"
        " float",
        "return a real number of it, or use vjp (--vjp), which takes a cotangent"
        if any(kind.is_complex for kind in kinds)
        else "return np.sum(...) of it, or use vjp (--vjp), which takes a cotangent",
    )


def _problem(source: Source, name: str, message: str, help: str | None) -> Problem:
    """Return a problem that points at a name in the first lines of the function."""
    line, column = source.line, 0
    every = source.node.args
    for argument in (*every.posonlyargs, *every.args, *every.kwonlyargs):
        if argument.arg == name:
            line, column = argument.lineno, argument.col_offset
    if not column:
        column = source.line_text(line).find(name)
    return source.problem(line, column, column + len(name), message, help)
