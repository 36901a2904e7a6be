"""As much of CuPy's second package as generated files use."""

from __future__ import annotations

from cupy import errstate

__all__ = ["errstate"]
