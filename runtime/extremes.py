"""The greater and the lesser of two floats as one instruction of LLVM.

``llvm.maximum`` is what ``np.maximum`` is: nan if either is nan. Numba compiles
``np.maximum`` to comparisons, and LLVM does not see that those of a row may be made in
any order, as vector code does.
"""

from __future__ import annotations

import functools
from typing import Any

INSTRUCTIONS = {"_vmax": "llvm.maximum", "_vmin": "llvm.minimum"}


@functools.cache
def extreme(name: str) -> Any:
    """Return what stands for ``_vmax`` or ``_vmin`` in compiled code."""
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic

    def either(_: Any, x: Any, y: Any) -> Any:
        if not (isinstance(x, types.Float) and x == y):
            return None

        def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
            found = builder.module.declare_intrinsic(
                INSTRUCTIONS[name],
                [args[0].type],
                ir.FunctionType(args[0].type, [args[0].type] * 2),
            )
            return builder.call(found, args)

        return x(x, y), generate

    return intrinsic(either)
