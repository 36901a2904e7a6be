"""Products as C, for each kind of number that a file needs them for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping

from .solvers import solvers_for

KINDS: Mapping[str, str] = {
    "": "double",
    "_f": "float",
    "_z": "double complex",
    "_c": "float complex",
}
SIMD = "SUM(total)\n"
PRODUCTS: Mapping[str, str] = {
    "dot": """\
        static CLONES NUMBER dot(const NUMBER *a, int64_t da, const NUMBER *b, int64_t db, int64_t n)
        {
            NUMBER total = 0;
            if (da == 1 && db == 1) {
        SIMD
                for (int64_t i = 0; i < n; i++)
                    total += a[i] * b[i];
                return total;
            }
            for (int64_t i = 0; i < n; i++)
                total += a[i * da] * b[i * db];
            return total;
        }
        """,
    "matvec": """\
        /* out = a @ x; along the rows of a, or of its transpose where these are together. */
        static CLONES void matvec(const NUMBER *a, int64_t di, int64_t dj,
                                  const NUMBER *x, int64_t dx, NUMBER *restrict out,
                                  int64_t m, int64_t n)
        {
            if (di == 1 && dj != 1) {
                for (int64_t i = 0; i < m; i++)
                    out[i] = 0;
                int64_t j = 0;
                for (; j + 4 <= n; j += 4) {
                    const NUMBER p = x[j * dx], q = x[(j + 1) * dx];
                    const NUMBER r = x[(j + 2) * dx], s = x[(j + 3) * dx];
                    const NUMBER *row = a + j * dj;
                    for (int64_t i = 0; i < m; i++)
                        out[i] += p * row[i] + q * row[dj + i] + r * row[2 * dj + i]
                            + s * row[3 * dj + i];
                }
                for (; j < n; j++)
                    for (int64_t i = 0; i < m; i++)
                        out[i] += a[j * dj + i] * x[j * dx];
                return;
            }
            if (dj == 1 && dx == 1) {
                for (int64_t i = 0; i < m; i++)
                    out[i] = dot(a + i * di, 1, x, 1, n);
                return;
            }
            for (int64_t i = 0; i < m; i++)
                out[i] = dot(a + i * di, dj, x, dx, n);
        }
        """,
    "vecmat": """\
        /* out = x @ a */
        static CLONES void vecmat(const NUMBER *x, int64_t dx, const NUMBER *a, int64_t di,
                                  int64_t dj, NUMBER *restrict out, int64_t n, int64_t m)
        {
            matvec(a, dj, di, x, dx, out, m, n);
        }
        """,
    "matmul": """\
        /* out = a @ b; large ones by the caller's library, if it has one. */
        static CLONES int matmul(const NUMBER *a, int64_t ai, int64_t ak, const NUMBER *b,
                                 int64_t bk, int64_t bj, NUMBER *restrict out, int64_t m,
                                 int64_t n, int64_t columns, struct workspace *memory)
        {
            if (memory->matmul != NULL && (double)m * (double)n * (double)columns > 32768.0) {
                const int64_t sizes[] = {m, n, columns, ai, ak, bk, bj};
                return memory->matmul(memory->caller, CODE, a, b, out, sizes);
            }
        LIBRARY
            memset(out, 0, sizeof(NUMBER) * (size_t)(m * columns));
            if (bj != 1) {
                for (int64_t i = 0; i < m; i++)
                    for (int64_t j = 0; j < columns; j++)
                        out[i * columns + j] = dot(a + i * ai, ak, b + j * bj, bk, n);
                return 0;
            }
            int64_t i = 0;
            for (; i + 4 <= m; i += 4)
                for (int64_t k = 0; k < n; k++) {
                    const NUMBER *row = b + k * bk, *column = a + i * ai + k * ak;
                    const NUMBER p = column[0], q = column[ai], r = column[2 * ai];
                    const NUMBER s = column[3 * ai];
                    NUMBER *restrict first = out + i * columns;
                    for (int64_t j = 0; j < columns; j++) {
                        first[j] += p * row[j];
                        first[columns + j] += q * row[j];
                        first[2 * columns + j] += r * row[j];
                        first[3 * columns + j] += s * row[j];
                    }
                }
            for (; i < m; i++)
                for (int64_t k = 0; k < n; k++)
                    for (int64_t j = 0; j < columns; j++)
                        out[i * columns + j] += a[i * ai + k * ak] * b[k * bk + j];
            return 0;
        }
        """,
}
NEEDS: Mapping[str, tuple[str, ...]] = {
    "dot": ("dot",),
    "matvec": ("dot", "matvec"),
    "vecmat": ("dot", "matvec", "vecmat"),
    "matmul": ("dot", "matmul"),
}
BLAS = """\
#ifdef USE_CBLAS
    if ((ai == 1 || ak == 1) && (bk == 1 || bj == 1) && m > 0 && n > 0 && columns > 0) {
        cblas_LETTERgemm(CblasRowMajor, ak == 1 ? CblasNoTrans : CblasTrans,
                    bj == 1 ? CblasNoTrans : CblasTrans, (int)m, (int)columns, (int)n, 1.0, a,
                    (int)(ak == 1 ? (ai > n ? ai : n) : (ak > m ? ak : m)), b,
                    (int)(bj == 1 ? (bk > columns ? bk : columns) : (bj > n ? bj : n)), 0.0, out,
                    (int)columns);
        return 0;
    }
#endif
"""


def needed(text: str) -> Iterator[str]:
    """Yield the products and solvers that a text calls, and what these call."""
    code = re.sub(r"/\*.*?\*/|\"[^\"\n]*\"", "", text, flags=re.S)
    solvers = list(solvers_for(set(re.findall(r"(\w+)\(", code))))
    called = set(re.findall(r"(\w+)\(", "\n".join([code, *solvers])))
    for suffix, number in KINDS.items():
        names = {n for p, ns in NEEDS.items() if p + suffix in called for n in ns}
        for name in (n for n in PRODUCTS if n in names):
            yield _made(PRODUCTS[name], suffix, number)
    yield from solvers


def _made(template: str, suffix: str, number: str) -> str:
    """Return a product for a kind of number; real ones may be summed in any order."""
    real = suffix in ("", "_f")
    letter = {"": "d", "_f": "s"}.get(suffix)
    blas = BLAS.replace("LETTER", letter).rstrip("\n") if letter else ""
    text = textwrap.dedent(template)
    text = re.sub(r"^SIMD\n", SIMD if real else "", text, flags=re.M)
    text = re.sub(r"^ *LIBRARY\n", blas + "\n" if blas else "", text, flags=re.M)
    if real:
        text = re.sub(r"CLONES (?=NUMBER dot|void matvec)", "CLONES LOOSE ", text)
    text = text.replace("CODE", str(list(KINDS).index(suffix)))
    for name in PRODUCTS:
        text = re.sub(rf"\b{name}\(", f"{name}{suffix}(", text)
    text = text.replace(f"memory->matmul{suffix}(", "memory->matmul(")
    return text.replace("NUMBER", number)
