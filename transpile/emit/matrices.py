"""Functions of matrices: SciPy's names, and text for compiled code, which has none."""

from __future__ import annotations

from collections.abc import Iterator, Set

from ..graph.ir import Equation
from .exponential import EXPM
from .expressions import Node, call, dotted, method
from .writer import Writer, operands

FUNCTIONS = {
    "expm": "scipy.linalg.expm",
    "sqrtm": "scipy.linalg.sqrtm",
    "logm": "scipy.linalg.logm",
    "sylvester": "scipy.linalg.solve_sylvester",
}
# These may return complex numbers that are real up to rounding.
MAYBE_REAL = ("sqrtm", "logm")
WIDE = {"float32": "float64", "complex64": "complex128"}


def function(w: Writer, eq: Equation) -> Node:
    """Print a call of SciPy's function."""
    made = call(FUNCTIONS[eq.op], *operands(w, eq))
    real = eq.op in MAYBE_REAL and not eq.result.type.is_complex
    return call("np.real", made) if real else made


def private(w: Writer, eq: Equation) -> Node:
    """Print a call of the private function, which takes doubles."""
    matrices, dtype = operands(w, eq), eq.result.type.dtype
    wide = WIDE.get(dtype)
    if wide is None:
        return call(f"_{eq.op}", *matrices)
    widened = (method(node, "astype", dotted(f"np.{wide}")) for node in matrices)
    return method(call(f"_{eq.op}", *widened), "astype", dotted(f"np.{dtype}"))


def needed(used: Set[str]) -> Iterator[str]:
    """Yield the texts of the private functions of some operations."""
    for op, texts in TEXTS.items():
        if used & NEEDED.get(op, {op}):
            yield texts


NEEDED = {"sqrtm": {"sqrtm", "logm"}}
TEXTS = {
    "expm": EXPM,
    "sqrtm": """\
    def _sqrtm(a):
        \"\"\"The square root of a matrix, by the iteration of Denman and Beavers.\"\"\"
        n = a.shape[0]
        root = a.copy()
        inverse = np.zeros_like(a)
        for i in range(n):
            inverse[i, i] = 1.0
        for _ in range(100):
            other = np.linalg.inv(root)
            root_new = 0.5 * (root + np.linalg.inv(inverse))
            inverse = 0.5 * (inverse + other)
            change = np.max(np.abs(root_new - root)) if n else 0.0
            root = root_new
            if n == 0 or change <= 1e-15 * np.max(np.abs(root)):
                break
        return root
    """,
    "logm": """\
    def _logm(a):
        \"\"\"The logarithm of a matrix: of a root near 1, by Gauss's quadrature.\"\"\"
        n = a.shape[0]
        one = np.zeros_like(a)
        for i in range(n):
            one[i, i] = 1.0
        root = a.copy()
        scale = 1.0
        for _ in range(100):
            if n == 0 or np.max(np.abs(root - one)) * n <= 0.25:
                break
            root = _sqrtm(root)
            scale *= 2.0
        near = root - one
        total = np.zeros_like(a)
        nodes = np.array(
            (
                0.019855071751231912,
                0.10166676129318664,
                0.2372337950418355,
                0.4082826787521751,
                0.5917173212478248,
                0.7627662049581645,
                0.8983332387068134,
                0.9801449282487681,
            )
        )
        weights = np.array(
            (
                0.05061426814518853,
                0.11119051722668721,
                0.15685332293894344,
                0.18134189168918083,
                0.18134189168918083,
                0.15685332293894344,
                0.11119051722668721,
                0.05061426814518853,
            )
        )
        for k in range(nodes.size):
            total += weights[k] * np.linalg.solve(one + nodes[k] * near, near)
        return scale * total
    """,
    "sylvester": """\
    def _sylvester(a, b, q):
        \"\"\"The x of a @ x + x @ b = q, as one system for all elements.\"\"\"
        m, n = q.shape
        right = q.copy().reshape(m * n)
        whole = np.zeros_like(np.outer(right, right))
        for i in range(m):
            for j in range(n):
                row = i * n + j
                for k in range(m):
                    whole[row, k * n + j] += a[i, k]
                for k in range(n):
                    whole[row, i * n + k] += b[k, j]
        return np.linalg.solve(whole, right).reshape((m, n))
    """,
}
