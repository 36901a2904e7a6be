"""C99 from the loops: the text for Numba, read with types, as C.

    text of loops -> infer -> body (scopes, terms, arrays, sums) -> unit -> python, stub

The loops are Python that Numba compiles; so helpers (vector exponentials, digamma,
small products) are written once for both. What C has no words for is refused before
anything is written (`kinds.unspelled`).
"""
