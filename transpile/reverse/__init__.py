"""Reverse mode: from a function's graph to its gradient's.

activity -> sweep (memory, branch, loop, calls) -> record -> saves, replay
"""

from __future__ import annotations

from .checkpoint import split_loops
from .cleared import leave_uncleared
from .contiguous import keep_order
from .describe import describe
from .gradient import Request, gradient
from .trust import distrust
from .written import keep_written

__all__ = [
    "Request",
    "describe",
    "distrust",
    "gradient",
    "keep_order",
    "keep_written",
    "leave_uncleared",
    "split_loops",
]
