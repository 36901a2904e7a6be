"""The table of derivatives: one row per operation, both modes from it."""

from __future__ import annotations

from . import (
    bessel,
    cylinders,
    decompositions,
    distributions,
    elementwise,
    hypergeometric,
    products,
    reductions,
    scans,
    solvers,
    special,
    spectra,
    structure,
)
from .table import TABLE, Rule, Table, UnknownDerivative

RULES: Table = TABLE


def is_constant(op: str) -> bool:
    """Return whether nothing flows through an operation; raise if it is unknown."""
    return RULES[op].kind == "constant"


__all__ = [
    "RULES",
    "Rule",
    "UnknownDerivative",
    "bessel",
    "cylinders",
    "decompositions",
    "distributions",
    "elementwise",
    "hypergeometric",
    "is_constant",
    "products",
    "reductions",
    "scans",
    "solvers",
    "special",
    "spectra",
    "structure",
]
