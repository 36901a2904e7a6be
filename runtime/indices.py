"""Indices that are never negative, compiled without the question whether they are.

Numba asks of every index ``i`` whether it counts from the end, and adds the length if
so. Where LLVM cannot tell the answer (it often cannot where a loop begins at another
counter), the loop does not become vector code.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

from .lean import leaner
from .marks import lowering

# How Numba's own compiler is extended: "Customizing the Compiler" in its manual.


@functools.cache
def compiler(from_front: bool, apart: bool) -> type:
    """Return Numba's compiler, told what is known of a function.

    ``from_front``: no index of an element is negative. ``apart``: arrays that it is
    given share no memory with each other.
    """
    from numba.core.compiler import CompilerBase, DefaultPassBuilder
    from numba.core.typed_passes import NativeLowering, NopythonTypeInference

    class Told(CompilerBase):
        """Numba's own compiler, with passes of ours."""

        def define_pipelines(self) -> list[Any]:
            builder: Any = DefaultPassBuilder
            made = builder.define_nopython_pipeline(self.state)
            if from_front:
                made.add_pass_after(unsigned(), NopythonTypeInference)
            instead = {**leaner(), NativeLowering: lowering(apart, from_front)}
            made.passes = [
                (instead.get(each, each), said) for each, said in made.passes
            ]
            made.finalize()
            return [made]

    return Told


@functools.cache
def unsigned() -> type:
    """Return the pass that takes the sign from the types of indices of elements."""
    from numba.core.compiler_machinery import FunctionPass, register_pass

    class Unsigned(FunctionPass):
        _name = "gradscribe_unsigned"

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]

        def run_pass(self, state: Any) -> bool:
            for use, signature in list(state.calltypes.items()):
                if _is_element(use, signature):
                    state.calltypes.pop(use)
                    array, index, *value = signature.args
                    args = (array, _unsigned(index), *value)
                    state.calltypes[use] = signature.replace(args=args)
            return True

    register = register_pass(mutates_CFG=False, analysis_only=False)  # type: ignore[no-untyped-call]
    register(Unsigned)
    return Unsigned


def _is_element(use: Any, signature: Any) -> bool:
    """Whether a use of memory is one of an element, by integers."""
    from numba.core import ir

    types: Any = importlib.import_module("numba.core.types")
    taken = isinstance(use, ir.Expr) and use.op == "getitem"
    if not taken and not isinstance(use, ir.SetItem):
        return False
    array, index = signature.args[:2]
    if not isinstance(array, types.Array):
        return False
    parts = index.types if isinstance(index, types.BaseTuple) else (index,)
    return len(parts) == array.ndim and all(isinstance(p, types.Integer) for p in parts)


def _unsigned(index: Any) -> Any:
    types: Any = importlib.import_module("numba.core.types")
    if isinstance(index, types.BaseTuple):
        return types.UniTuple(types.uint64, len(index))
    return types.uint64
