"""What LLVM is told while it compiles a derivative.

Vector code of a loop that writes two rows of one array, as ``a[i, j]`` and ``a[l, j]``
in a backward part, begins with the question whether they overlap. LLVM takes it out of
the loop over ``l``: then it is about all rows, these do overlap, and none of the loops
is run as vector code. (LU decomposition: 2.7 ms, and 1.5 ms asked row by row.)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

OPTION = "--hoist-runtime-checks"  # "loop-accesses" in LLVM, true there
FIRST = 17  # the version of LLVM that has it

_lock = threading.Lock()
_inside = 0


@contextmanager
def asked_by_row() -> Iterator[None]:
    """Leave such questions where they are, in what is compiled meanwhile."""
    global _inside
    with _lock:
        _inside += 1
        _set("false")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _set("true")


def _set(value: str) -> None:
    from llvmlite import binding

    if binding.llvm_version_info[0] >= FIRST:
        binding.set_option("", f"{OPTION}={value}")
