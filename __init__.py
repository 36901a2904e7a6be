"""Derivatives of NumPy functions, as readable source and as compiled code."""

from __future__ import annotations

from .transpile.errors import Problem, TranspileError

__version__ = "0.1.0"
__all__ = ["Problem", "TranspileError"]
