"""Forward mode: beside each equation, what it does to tangents.

push (memory, control, calls) -> tangent
"""

from __future__ import annotations

from . import calls, control, memory
from .tangent import Pushed, settle_sides, tangent

__all__ = ["Pushed", "calls", "control", "memory", "settle_sides", "tangent"]
