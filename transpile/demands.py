"""What a derivative asks of a function, said before there is one."""

from __future__ import annotations

from collections.abc import Iterator

from .errors import Problem, TranspileError
from .graph.ir import Program, Type
from .graph.structures import is_at, leaves, nodes, root_of
from .read.source import Source
from .selection import Selected, places, select
from .steps import Step

# Modes that need one number to differentiate, and those for which it may be complex.
OF_ONE_NUMBER = ("grad", "value_and_grad", "hvp", "hessian")
JACOBIANS = ("jacobian", "value_and_jacobian", "hessian", "compressed", "pattern")


def demand(program: Program, source: Source, step: Step, name: str) -> Program:
    """Return the program; raise TranspileError if it has no such derivative.

    ``name`` is what the function is called that is to be differentiated.
    """
    problems = list(_of_parameters(program, source, step))
    if step.mode != "primal":
        problems += _of_writes(program, source)
    if step.aux:
        problems += _of_pair(program, source, name)
    if step.mode in OF_ONE_NUMBER and not (step.aux and problems):
        problems += _of_result(program, source, name, step)
    if step.mode in ("compressed", "pattern"):
        problems += _of_matrix(program, source, name)
    if problems:
        raise TranspileError(problems)
    return program


def _of_matrix(program: Program, source: Source, name: str) -> Iterator[Problem]:
    """Yield a problem if a Jacobian is not one matrix of real numbers."""
    entry = program.entry
    kinds = [value.type for value in entry.body.results]
    bare = entry.returns.kind == "leaf" or not entry.returns.width
    if len(kinds) == 1 and kinds[0].is_float and bare:
        return
    shown = ", ".join(map(str, kinds)) or "nothing"
    yield _problem(
        source,
        source.name,
        f"{name} gives {shown}; a sparse Jacobian is that of one array of floats",
        "return one array or write one that is passed, not both",
    )


def _of_parameters(program: Program, source: Source, step: Step) -> Iterator[Problem]:
    for place in step.wrt:
        name, part = root_of(place), select(program.entry.parameters, place)
        if part is None or not part.values:
            message = f"cannot differentiate with respect to {place}: not an array"
            yield _problem(source, name, message, None)
            continue
        for message, help in _of_part(part):
            yield _problem(source, name, message, help)
        if step.mode in JACOBIANS and any(v.type.is_complex for v in part.values):
            message = f"{place} is complex: its Jacobian is not one array"
            help = "use jvp or vjp, or take real and imaginary parts as parameters"
            yield _problem(source, name, message, help)


def _of_writes(program: Program, source: Source) -> Iterator[Problem]:
    """Yield a problem for each array of an object that the function writes."""
    entry = program.entry
    written = {entry.body.params[k] for k in entry.written}
    for parameter in entry.parameters:
        objects = [n.place for n in nodes(parameter.structure) if n.kind == "object"]
        for place, value in places(parameter):
            if value in written and any(is_at(place, one) for one in objects):
                message = f"{source.name} writes {place}, which belongs to an object"
                help = "write a copy of it, or pass the array as a parameter"
                yield _problem(source, parameter.name, message, help)


def _of_part(part: Selected) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with what is to be differentiated by, and what helps."""
    start = "cannot differentiate with respect to"
    pairs = zip(leaves(part.structure), part.values, strict=True)
    fit = [leaf.place for leaf, value in pairs if value.type.is_inexact]
    wrt = repr(fit[0] if len(fit) == 1 else tuple(fit))
    others = f", or name the other parts: wrt={wrt}" if fit else ""
    for leaf, value in zip(leaves(part.structure), part.values, strict=True):
        if not value.type.is_inexact:
            place, kind = leaf.place, value.type
            shown = {"weak_int": "int"}.get(str(kind), str(kind))
            help = f"give it a float type: {place}: {Type('float64', kind.shape)}"
            yield f"{start} {place}, which is {shown}", help + others
    for node in nodes(part.structure):
        record = node.record
        if record is not None and record.kind == "object":
            yield (
                f"{start} {node.place}: a {record.name} cannot be made of its parts",
                f"make it a NamedTuple or a plain dataclass{others}",
            )


def _of_pair(program: Program, source: Source, name: str) -> Iterator[Problem]:
    returns = program.entry.returns
    if returns.kind != "tuple" or len(returns.children) != 2:
        message = f"{name} does not return a pair, which has_aux asks for"
        help = "return value, more"
        yield _problem(source, source.name, message, help)


def _of_result(
    program: Program, source: Source, name: str, step: Step
) -> Iterator[Problem]:
    entry = program.entry
    returns = entry.returns.children[0] if step.aux else entry.returns
    kinds = [value.type for value in entry.body.results[: returns.width]]
    if returns.kind == "leaf" and kinds[0].is_float and not kinds[0].rank:
        return
    shown = f"({', '.join(map(str, kinds))})" if len(kinds) != 1 else str(kinds[0])
    others = ", or use vjp (--vjp), which takes a cotangent"
    if step.mode in ("hvp", "hessian"):
        others = ", or use jacobian twice, which takes all of them"
    if not kinds:
        shown, wanted = "nothing", "return a number"
    elif any(kind.is_complex for kind in kinds):
        wanted = "return a real number of it"
    elif not any(kind.is_float for kind in kinds):
        wanted, others = "return a float: others have no derivative", ""
    else:
        wanted = "return np.sum(...) of it"
    yield _problem(
        source,
        source.name,
        f"{name} returns {shown}; a gradient needs one float",
        f"{wanted}{others}",
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
