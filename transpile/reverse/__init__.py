"""Reverse mode: from a function's graph to its gradient's.

activity -> sweep (memory, branch, loop, calls) -> record -> saves, replay
"""

from __future__ import annotations

from .checkpoint import split_loops
from .describe import describe
from .gradient import Request, gradient
from .trust import distrust

__all__ = ["Request", "describe", "distrust", "gradient", "split_loops"]
