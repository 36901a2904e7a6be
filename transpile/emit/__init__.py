"""The graph to source text."""

from __future__ import annotations

from .numpy import Emitted, Header, emit_numpy

__all__ = ["Emitted", "Header", "emit_numpy"]
