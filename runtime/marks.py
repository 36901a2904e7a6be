"""What LLVM cannot see of memory, said in its own words.

Arrays that a function makes, and those that it is given, share no memory; LLVM sees
addresses. So it reads an element again after every store to another array, and asks
before a loop whether arrays overlap, or makes no vector code of it. Here each load and
each store of an element is marked with the memory that it is in, as C compilers mark
what is behind ``restrict`` (``alias.scope`` and ``noalias`` in LLVM's manual), and
loops of which no iteration waits for another are marked so, as C's ``omp simd`` does
(``llvm.loop.parallel_accesses``).
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .iterations import Iterations, Loop
from .memories import UNKNOWN, Memories


class Marks:
    """The marks of one function, as nodes of LLVM's text."""

    def __init__(self, lower: Any, apart: bool, from_front: bool) -> None:
        blocks, kinds = lower.blocks, lower.fndesc.typemap
        self.memories = Memories(blocks, kinds, apart)
        self._module, self._name = lower.module, lower.fndesc.mangled_name
        self._labels = {id(block): label for label, block in blocks.items()}
        self._scoped: dict[frozenset[str], tuple[Any, Any]] = {}
        self._jumps: dict[tuple[int, int], Any] = {}
        self._groups: dict[int, list[Any]] = {}
        for loop in Iterations(blocks, kinds, self.memories, from_front).apart():
            self._loop(loop)

    def _loop(self, loop: Loop) -> None:
        """Make the nodes of a loop."""
        group = _node(self._module)
        said = self._module.add_metadata(["llvm.loop.parallel_accesses", group])
        node = _node(self._module, said)
        for label in loop.body:
            self._groups.setdefault(label, []).append(group)
            self._jumps[label, loop.first] = node

    @functools.cached_property
    def _scopes(self) -> dict[str, Any]:
        domain = self._module.add_metadata([self._name])
        every = sorted(self.memories.blocks)
        return {name: self._module.add_metadata([name, domain]) for name in every}

    def _scope(self, held: frozenset[str]) -> tuple[Any, Any]:
        """Return the lists of blocks that an array may be in, and of all others."""
        if held not in self._scoped:
            own = [self._scopes[name] for name in sorted(held)]
            others = [s for name, s in self._scopes.items() if name not in held]
            add = self._module.add_metadata
            self._scoped[held] = add(own), add(others)
        return self._scoped[held]

    def access(self, made: Any, array: str, block: Any) -> None:
        """Mark a load or a store of an element of an array."""
        held = self.memories.of(array)
        if held and UNKNOWN not in held:
            own, others = self._scope(held)
            made.set_metadata("alias.scope", own)
            made.set_metadata("noalias", others)
        groups = self._groups.get(self._labels[id(block)], [])
        if groups:
            one = groups[0] if len(groups) == 1 else self._module.add_metadata(groups)
            made.set_metadata("llvm.access.group", one)

    def jump(self, made: Any, first: int, block: Any) -> None:
        """Mark a jump to the first block of a loop, if it comes from inside."""
        node = self._jumps.get((self._labels[id(block)], first))
        if node is not None:
            made.set_metadata("llvm.loop", node)


def _node(module: Any, *more: Any) -> Any:
    """Return a node like no other; what follows it stands after the node itself."""
    values: Any = importlib.import_module("llvmlite.ir.values")

    class Node(values.MDValue):  # type: ignore[misc]
        def descr(self, buf: Any) -> None:
            buf += ("distinct ",)
            super().descr(buf)

        __eq__ = object.__eq__
        __hash__ = object.__hash__

    node = Node(module, (), str(len(module.metadata)))
    node.operands = (node, *more) if more else ()
    return node


def _is_of_variable(address: Any) -> bool:
    """Whether an address is that of a variable of the function, not of an element."""
    instructions: Any = importlib.import_module("llvmlite.ir.instructions")
    while isinstance(address, (instructions.GEPInstr, instructions.CastInstr)):
        address = address.operands[0]
    return isinstance(address, instructions.AllocaInstr)


@functools.cache
def lowering(apart: bool, from_front: bool) -> type:
    """Return Numba's pass that writes LLVM's text, with marks."""
    numbas: Any = importlib.import_module("numba.core.lowering")
    passes: Any = importlib.import_module("numba.core.typed_passes")
    ir: Any = importlib.import_module("numba.core.ir")
    register: Any = importlib.import_module("numba.core.compiler_machinery")

    class Marking(numbas.Lower):  # type: ignore[misc]
        @functools.cached_property
        def marks(self) -> Marks:
            return Marks(self, apart, from_front)

        def lower_inst(self, inst: Any) -> Any:
            made = super().lower_inst(inst)
            if isinstance(inst, ir.Jump):
                last = self.builder.block.terminator
                self.marks.jump(last, inst.target, self._cur_ir_block)
            return made

        def lower_getitem(self, resty: Any, expr: Any, value: Any, *rest: Any) -> Any:
            with _noted(self.builder) as made:
                result = super().lower_getitem(resty, expr, value, *rest)
            self._mark(made, value.name)
            return result

        def lower_setitem(self, target_var: Any, *rest: Any) -> Any:
            with _noted(self.builder) as made:
                result = super().lower_setitem(target_var, *rest)
            self._mark(made, target_var.name)
            return result

        def _mark(self, made: list[Any], array: str) -> None:
            if hasattr(self.typeof(array), "ndim"):
                for access in made:
                    if not _is_of_variable(access.operands[-1]):
                        self.marks.access(access, array, self._cur_ir_block)

    class Marked(passes.BaseNativeLowering):  # type: ignore[misc]
        _name = "gradscribe_lowering"

        @property
        def lowering_class(self) -> type:
            return Marking

    made: type = register.register_pass(mutates_CFG=True, analysis_only=False)(Marked)
    return made


@contextmanager
def _noted(builder: Any) -> Iterator[list[Any]]:
    """Note the loads and the stores that are written meanwhile."""
    made: list[Any] = []

    def noting(write: Callable[..., Any]) -> Callable[..., Any]:
        def written(*args: Any, **named: Any) -> Any:
            made.append(write(*args, **named))
            return made[-1]

        return written

    builder.load, builder.store = noting(builder.load), noting(builder.store)
    try:
        yield made
    finally:
        del builder.load, builder.store
