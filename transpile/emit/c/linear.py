"""Products and solvers as C, for each kind of number that a file needs them for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping

KINDS: Mapping[str, str] = {
    "": "double",
    "_f": "float",
    "_z": "double complex",
    "_c": "float complex",
}
SIMD = "#pragma omp simd reduction(+ : total)\n"
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
            for (int64_t i = 0; i < m; i++) {
                NUMBER total = 0;
                if (dj == 1 && dx == 1) {
        SIMD
                    for (int64_t j = 0; j < n; j++)
                        total += a[i * di + j] * x[j];
                } else {
                    for (int64_t j = 0; j < n; j++)
                        total += a[i * di + j * dj] * x[j * dx];
                }
                out[i] = total;
            }
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
            memset(out, 0, area(sizeof(NUMBER), m * columns));
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
    "matvec": ("matvec",),
    "vecmat": ("matvec", "vecmat"),
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
SOLVERS: Mapping[str, str] = {
    "argsort": """\
        /* The stable order of numbers, nan last, by merging. */
        static int argsort(const double *x, int64_t step, int64_t n, int64_t *restrict order,
                           struct workspace *memory)
        {
            int64_t *other = take(memory, area(sizeof *other, n));
            if (other == NULL)
                return 1;
            for (int64_t i = 0; i < n; i++)
                order[i] = i;
            for (int64_t width = 1; width < n; width *= 2) {
                for (int64_t start = 0; start < n; start += 2 * width) {
                    const int64_t middle = start + width < n ? start + width : n;
                    const int64_t end = middle + width < n ? middle + width : n;
                    int64_t a = start, b = middle;
                    for (int64_t k = start; k < end; k++) {
                        const double left = a < middle ? x[order[a] * step] : NAN;
                        const double right = b < end ? x[order[b] * step] : NAN;
                        const bool after = right < left || (left != left && right == right);
                        other[k] = a < middle && (b >= end || !after) ? order[a++] : order[b++];
                    }
                }
                memcpy(order, other, sizeof *other * (size_t)n);
            }
            return 0;
        }
        """,
    "searchsorted": """\
        static int64_t searchsorted(const double *table, int64_t step, int64_t n, double x,
                                    bool right)
        {
            int64_t low = 0, high = n;
            while (low < high) {
                const int64_t middle = low + (high - low) / 2;
                const double y = table[middle * step];
                const bool before = right ? y <= x || x != x : y < x || (x != x && y == y);
                if (before)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low;
        }
        """,
    "factored": """\
        /* Elimination with the largest pivots, in place; the sign of the permutation, or 0. */
        static CLONES int factored(double *restrict a, int64_t *restrict rows, int64_t n)
        {
            int sign = 1;
            for (int64_t k = 0; k < n; k++) {
                int64_t best = k;
                for (int64_t i = k + 1; i < n; i++)
                    best = fabs(a[i * n + k]) > fabs(a[best * n + k]) ? i : best;
                rows[k] = best;
                if (a[best * n + k] == 0.0)
                    return 0;
                if (best != k) {
                    sign = -sign;
                    for (int64_t j = 0; j < n; j++) {
                        const double kept = a[k * n + j];
                        a[k * n + j] = a[best * n + j];
                        a[best * n + j] = kept;
                    }
                }
                for (int64_t i = k + 1; i < n; i++) {
                    const double factor = a[i * n + k] /= a[k * n + k];
                    for (int64_t j = k + 1; j < n; j++)
                        a[i * n + j] -= factor * a[k * n + j];
                }
            }
            return sign;
        }
        """,
    "gathered": """\
        static double *gathered(const double *a, int64_t di, int64_t dj, int64_t m, int64_t n,
                                struct workspace *memory)
        {
            double *made = take(memory, area(sizeof *made, m * n));
            for (int64_t i = 0; made != NULL && i < m; i++)
                for (int64_t j = 0; j < n; j++)
                    made[i * n + j] = a[i * di + j * dj];
            return made;
        }
        """,
    "solve": """\
        /* The solution of a @ out = b. */
        static CLONES int solve(const double *a, int64_t di, int64_t dj, int64_t n,
                                const double *b, int64_t bi, int64_t bj, int64_t columns,
                                double *restrict out, int singular, struct workspace *memory)
        {
            double *lu = gathered(a, di, dj, n, n, memory);
            int64_t *rows = take(memory, area(sizeof *rows, n));
            if (lu == NULL || rows == NULL)
                return 1;
            if (factored(lu, rows, n) == 0)
                return singular;
            for (int64_t i = 0; i < n; i++)
                for (int64_t j = 0; j < columns; j++)
                    out[i * columns + j] = b[i * bi + j * bj];
            for (int64_t k = 0; k < n; k++)
                for (int64_t j = 0; j < columns && rows[k] != k; j++) {
                    const double kept = out[k * columns + j];
                    out[k * columns + j] = out[rows[k] * columns + j];
                    out[rows[k] * columns + j] = kept;
                }
            for (int64_t i = 0; i < n; i++)
                for (int64_t k = 0; k < i; k++)
                    for (int64_t j = 0; j < columns; j++)
                        out[i * columns + j] -= lu[i * n + k] * out[k * columns + j];
            for (int64_t i = n - 1; i >= 0; i--) {
                for (int64_t k = i + 1; k < n; k++)
                    for (int64_t j = 0; j < columns; j++)
                        out[i * columns + j] -= lu[i * n + k] * out[k * columns + j];
                for (int64_t j = 0; j < columns; j++)
                    out[i * columns + j] /= lu[i * n + i];
            }
            return 0;
        }
        """,
    "inv": """\
        static int inv(const double *a, int64_t di, int64_t dj, int64_t n, double *restrict out,
                       int singular, struct workspace *memory)
        {
            double *one = take(memory, area(sizeof *one, n * n));
            if (one == NULL)
                return 1;
            for (int64_t i = 0; i < n * n; i++)
                one[i] = i % (n + 1) == 0 ? 1.0 : 0.0;
            return solve(a, di, dj, n, one, n, 1, n, out, singular, memory);
        }
        """,
    "det": """\
        static int det(const double *a, int64_t di, int64_t dj, int64_t n, double *out,
                       struct workspace *memory)
        {
            double *lu = gathered(a, di, dj, n, n, memory);
            int64_t *rows = take(memory, area(sizeof *rows, n));
            if (lu == NULL || rows == NULL)
                return 1;
            *out = factored(lu, rows, n);
            for (int64_t i = 0; i < n; i++)
                *out *= lu[i * n + i];
            return 0;
        }
        """,
    "slogdet": """\
        /* The sign of a determinant, and the logarithm of its size. */
        static int slogdet(const double *a, int64_t di, int64_t dj, int64_t n, double *sign,
                           double *log_size, struct workspace *memory)
        {
            double *lu = gathered(a, di, dj, n, n, memory);
            int64_t *rows = take(memory, area(sizeof *rows, n));
            if (lu == NULL || rows == NULL)
                return 1;
            *sign = factored(lu, rows, n);
            *log_size = *sign == 0.0 ? -INFINITY : 0.0;
            for (int64_t i = 0; i < n && *sign != 0.0; i++) {
                *sign = lu[i * n + i] < 0.0 ? -*sign : *sign;
                *log_size += log(fabs(lu[i * n + i]));
            }
            return 0;
        }
        """,
    "cholesky": """\
        /* The lower factor of a symmetric matrix. */
        static CLONES int cholesky(const double *a, int64_t di, int64_t dj, int64_t n,
                                   double *restrict out, int singular, struct workspace *memory)
        {
            (void)memory;
            for (int64_t i = 0; i < n; i++) {
                for (int64_t j = 0; j <= i; j++) {
                    const double left = a[i * di + j * dj]
                        - dot(out + i * n, 1, out + j * n, 1, j);
                    if (i == j && !(left > 0.0))
                        return singular;
                    out[i * n + j] = i == j ? sqrt(left) : left / out[j * n + j];
                }
                for (int64_t j = i + 1; j < n; j++)
                    out[i * n + j] = 0.0;
            }
            return 0;
        }
        """,
}
SOLVER_NEEDS: Mapping[str, tuple[str, ...]] = {
    "solve": ("factored", "gathered", "solve"),
    "inv": ("factored", "gathered", "solve", "inv"),
    "det": ("factored", "gathered", "det"),
    "slogdet": ("factored", "gathered", "slogdet"),
    **{name: (name,) for name in ("argsort", "searchsorted", "cholesky")},
}


def needed(text: str) -> Iterator[str]:
    """Yield the products and solvers that a text calls, and what these call."""
    code = re.sub(r"/\*.*?\*/|\"[^\"\n]*\"", "", text, flags=re.S)
    called = set(re.findall(r"(\w+)\(", code))
    solvers = {n for name in called for n in SOLVER_NEEDS.get(name, ())}
    if "cholesky" in solvers:
        called.add("dot")
    for suffix, number in KINDS.items():
        names = {n for p, ns in NEEDS.items() if p + suffix in called for n in ns}
        for name in (n for n in PRODUCTS if n in names):
            yield _made(PRODUCTS[name], suffix, number)
    for name in (n for n in SOLVERS if n in solvers):
        yield textwrap.dedent(SOLVERS[name])


def _made(template: str, suffix: str, number: str) -> str:
    """Return a product for a kind of number; real ones may be summed in any order."""
    real = suffix in ("", "_f")
    letter = {"": "d", "_f": "s"}.get(suffix)
    blas = BLAS.replace("LETTER", letter).rstrip("\n") if letter else ""
    text = textwrap.dedent(template)
    text = re.sub(r"^SIMD\n", SIMD if real else "", text, flags=re.M)
    text = re.sub(r"^ *LIBRARY\n", blas + "\n" if blas else "", text, flags=re.M)
    text = text.replace("CODE", str(list(KINDS).index(suffix)))
    for name in PRODUCTS:
        text = re.sub(rf"\b{name}\(", f"{name}{suffix}(", text)
    text = text.replace(f"memory->matmul{suffix}(", "memory->matmul(")
    return text.replace("NUMBER", number)
