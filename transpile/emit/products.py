"""Helpers that write a product into a given array: by loops where it is small.

A call of the library takes about 50 ns more than the loops. So loops win for a vector
and a matrix of up to some 45 rows and columns, for two matrices only up to 4: from
there on the library's use of registers counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..graph.ir import Equation

INTO: Mapping[str, str] = {op: f"_{op}" for op in ("matvec", "vecmat", "matmul")}
HELPERS: Mapping[str, str] = {
    "matvec": '''\
        def _matvec(a, x, out):
            """out[:] = a @ x, a small product without calling a library."""
            if a.size > 2048:
                np.dot(a, x, out)
                return
            for i in range(a.shape[0]):
                total = 0.0
                for j in range(a.shape[1]):
                    total += a[i, j] * x[j]
                out[i] = total
        ''',
    "vecmat": '''\
        def _vecmat(x, a, out):
            """out[:] = x @ a, a small product without calling a library."""
            if a.size > 2048:
                np.dot(x, a, out)
                return
            for j in range(a.shape[1]):
                out[j] = 0.0
            for i in range(a.shape[0]):
                for j in range(a.shape[1]):
                    out[j] += x[i] * a[i, j]
        ''',
    "matmul": '''\
        def _matmul(a, b, out):
            """out[:] = a @ b, a small product without calling a library."""
            if a.size * b.shape[1] > 64:
                np.dot(a, b, out)
                return
            for i in range(a.shape[0]):
                for j in range(b.shape[1]):
                    total = 0.0
                    for k in range(a.shape[1]):
                        total += a[i, k] * b[k, j]
                    out[i, j] = total
        ''',
}


def needed(equations: Iterable[Equation]) -> list[str]:
    """Return the operations whose products are written into given arrays."""
    found = {eq.op for eq in equations if eq.attrs.get("into") is True}
    return [op for op in HELPERS if op in found]
