"""Where in the source an equation stands, for what is said about it."""

from __future__ import annotations

from ..errors import Problem
from .ir import Equation


def problem_at(eq: Equation, message: str, help: str) -> Problem:
    """Return the problem with an equation."""
    origin = eq.origin
    if origin is None:
        return Problem("", 0, 0, 0, message, help)
    ends = origin.column, origin.end_column
    text = origin.text if origin.statement in (0, origin.line) else ""
    return Problem(origin.file, origin.line, *ends, message, help, text)
