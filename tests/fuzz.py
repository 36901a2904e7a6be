"""Random programs, and their derivatives checked against central differences.

    python tests/fuzz.py [FIRST [COUNT [numpy|cpu|text|loops]]]

``text`` runs the text as it is printed, ``loops`` that for Numba as plain Python, which
needs no compiling. A program is a seed: `program` writes it, `trial` checks it.
"""

from __future__ import annotations

import linecache
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gradscribe as gs
import numpy as np
from fuzz_programs import arguments, program
from gradscribe.transpile import pipeline
from gradscribe.transpile.errors import TranspileError
from gradscribe.transpile.graph.ir import Type
from gradscribe.transpile.graph.linear import Linear, Size
from gradscribe.transpile.read.live import from_function
from gradscribe.transpile.steps import Step

WRT = ("x", "y", "A", "a")


class Unfit(Exception):
    """A program that is of no use: it fails, overflows or has a kink nearby."""


def load(text: str) -> Callable[..., Any]:
    """Return the ``f`` of a program."""
    name = f"<fuzz {abs(hash(text))}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope: dict[str, Any] = {}
    exec(compile(text, name, "exec"), scope)
    return scope["f"]  # type: ignore[no-any-return]


def _flat(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


def _copies(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in args)


def _run(f: Any, args: tuple[Any, ...], written: list[int]) -> list[Any]:
    copies = _copies(args)
    with np.errstate(all="ignore"):
        returned = _flat(f(*copies))
    results = [*returned, *(copies[k] for k in written)]
    worst = max(float(np.max(np.abs(r), initial=0.0)) for r in results)
    if not worst < 1e4:
        raise Unfit("overflow")
    return [np.array(r) for r in results]


def _slopes(
    f: Callable[..., Any], args: tuple[Any, ...], seeds: list[Any], written: list[int]
) -> Iterator[Any]:
    """Central differences per parameter of WRT; nan where they do not settle."""
    for position in range(len(WRT)):
        slope = np.zeros(np.shape(args[position]))
        for at in np.ndindex(slope.shape):
            one, two = (
                _slope(f, args, seeds, written, (position, at), h)
                for h in (1e-4, 0.5e-4)
            )
            close = abs(one - two) < 1e-4 * max(1.0, abs(two))
            slope[at] = (4 * two - one) / 3 if close else np.nan
        yield slope


def _slope(f: Any, args: Any, seeds: Any, written: Any, where: Any, h: float) -> float:
    position, at = where
    total = 0.0
    for sign in (1.0, -1.0):
        moved = list(_copies(args))
        if at:
            moved[position][at] += sign * h
        else:
            moved[position] += sign * h
        results = _run(f, tuple(moved), written)
        total += sign * sum(np.sum(s * r) for s, r in zip(seeds, results, strict=True))
    return float(total / (2 * h))


def types_of(args: tuple[Any, ...]) -> dict[str, Type]:
    """Return the types of a program's arguments."""
    types = {}
    for name, arg in zip(("x", "y", "A", "a", "k", "n"), args, strict=True):
        dtype = str(np.asarray(arg).dtype)
        dims = tuple(Linear.of(Size(f"{name}_{k}")) for k in range(np.ndim(arg)))
        types[name] = Type(dtype, dims) if dims else Type(dtype)
    return types


def _text(f: Any, args: tuple[Any, ...], target: str) -> Callable[..., Any]:
    """The derivative's text, run as plain Python."""
    result = pipeline.transpile(
        from_function(f), types_of(args), WRT, mode="vjp", target=target
    )
    scope: dict[str, Any] = {}
    exec(compile(result.text, "<loops>", "exec"), scope)
    return scope[result.name]  # type: ignore[no-any-return]


def _derivative(f: Any, args: Any, target: str) -> Callable[..., Any]:
    if target in ("loops", "text"):
        return _text(f, args, "cpu" if target == "loops" else "numpy")
    return gs.vjp(f, wrt=WRT, target=target)


def _written(f: Callable[..., Any], args: tuple[Any, ...]) -> list[int]:
    """The parameters that the function is said to write."""
    graph = pipeline.derive(
        from_function(f), types_of(args), (Step("primal", ()),), pipeline.Options()
    ).entry
    return list(graph.written)


def trial(text: str, seed: int, target: str = "numpy") -> str:
    """Return ``ok``, ``refused ...``, ``unfit ...`` or what is wrong."""
    args = arguments(seed)
    changed = _copies(args)
    try:
        f = load(text)
        with np.errstate(all="ignore", over="raise"):
            f(*changed)
    except Exception as error:
        return f"unfit: {type(error).__name__}"
    try:
        written = _written(f, args)
        return _compare(f, args, written, changed, target)
    except Unfit as error:
        return f"unfit: {error}"
    except TranspileError as error:
        return "refused: " + str(error).splitlines()[0].partition(": ")[2]
    except Exception as error:
        return f"crash: {type(error).__name__}: {error}"


def _compare(f: Any, args: Any, written: Any, changed: Any, target: str) -> str:
    for k, (old, new) in enumerate(zip(args, changed, strict=True)):
        if k not in written and not np.array_equal(old, new):
            return f"wrong: parameter {k} is not known to be written"
    results = _run(f, args, written)
    rng = np.random.default_rng(7)
    seeds: list[Any] = [rng.standard_normal(r.shape) for r in results]
    seeds = [s if s.shape else float(s) for s in seeds]
    count = len(seeds) - len(written)
    outputs = [tuple(seeds[:count])] if count > 1 else seeds[:count]
    outputs += seeds[count:]
    seed = outputs[0] if len(outputs) == 1 else tuple(outputs)
    derivative = _derivative(f, args, target)
    given = _copies(args)
    with np.errstate(all="ignore"):
        got = derivative(seed, *given)
        again = derivative(seed, *given)
    if not all(np.array_equal(a, b) for a, b in zip(args, given, strict=True)):
        return "wrong: the arguments were changed"
    for name, g, h, e in zip(
        WRT, got, again, _slopes(f, args, seeds, written), strict=True
    ):
        if not np.array_equal(g, h, equal_nan=True):
            return f"wrong: {name} differs in a second call"
        close = np.isclose(
            g,
            e,
            rtol=1e-4,
            atol=1e-5 * max(1.0, np.max(np.nan_to_num(np.abs(e)), initial=0)),
        )
        if not np.all(close | np.isnan(e)):
            return f"wrong: gradient of {name}: {g} is not {e}"
    return "ok"


def _nested(seeds: list[Any], written: int) -> Any:
    """One cotangent for what is returned, a tuple or not, and one per written array."""
    returned = tuple(seeds[: len(seeds) - written])
    given = returned if len(returned) > 1 else returned[0]
    return (given, *seeds[len(returned) :]) if written else given


def tally(seeds: Iterable[int], outcome_of: Callable[[int], str]) -> int:
    """Try seeds; print those that fail and how many did what."""
    found: Counter[str] = Counter()
    for seed in seeds:
        outcome = outcome_of(seed)
        found[outcome.partition(":")[0]] += 1
        if outcome.startswith(("wrong", "crash")):
            print(f"# seed {seed}: {outcome[:300]}", flush=True)
    print(dict(found))
    return int(bool(found["wrong"] + found["crash"]))


def main(first: int = 0, count: int = 300, target: str = "numpy") -> int:
    """Run some programs."""
    return tally(range(first, first + count), lambda s: trial(program(s), s, target))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3]), *sys.argv[3:]))
