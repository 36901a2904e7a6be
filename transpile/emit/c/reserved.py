"""Names that a file of C has already."""

from __future__ import annotations

from . import library, linear
from .support import FUNCTIONS

WORDS = """
auto break case char const continue default do double else enum extern float for goto
if inline int long register restrict return short signed sizeof static struct switch
typedef union unsigned void volatile while bool true false complex I NAN INFINITY NULL
asm typeof main errno memory status take area marked release free_all malloc free
memcpy memset CLONES INLINE TRY block workspace mark
pow powf cpow cpowf fabs llabs cabs creal cimag conj ldexp signbit carg cargf
own used start
class new delete this template namespace operator private public protected friend
virtual try catch throw using typename explicit export mutable and or not xor bitand
bitor compl not_eq and_eq or_eq xor_eq wchar_t nullptr constexpr decltype
concept requires
threadIdx blockIdx blockDim gridDim warpSize LANE ALL KERNEL next failed
""".split()
TABLES = (library.REAL, library.COMPLEX, library.OURS, library.TESTS)
TAKEN = frozenset(
    {
        *WORDS,
        *FUNCTIONS,
        *linear.SOLVERS,
        *(name + suffix for name in linear.PRODUCTS for suffix in linear.KINDS),
        *(n + f for table in TABLES for n in table.values() for f in ("", "f")),
    }
)
