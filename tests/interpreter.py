"""The reference for all passes: run a graph with NumPy, one equation at a time.

Stores copy, so values are what they were when they were computed. Every result is
compared with the type that the graph gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special
from gradscribe.transpile.graph.ir import (
    At,
    Equation,
    Function,
    Gather,
    Index,
    Mask,
    NewAxis,
    Path,
    Program,
    Region,
    Reshape,
    Span,
    Transpose,
    Type,
    Value,
)
from gradscribe.transpile.graph.linear import Derived, Linear
from gradscribe.transpile.graph.ops import OPS, special_part
from gradscribe.transpile.graph.ops import SPECIAL as SPECIAL_FUNCTIONS

Environment = dict[Any, Any]
UNDEFINED = object()
WEAK = {"weak_int": int, "weak_float": float, "weak_complex": complex}
NUMPY_2 = int(np.__version__.split(".")[0]) >= 2


def run(code: Program | Function, *args: Any) -> tuple[Any, ...]:
    """Return the results of a program's entry, or of a function, for flat arguments.

    The returned values come first, then the final contents of written parameters.
    """
    if isinstance(code, Function):
        code = Program((code,))
    with np.errstate(all="ignore"):
        return Interpreter(code).function(code.entry, args)


class Interpreter:
    """Runs the functions of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def function(self, function: Function, args: Sequence[Any]) -> tuple[Any, ...]:
        """Return the flat results of a function."""
        env: Environment = {}
        for param, arg in zip(function.body.params, args, strict=True):
            env[param] = _argument(param, arg)
            for form, length in zip(param.type.shape, np.shape(arg), strict=True):
                if len(form.atoms) == 1 and form == Linear.of(form.atoms[0]):
                    env.setdefault(form.atoms[0], length)
        for param in function.body.params:
            _compare(param, env[param], env)
        return self.region(function.body, env)

    def region(self, region: Region, env: Environment) -> tuple[Any, ...]:
        """Run a region whose parameters are bound; return its results."""
        for eq in region.equations:
            results = self.equation(eq, env)
            for value, result in zip(eq.results, results, strict=True):
                env[value] = _typed(value, result, env)
        return tuple(env[value] for value in region.results)

    def equation(self, eq: Equation, env: Environment) -> Sequence[Any]:
        """Return the results of an equation."""
        operands = [env[v] for v in eq.operands]
        if any(v is UNDEFINED for v in operands) and eq.op not in ("for", "while"):
            raise AssertionError(f"{eq.op} reads an undefined value")
        if eq.op in CONTROL:
            return CONTROL[eq.op](self, eq, operands, env)
        if eq.op == "call":
            return self.function(self.program.find(eq.attrs["callee"]), operands)
        if eq.op not in EVALUATE:
            raise NotImplementedError(f"unknown operation {eq.op}")
        return EVALUATE[eq.op](eq, operands)


# ---- types ----


def _argument(param: Value, arg: Any) -> Any:
    if param.type.rank:
        return np.array(arg)
    if param.type.dtype in WEAK:
        return WEAK[param.type.dtype](arg)
    return np.dtype(param.type.dtype).type(arg)


def _typed(value: Value, result: Any, env: Environment) -> Any:
    """Return a result as its type has it; raise if it differs."""
    if result is UNDEFINED:
        return result
    kind = value.type
    if kind.dtype.startswith("weak") and not kind.rank:
        if not isinstance(result, int | float | complex | np.generic):
            raise AssertionError(f"{value!r} is {type(result).__name__}")
        return WEAK[kind.dtype](result)
    if not NUMPY_2 and np.asarray(result).dtype != kind.dtype:
        result = np.asarray(result).astype(kind.dtype)
    if kind.dtype == "bool" and isinstance(result, bool):
        result = np.bool_(result)
    if not kind.rank and isinstance(result, np.ndarray):
        result = result[()]
    _compare(value, result, env)
    return result


def _compare(value: Value, result: Any, env: Environment) -> None:
    kind = value.type
    if kind.dtype.startswith("weak"):
        return
    if np.asarray(result).dtype != np.dtype(kind.dtype):
        raise AssertionError(f"{value!r} has dtype {np.asarray(result).dtype}")
    if np.ndim(result) != kind.rank:
        raise AssertionError(f"{value!r} has shape {np.shape(result)}")
    for form, length in zip(kind.shape, np.shape(result), strict=True):
        known = evaluate(form, env)
        if known is not None and known != length:
            raise AssertionError(f"{value!r} has shape {np.shape(result)}")


def evaluate(form: Linear, env: Environment) -> int | None:
    """Return the number that a linear form stands for, None if it has an unknown."""
    total = form.constant
    for atom, factor in form.terms:
        number = _derived(atom, env) if isinstance(atom, Derived) else env.get(atom)
        if number is None:
            return None
        total += factor * int(number)
    return total


def _derived(atom: Derived, env: Environment) -> int | None:
    parts: list[Any] = [
        evaluate(p, env) if isinstance(p, Linear) else p for p in atom.parts
    ]
    if any(p is None for p in parts) or atom.kind not in DERIVED:
        return None
    return int(DERIVED[atom.kind](*parts))


def _slice_length(lower: Any, upper: Any, step: int, length: int) -> int:
    bounds = (None if b == "" else b for b in (lower, upper))
    return len(range(*slice(*bounds, step).indices(length)))


DERIVED: Mapping[str, Callable[..., Any]] = {
    "clip": lambda n: max(0, n),
    "product": lambda *lengths: np.prod(lengths, dtype=int),
    "ceil": lambda n, step: -(-n // step),
    "range": lambda start, stop, step: len(range(start, stop, step)),
    "slice": _slice_length,
}

# ---- control ----


def _if(run: Interpreter, eq: Equation, operands: list[Any], env: Environment) -> Any:
    branch = eq.regions[0] if operands[0] else eq.regions[1]
    return run.region(branch, env)


def _for(run: Interpreter, eq: Equation, operands: list[Any], env: Environment) -> Any:
    start, stop, step, *carries = operands
    loop = _Loop(run, eq, env)
    for counter in range(int(start), int(stop), int(step)):
        env[loop.body.params[0]] = counter
        carries = loop.once(loop.body.params[1:], carries)
        if loop.exited:
            break
    return loop.results(carries)


def _while(
    run: Interpreter, eq: Equation, operands: list[Any], env: Environment
) -> Any:
    loop, carries = _Loop(run, eq, env), operands
    condition = eq.regions[0]
    while not loop.exited:
        env.update(zip(condition.params, carries, strict=True))
        (again,) = run.region(condition, env)
        if not again:
            break
        carries = loop.once(loop.body.params, carries)
    return loop.results(carries)


class _Loop:
    def __init__(self, run: Interpreter, eq: Equation, env: Environment) -> None:
        self.run, self.eq, self.env = run, eq, env
        self.body = eq.regions[-1]
        self.exits = bool(eq.attrs.get("exits", False))
        self.exited = False
        self.trips = 0

    def once(self, params: Sequence[Value], carries: Sequence[Any]) -> list[Any]:
        self.env.update(zip(params, carries, strict=True))
        results = list(self.run.region(self.body, self.env))
        if self.exits:
            self.exited = bool(results.pop(0))
        self.trips += not self.exited
        return results

    def results(self, carries: list[Any]) -> list[Any]:
        first: list[Any] = [self.exited] if self.exits else []
        if self.eq.attrs.get("count", False):
            first.append(self.trips)
        return first + carries


CONTROL: Mapping[str, Callable[..., Any]] = {"if": _if, "for": _for, "while": _while}

# ---- paths ----


def _subscript(index: Index, slots: Sequence[Any]) -> tuple[Any, ...]:
    def bound(slot: int | None) -> int | None:
        return None if slot is None else int(slots[slot])

    def item(item: Any) -> Any:
        if isinstance(item, At):
            return int(slots[item.slot])
        if isinstance(item, Span):
            return slice(bound(item.lower), bound(item.upper), bound(item.step))
        if isinstance(item, NewAxis):
            return None
        if isinstance(item, Gather | Mask):
            return slots[item.slot]
        raise NotImplementedError(f"unknown index {item!r}")

    return tuple(map(item, index.items))


def _follow(array: Any, path: Path, slots: Sequence[Any]) -> Any:
    for step in path:
        if isinstance(step, Index):
            array = array[_subscript(step, slots)]
        elif isinstance(step, Transpose):
            array = np.transpose(array, step.axes)
        elif isinstance(step, Reshape):
            array = np.reshape(array, tuple(int(slots[s]) for s in step.slots))
        else:
            raise NotImplementedError(f"unknown step {step!r}")
    return array


def _index(eq: Equation, operands: list[Any]) -> Any:
    base, *slots = operands
    return np.array(_follow(np.asarray(base), eq.attrs["path"], slots))


def _write(eq: Equation, operands: list[Any]) -> Any:
    """Write through the positions that the path selects: right for every path."""
    base, value, *slots = operands
    positions = np.arange(base.size).reshape(base.shape)
    chosen = np.asarray(_follow(positions, eq.attrs["path"], slots))
    source = np.asarray(value)
    while source.ndim > chosen.ndim and source.shape[0] == 1:
        source = source[0]
    source = np.broadcast_to(source, chosen.shape).astype(base.dtype)
    flat = base.ravel().copy()
    if eq.op == "store":
        flat[chosen.ravel()] = source.ravel()
    else:
        np.add.at(flat, chosen.ravel(), source.ravel())
    return flat.reshape(base.shape)


# ---- everything else ----


def _sigmoid(t: Any) -> Any:
    t = np.asarray(t)
    e = np.exp(-np.abs(t))
    return np.where(t >= 0, 1 / (1 + e), e / (1 + e))


def _log1mexp(t: Any) -> Any:
    return np.where(t > -np.log(2.0), np.log(-np.expm1(t)), np.log1p(-np.exp(t)))


def _keeping_dtype(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Compute in float64, return in the dtype of the operand."""

    def call(t: Any) -> Any:
        dtype = np.asarray(t).dtype
        made = np.asarray(function(np.asarray(t, dtype=np.float64)))
        return made.astype(np.exp(np.zeros(1, dtype)).dtype)

    return call


def _logsumexp(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0).astype(top.dtype)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def _position(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, axis: tuple[int, ...], keepdims: bool = False) -> Any:
        if len(axis) == 1:
            return function(x, axis=axis[0], keepdims=keepdims)
        return function(x, axis=None, keepdims=keepdims)

    return call


def _cast(eq: Equation, operands: list[Any]) -> Any:
    dtype = eq.attrs["dtype"]
    if dtype in WEAK:
        return WEAK[dtype](operands[0])
    return np.asarray(operands[0]).astype(dtype)


def _constant(eq: Equation, operands: list[Any]) -> Any:
    value, dtype = eq.attrs["value"], eq.attrs.get("dtype")
    return (
        value if dtype is None or dtype[:4] == "weak" else np.dtype(dtype).type(value)
    )


def _check(eq: Equation, operands: list[Any]) -> list[Any]:
    exceptions = {"IndexError": IndexError, "ValueError": ValueError}
    if not operands[0]:
        raise exceptions[eq.attrs["exception"]](eq.attrs.get("message", ""))
    return []


def _lengths(operands: Sequence[Any]) -> tuple[int, ...]:
    return tuple(map(int, operands))


def _plain(eq: Equation) -> Type:
    return eq.result.type


REDUCE: Mapping[str, Callable[..., Any]] = {
    "argmax": _position(np.argmax),
    "argmin": _position(np.argmin),
    "logsumexp": _logsumexp,
}


def _of_scipy(op: str) -> Callable[..., Any]:
    name, place = special_part(op)
    function = getattr(scipy.special, name)
    return function if place is None else lambda *x: function(*x)[place]


def _as_given(made: Any, given: Any) -> Any:
    """Return the real part for a real matrix: the rest is rounding."""
    return (made if np.iscomplexobj(given) else np.real(made)).astype(given.dtype)


ELEMENTWISE: Mapping[str, Callable[..., Any]] = {
    "sigmoid": _keeping_dtype(_sigmoid),
    "stop_gradient": lambda x: np.copy(x)[()],
    "softplus": _keeping_dtype(lambda t: np.logaddexp(0.0, t)),
    "log1mexp": _keeping_dtype(_log1mexp),
    "divide": np.true_divide,
    **{op: _of_scipy(op) for op in SPECIAL_FUNCTIONS},
    "lambertw": lambda x, k: _as_given(scipy.special.lambertw(x, k), np.asarray(x)),
}
PRODUCTS: Mapping[str, Callable[..., Any]] = {
    "dot": np.dot,
    "matvec": np.matmul,
    "vecmat": np.matmul,
    "matmul": np.matmul,
    "outer": np.outer,
    "cholesky": np.linalg.cholesky,
    "solve": np.linalg.solve,
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "signdet": lambda a: np.linalg.slogdet(a)[0],
    "phasedet": lambda a: np.linalg.slogdet(a)[0],
    "logabsdet": lambda a: np.linalg.slogdet(a)[1],
    "pinv": np.linalg.pinv,
    "expm": scipy.linalg.expm,
    "sqrtm": lambda a: _as_given(scipy.linalg.sqrtm(a), a),
    "logm": lambda a: _as_given(scipy.linalg.logm(a), a),
    "sylvester": scipy.linalg.solve_sylvester,
    "eigvalsh": np.linalg.eigvalsh,
    "eigh": lambda a: np.linalg.eigh(a)[1],
    "eigvals": np.linalg.eigvals,
    "eig": lambda a: np.linalg.eig(a)[1],
    "svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
    "svd_u": lambda a: np.linalg.svd(a, full_matrices=False)[0],
    "svd_vh": lambda a: np.linalg.svd(a, full_matrices=False)[2],
    "qr_q": lambda a: np.linalg.qr(a)[0],
    "qr_r": lambda a: np.linalg.qr(a)[1],
}
# (equation, operands) -> the result.
SPECIAL: Mapping[str, Callable[[Equation, list[Any]], Any]] = {
    "cast": _cast,
    "constant": _constant,
    "undefined": lambda eq, v: UNDEFINED,
    "real": lambda eq, v: np.array(np.real(v[0]))[()],
    "imag": lambda eq, v: np.array(np.imag(v[0]))[()],
    "searchsorted": lambda eq, v: np.searchsorted(*v, side=eq.attrs["side"]),
    "argsort": lambda eq, v: np.argsort(v[0], eq.attrs["axis"], kind="stable"),
    "dim": lambda eq, v: np.shape(v[0])[eq.attrs["axis"]],
    "reshape": lambda eq, v: np.reshape(v[0], _lengths(v[1:])),
    "transpose": lambda eq, v: np.transpose(v[0], eq.attrs["axes"]),
    "broadcast_to": lambda eq, v: np.broadcast_to(v[0], _lengths(v[1:])),
    "concatenate": lambda eq, v: np.concatenate(v, axis=eq.attrs["axis"]),
    "stack": lambda eq, v: np.stack(v, axis=eq.attrs["axis"]),
    "flip": lambda eq, v: np.flip(v[0], axis=eq.attrs["axis"]),
    "copy": lambda eq, v: np.array(v[0]) if np.ndim(v[0]) else v[0],
    "zeros": lambda eq, v: np.zeros(_lengths(v), eq.attrs["dtype"]),
    "ones": lambda eq, v: np.ones(_lengths(v), eq.attrs["dtype"]),
    "empty": lambda eq, v: np.zeros(_lengths(v), eq.attrs["dtype"]),
    "full": lambda eq, v: np.full(_lengths(v[1:]), v[0], _plain(eq).dtype),
    "eye": lambda eq, v: np.eye(*_lengths(v), eq.attrs.get("k", 0), eq.attrs["dtype"]),
    "arange": lambda eq, v: np.arange(*v, dtype=_plain(eq).dtype),
    "linspace": lambda eq, v: np.linspace(
        *v, endpoint=eq.attrs.get("endpoint", True), dtype=_plain(eq).dtype
    ),
    **{
        op: lambda eq, v: getattr(np.fft, eq.op)(
            *v, axis=eq.attrs["axis"], norm=eq.attrs["norm"]
        )
        for op in ("fft", "ifft", "rfft", "irfft")
    },
    "index": _index,
    "store": _write,
    "accumulate": _write,
}


def _reduce(eq: Equation, operands: list[Any]) -> Any:
    names = ("axis", "keepdims", "ddof")
    attrs = {name: eq.attrs[name] for name in names if name in eq.attrs}
    function = REDUCE.get(eq.op) or getattr(np, eq.op)
    return function(operands[0], **attrs)


def _one(function: Callable[[Equation, list[Any]], Any]) -> Callable[..., list[Any]]:
    return lambda eq, operands: [function(eq, operands)]


def _elementwise(name: str) -> Callable[[Equation, list[Any]], Any]:
    function = ELEMENTWISE.get(name) or getattr(np, name)
    return lambda eq, operands: function(*operands)


def _table() -> dict[str, Callable[[Equation, list[Any]], Sequence[Any]]]:
    table = {name: _one(function) for name, function in SPECIAL.items()}
    for op in OPS.values():
        if op.name in table:
            continue
        if op.category == "elementwise":
            table[op.name] = _one(_elementwise(op.name))
        elif op.category == "reduction":
            table[op.name] = _one(_reduce)
        elif op.category in ("product", "solver"):
            function = PRODUCTS[op.name]
            table[op.name] = _one(lambda eq, v, f=function: f(*v))
    table["check"] = _check
    table["print"] = lambda eq, operands: []
    return table


EVALUATE = _table()

__all__ = ["evaluate", "run"]
