"""Source to graph: the only part that knows of syntax trees."""

from ..typetext import parse_type, parse_types
from . import (  # noqa: F401  (each fills the tables of handlers)
    binning,
    builtin,
    calls,
    complexes,
    composed,
    compound,
    comprehensions,
    contractions,
    creation,
    digits,
    elementwise,
    estimates,
    expressions,
    factors,
    folds,
    indexing,
    iteration,
    matrices,
    norms,
    padding,
    predicates,
    printing,
    products,
    quantiles,
    records,
    reductions,
    scans,
    sorting,
    special,
    spectra,
    statements,
    subscripts,
    summaries,
    triangular,
    ufuncs,
    writing,
)
from .program import parse

__all__ = ["parse", "parse_type", "parse_types"]
