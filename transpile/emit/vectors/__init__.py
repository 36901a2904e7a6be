"""Elementary functions that compilers turn into vector code: text for file heads.

They have no branches and call nothing outside the file, so that a loop over one is
vectorised. Bits of a float64 are read and made by views as int64; float32 is computed
in float64. At most 4 ulp, subnormal numbers, infinities and nan included
(``tests/test_vector_maths.py``); sine and cosine only up to 1.6e6, see `versions`. What
must be exact is exact: products of numbers with trailing zeros, so that a fused
multiply-add changes nothing.

They must not be compiled with leave to reassociate: ``(t + BIG) - BIG`` rounds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from ...graph.ir import Equation
from ..expressions import Node, call
from ..writer import Spelling, Writer, operands
from .circular import COS, SIN
from .errors import ERF, ERFC, ERFC_TAIL
from .exponentials import EXP, EXPM1, SIGMOID, TANH
from .extremes import MAXIMUM, MINIMUM
from .logarithms import LOG, LOG1MEXP, LOG1P, SOFTPLUS
from .powers import POWER
from .rests import REST

# The functions that each operation needs, in their order in the file.
HELPERS: Mapping[str, Sequence[str]] = {
    "exp": (EXP,),
    "expm1": (EXPM1,),
    "log": (LOG,),
    "log1p": (LOG1P,),
    "tanh": (EXPM1, TANH),
    "sigmoid": (EXP, SIGMOID),
    "softplus": (EXP, LOG1P, SOFTPLUS),
    "log1mexp": (EXP, EXPM1, LOG, LOG1P, LOG1MEXP),
    "sin": (SIN,),
    "cos": (COS,),
    "erf": (ERFC_TAIL, ERF),
    "erfc": (ERFC_TAIL, ERFC),
    "power": (POWER,),
    "maximum": (MAXIMUM,),
    "minimum": (MINIMUM,),
    "remainder": (REST,),
}
# Those that are exact, of numbers as wide as their operands.
EXACT = frozenset({"maximum", "minimum", "remainder"})


def _name(text: str) -> str:
    """Return the name of the function that a text defines."""
    return re.split(r"\W", text, maxsplit=2)[1]


NAMES = tuple(dict.fromkeys(_name(t) for texts in HELPERS.values() for t in texts))


def is_vector(eq: Equation) -> bool:
    """Whether an operation is to be printed in its form for vector code."""
    return bool(eq.attrs.get("vector"))


def needed(ops: Collection[str]) -> Iterator[str]:
    """Yield the functions that operations need, each once, in a fixed order."""
    texts = [t for op, found in HELPERS.items() if op in ops for t in found]
    yield from dict.fromkeys(texts)


def either(spelling: Spelling) -> Spelling:
    """Return a spelling that calls the form for vector code where that is asked."""

    def spell(w: Writer, eq: Equation) -> Node:
        if not is_vector(eq):
            return spelling(w, eq)
        made = call(_name(HELPERS[eq.op][-1]), *operands(w, eq))
        single = eq.result.type.dtype == "float32" and eq.op not in EXACT
        return call("np.float32", made) if single else made

    return spell
