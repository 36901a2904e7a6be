"""C99 from the loops: the text for Numba, read with types, as C.

    text of loops -> infer -> names -> blocks (terms, arrays, sums) -> unit

The loops are Python that Numba compiles; so helpers (vector exponentials, digamma, small
products) are written once for both. What stands there in a form that C has no words for
is refused (`Unspelled`) before anything is written.
"""
