"""Which results of a function are in memory of their own, whatever it is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from .graph.buffers import memories
from .graph.ir import CONTROL, WRITES, Buffer, Function, is_view, walk

# What is printed as a call, or an operator, that makes a new array every time.
NEW = frozenset({"empty", "zeros", "ones", "full", "matmul", "matvec", "vecmat"})


def owned(function: Function) -> Iterator[bool]:
    """Yield, for each flat value that is returned, whether its memory is its own.

    It shares memory neither with an argument nor with another result then.
    """
    body = function.body
    same = memories(body)
    shared = {_root(value.buffer, same) for value in body.params}
    for eq in walk(body):
        if not (eq.op in NEW or eq.op in WRITES or eq.op in CONTROL or is_view(eq)):
            shared |= {_root(value.buffer, same) for value in eq.results}
    results = body.results[: function.returns.width]
    roots = [_root(value.buffer, same) for value in results]
    times = Counter(roots)
    for root in roots:
        yield root is not None and root not in shared and times[root] == 1


def _root(buffer: Buffer | None, same: Mapping[Buffer, Buffer]) -> Buffer | None:
    return None if buffer is None else same.get(buffer, buffer)
