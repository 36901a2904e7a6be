"""Solvers, orders and determinants as C, for the kinds of numbers that a file needs.

``NUMBER`` stands for the kind, ``SIZE`` for the function of its absolute value; other
kinds are compared as ``VALUE``.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping

from .decompositions import DECOMPOSITIONS

NUMBERS: Mapping[str, str] = {
    "": "double",
    "_f": "float",
    "_z": "double complex",
    "_l": "int64_t",
}
SOLVERS: Mapping[str, str] = {
    "argsort": """\
        /* The stable order of numbers, nan last, by merging. */
        static int argsort(const NUMBER *x, int64_t step, int64_t n, int64_t *restrict order,
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
                        bool left = a < middle;
                        if (left && b < end) {
                            const NUMBER x_a = x[order[a] * step], x_b = x[order[b] * step];
                            left = !(x_b < x_a || (x_a != x_a && x_b == x_b));
                        }
                        other[k] = order[left ? a++ : b++];
                    }
                }
                memcpy(order, other, sizeof *other * (size_t)n);
            }
            return 0;
        }
        """,
    "searchsorted": """\
        static int64_t searchsorted(const NUMBER *table, int64_t step, int64_t n, VALUE x,
                                    bool right)
        {
            int64_t low = 0, high = n;
            while (low < high) {
                const int64_t middle = low + (high - low) / 2;
                const NUMBER y = table[middle * step];
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
        static CLONES int factored(NUMBER *restrict a, int64_t *restrict rows, int64_t n)
        {
            int sign = 1;
            for (int64_t k = 0; k < n; k++) {
                int64_t best = k;
                for (int64_t i = k + 1; i < n; i++)
                    best = SIZE(a[i * n + k]) > SIZE(a[best * n + k]) ? i : best;
                rows[k] = best;
                if (a[best * n + k] == 0.0)
                    return 0;
                if (best != k) {
                    sign = -sign;
                    for (int64_t j = 0; j < n; j++) {
                        const NUMBER kept = a[k * n + j];
                        a[k * n + j] = a[best * n + j];
                        a[best * n + j] = kept;
                    }
                }
                for (int64_t i = k + 1; i < n; i++) {
                    const NUMBER factor = a[i * n + k] /= a[k * n + k];
                    for (int64_t j = k + 1; j < n; j++)
                        a[i * n + j] -= factor * a[k * n + j];
                }
            }
            return sign;
        }
        """,
    "gathered": """\
        static NUMBER *gathered(const NUMBER *a, int64_t di, int64_t dj, int64_t m, int64_t n,
                                struct workspace *memory)
        {
            NUMBER *made = take(memory, area(sizeof *made, m * n));
            for (int64_t i = 0; made != NULL && i < m; i++)
                for (int64_t j = 0; j < n; j++)
                    made[i * n + j] = a[i * di + j * dj];
            return made;
        }
        """,
    "solve": """\
        /* The solution of a @ out = b. */
        static CLONES int solve(const NUMBER *a, int64_t di, int64_t dj, int64_t n,
                                const NUMBER *b, int64_t bi, int64_t bj, int64_t columns,
                                NUMBER *restrict out, int singular, struct workspace *memory)
        {
            NUMBER *lu = gathered(a, di, dj, n, n, memory);
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
                    const NUMBER kept = out[k * columns + j];
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
        static int inv(const NUMBER *a, int64_t di, int64_t dj, int64_t n, NUMBER *restrict out,
                       int singular, struct workspace *memory)
        {
            NUMBER *one = take(memory, area(sizeof *one, n * n));
            if (one == NULL)
                return 1;
            for (int64_t i = 0; i < n * n; i++)
                one[i] = i % (n + 1) == 0 ? 1.0 : 0.0;
            return solve(a, di, dj, n, one, n, 1, n, out, singular, memory);
        }
        """,
    "det": """\
        static int det(const NUMBER *a, int64_t di, int64_t dj, int64_t n, NUMBER *out,
                       struct workspace *memory)
        {
            NUMBER *lu = gathered(a, di, dj, n, n, memory);
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
SOLVERS = {**SOLVERS, **DECOMPOSITIONS}


def solvers_for(called: set[str]) -> Iterator[str]:
    """Yield the solvers that are called, and those that they call, in order."""
    made: list[str] = []
    for name in reversed(list(SOLVERS)):
        for suffix, number in NUMBERS.items():
            if name + suffix in called:
                made.append(_made(SOLVERS[name], suffix, number))
                called |= set(re.findall(r"(\w+)\(", made[-1]))
    yield from reversed(made)


def _made(template: str, suffix: str, number: str) -> str:
    size = "cabs" if suffix == "_z" else "fabs"
    value = number if suffix == "_l" else "double"
    text = textwrap.dedent(template).replace("NUMBER", number)
    text = text.replace("VALUE", value).replace("SIZE(", f"{size}(")
    for name in (*SOLVERS, "dot"):
        text = re.sub(rf"\b{name}\(", f"{name}{suffix}(", text)
    return text
