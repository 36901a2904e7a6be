"""Numba's passes, without those that generated loops leave nothing to do.

Of a text of 800 lines, Numba spends half of its time on one question about variables:
which of them are alive where. It is asked anew after each pass, and answered with sets
of thousands of names. Here the names are bits of integers, and the passes that inline
closures and fuse array expressions are left out of functions that have none. (The
gradient of cavity_flow: 13 s, and 7 s so.)
"""

from __future__ import annotations

import functools
import importlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Names = Mapping[int, Iterable[str]]  # of each block

_lock = threading.Lock()
_inside = 0
_numbas: Any = None


@contextmanager
def compiling() -> Iterator[None]:
    """Let Numba ask `live_map` for a while.

    It gives what Numba's own function gives, so another thread that compiles meanwhile
    loses nothing.
    """
    global _inside, _numbas
    analysis: Any = importlib.import_module("numba.core.analysis")
    with _lock:
        if not _inside:
            _numbas = analysis.compute_live_map
            analysis.compute_live_map = live_map
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                analysis.compute_live_map = _numbas


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
