"""Numba's passes, without those that generated loops leave nothing to do.

Of a text of 800 lines, Numba spends half of its time on one question about variables:
which of them are alive where. It is asked anew after each pass, and answered with sets
of thousands of names. Here the names are bits of integers, and the passes that inline
closures and fuse array expressions are left out of functions that have none. (The
gradient of cavity_flow: 13 s, and 7 s so.) What type an operator gives for numbers is
found once for all its uses (a twentieth of the time).
"""

from __future__ import annotations

import functools
import importlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Names = Mapping[int, Iterable[str]]  # of each block

_lock = threading.Lock()
_inside = 0
_numbas: list[tuple[Any, str, Any]] = []


@contextmanager
def compiling() -> Iterator[None]:
    """Let Numba ask `live_map` and `remembering` for a while.

    They give what Numba's own functions give, so another thread that compiles meanwhile
    loses nothing.
    """
    global _inside
    with _lock:
        if not _inside:
            _put_in()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                while _numbas:
                    setattr(*_numbas.pop())


def _put_in() -> None:
    analysis: Any = importlib.import_module("numba.core.analysis")
    called: Any = importlib.import_module("numba.core.types.functions").BaseFunction
    ours = live_map, remembering(called.get_call_type)
    names = (analysis, "compute_live_map"), (called, "get_call_type")
    for (home, name), other in zip(names, ours, strict=True):
        _numbas.append((home, name, getattr(home, name)))
        setattr(home, name, other)


def remembering(find: Callable[..., Any]) -> Callable[..., Any]:
    """Return what finds the type of a call, of numbers once for all calls of a kind.

    Numba tries one rule after the other, for each ``a * b`` anew.
    """
    types: Any = importlib.import_module("numba.core.types")
    numbers = types.Number, types.Boolean
    known: dict[Any, tuple[Any, Any]] = {}

    def get_call_type(function: Any, context: Any, args: Any, named: Any) -> Any:
        if named or not all(isinstance(kind, numbers) for kind in args):
            return find(function, context, args, named)
        key = context, function.key, args
        if key not in known:
            signature = find(function, context, args, named)
            known[key] = signature, function.get_impl_key(signature)
        signature, function._impl_keys[signature.args] = known[key]
        return signature

    return get_call_type


def live_map(cfg: Any, blocks: Names, uses: Names, defs: Names) -> dict[int, set[str]]:
    """Return the variables that are alive at the entry of each block.

    A name is a bit. It is alive where it is used, and in every block from which one
    comes there, if it was met on the way to that block's end and not set in it.
    """
    names = sorted(set().union(*uses.values(), *defs.values()))
    bits = {name: 1 << k for k, name in enumerate(names)}
    used = {block: _united(bits, uses[block]) for block in blocks}
    made = {block: _united(bits, defs[block]) for block in blocks}
    order = cfg.topo_order()
    before = {b: [a for a, _ in cfg.predecessors(b)] for b in order}
    met = {b: used[b] | made[b] for b in order}
    _settle(order, before, met)
    alive = dict(used)
    changed = True
    while changed:
        changed = False
        for block in reversed(order):
            for earlier in before[block]:
                more = alive[block] & met[earlier] & ~made[earlier]
                if more & ~alive[earlier]:
                    alive[earlier] |= more
                    changed = True
    return {block: _named(names, alive[block]) for block in blocks}


def _settle(
    order: list[int], before: Mapping[int, list[int]], met: dict[int, int]
) -> None:
    """Add to what is met in each block what is met before it, until nothing comes."""
    changed = True
    while changed:
        changed = False
        for block in order:
            every = met[block]
            for earlier in before[block]:
                every |= met[earlier]
            changed |= every != met[block]
            met[block] = every


def _united(bits: Mapping[str, int], names: Iterable[str]) -> int:
    found = 0
    for name in names:
        found |= bits[name]
    return found


def _named(names: list[str], held: int) -> set[str]:
    """Return the names of the bits that an integer has."""
    found = set()
    while held:
        last = held & -held
        found.add(names[last.bit_length() - 1])
        held ^= last
    return found


@functools.cache
def leaner() -> Mapping[type, type]:
    """Return what stands for some of Numba's passes."""
    typed: Any = importlib.import_module("numba.core.typed_passes")
    untyped: Any = importlib.import_module("numba.core.untyped_passes")
    machinery: Any = importlib.import_module("numba.core.compiler_machinery")

    class Closures(untyped.InlineClosureLikes):  # type: ignore[misc]
        _name = "gradscribe_closures"

        def run_pass(self, state: Any) -> bool:
            return bool(_has_closures(state) and super().run_pass(state))

    class Rewrites(typed.NopythonRewrites):  # type: ignore[misc]
        _name = "gradscribe_rewrites"

        def run_pass(self, state: Any) -> bool:
            return bool(_has_arrays(state) and super().run_pass(state))

    register = machinery.register_pass(mutates_CFG=True, analysis_only=False)
    passes = {untyped.InlineClosureLikes: Closures, typed.NopythonRewrites: Rewrites}
    return {one: register(other) for one, other in passes.items()}


def _has_closures(state: Any) -> bool:
    """Whether a function makes functions or lists."""
    blocks = state.func_ir.blocks.values()
    makes = ("make_function", "build_list")
    return any(True for block in blocks for op in makes for _ in block.find_exprs(op))


def _has_arrays(state: Any) -> bool:
    """Whether a function computes arrays as wholes, or makes them of lists."""
    types: Any = importlib.import_module("numba.core.types")
    for use, signature in state.calltypes.items():
        kind = getattr(signature, "return_type", None)
        op = getattr(use, "op", "")
        if isinstance(kind, types.Array) and op not in ("getitem", "static_getitem"):
            if op != "call" or _is_fused(state.typemap[use.func.name]):
                return True
    return False


def _is_fused(function: Any) -> bool:
    """Whether Numba's passes rewrite calls of a function."""
    np: Any = importlib.import_module("numpy")
    key = getattr(function, "typing_key", None)
    return key is np.array or isinstance(key, np.ufunc)
