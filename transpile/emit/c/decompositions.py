"""Orthogonal decompositions of matrices as C: by reflections and by rotations.

Short methods of full accuracy, for matrices of some hundred rows; a library is faster on
large ones. Each function returns one part of a decomposition, by its number.
"""

from __future__ import annotations

from collections.abc import Mapping

DECOMPOSITIONS: Mapping[str, str] = {
    "rotated": """\
        /* Two rows turned by an angle. */
        static CLONES void rotated(double *restrict x, double *restrict y, int64_t step, int64_t n,
                                   double cosine, double sine)
        {
            if (step == 1) {
                for (int64_t k = 0; k < n; k++) {
                    const double kept = x[k];
                    x[k] = cosine * kept - sine * y[k];
                    y[k] = sine * kept + cosine * y[k];
                }
                return;
            }
            for (int64_t k = 0; k < n * step; k += step) {
                const double kept = x[k];
                x[k] = cosine * kept - sine * y[k];
                y[k] = sine * kept + cosine * y[k];
            }
        }
        """,
    "tangent": """\
        /* The smaller rotation that makes a symmetric matrix of two rows diagonal. */
        static double tangent(double first, double beside, double last)
        {
            const double ratio = (last - first) / (2.0 * beside);
            return copysign(1.0, ratio) / (fabs(ratio) + hypot(ratio, 1.0));
        }
        """,
    "unknown": """\
        /* Whether a number of a matrix is none or infinite: then so are all that follow. */
        static bool unknown(const double *a, int64_t count, double *out, int64_t wanted)
        {
            bool good = true;
            for (int64_t k = 0; k < count; k++)
                good = good && isfinite(a[k]);
            for (int64_t k = 0; k < wanted && !good; k++)
                out[k] = NAN;
            return !good;
        }
        """,
    "identity": """\
        static double *identity(int64_t n, struct workspace *memory)
        {
            double *made = take(memory, area(sizeof *made, n * n));
            for (int64_t k = 0; made != NULL && k < n * n; k++)
                made[k] = k % (n + 1) == 0 ? 1.0 : 0.0;
            return made;
        }
        """,
    "reflected": """\
        /* Columns of a matrix, from one on, reflected at what stands below the diagonal of a
           column of another. */
        static CLONES void reflected(const double *v, double scale, int64_t j, int64_t m,
                                     int64_t width, double *a, int64_t first, int64_t n,
                                     double *restrict total)
        {
            for (int64_t c = first; c < n; c++)
                total[c] = a[j * n + c];
            for (int64_t i = j + 1; i < m; i++) {
                const double own = v[i * width + j];
                for (int64_t c = first; c < n; c++)
                    total[c] += own * a[i * n + c];
            }
            for (int64_t c = first; c < n; c++)
                a[j * n + c] -= scale * total[c];
            for (int64_t i = j + 1; i < m; i++) {
                const double own = scale * v[i * width + j];
                for (int64_t c = first; c < n; c++)
                    a[i * n + c] -= own * total[c];
            }
        }
        """,
    "qr": """\
        /* One of a = q @ r by Householder's reflections, with LAPACK's signs: orthonormal
           columns (0), or the upper triangle (1). */
        static int qr(const double *a, int64_t di, int64_t dj, int64_t m, int64_t n, int part,
                      double *restrict out, struct workspace *memory)
        {
            const int64_t count = m < n ? m : n;
            double *r = gathered(a, di, dj, m, n, memory);
            double *scales = take(memory, area(sizeof *scales, count));
            double *total = take(memory, area(sizeof *total, n));
            if (r == NULL || scales == NULL || total == NULL)
                return 1;
            for (int64_t j = 0; j < count; j++) {
                double below = 0.0;
                for (int64_t i = j + 1; i < m; i++)
                    below += r[i * n + j] * r[i * n + j];
                scales[j] = 0.0;
                if (below == 0.0)
                    continue;
                const double old = r[j * n + j];
                const double made = -copysign(sqrt(old * old + below), old);
                scales[j] = (made - old) / made;
                for (int64_t i = j + 1; i < m; i++)
                    r[i * n + j] /= old - made;
                r[j * n + j] = made;
                reflected(r, scales[j], j, m, n, r, j + 1, n, total);
            }
            if (part == 1) {
                for (int64_t k = 0; k < count * n; k++)
                    out[k] = k % n >= k / n ? r[k] : 0.0;
                return 0;
            }
            for (int64_t k = 0; k < m * count; k++)
                out[k] = k % count == k / count ? 1.0 : 0.0;
            for (int64_t j = count - 1; j >= 0; j--)
                reflected(r, scales[j], j, m, n, out, j, count, total);
            return 0;
        }
        """,
    "eigh": """\
        /* The eigenvalues of a symmetric matrix, upwards (0), or vectors of length 1 in columns
           (1), by Jacobi's rotations. It reads the lower triangle. */
        static int eigh(const double *a, int64_t di, int64_t dj, int64_t n, int part,
                        double *restrict out, struct workspace *memory)
        {
            double *left = gathered(a, di, dj, n, n, memory), *rows = identity(n, memory);
            if (left == NULL || rows == NULL)
                return 1;
            if (unknown(left, n * n, out, part == 1 ? n * n : n))
                return 0;
            double size = 0.0;
            for (int64_t i = 0; i < n; i++)
                for (int64_t j = 0; j <= i; j++) {
                    left[j * n + i] = left[i * n + j];
                    size += left[i * n + j] * left[i * n + j];
                }
            const double small = sqrt(size) / (double)(n + 1) * 1e-17;
            bool turned = true;
            for (int sweep = 0; turned && sweep < 60; sweep++) {
                turned = false;
                for (int64_t p = 0; p < n; p++)
                    for (int64_t q = p + 1; q < n; q++) {
                        const double beside = left[p * n + q];
                        if (!(fabs(beside) > small))
                            continue;
                        turned = true;
                        const double t = tangent(left[p * n + p], beside, left[q * n + q]);
                        const double cosine = 1.0 / sqrt(t * t + 1.0), sine = t * cosine;
                        rotated(left + p * n, left + q * n, 1, n, cosine, sine);
                        rotated(left + p, left + q, n, n, cosine, sine);
                        rotated(rows + p * n, rows + q * n, 1, n, cosine, sine);
                        left[p * n + q] = left[q * n + p] = 0.0;
                    }
            }
            for (int64_t k = 0; k < n; k++) {
                int64_t least = k;
                for (int64_t i = k + 1; i < n; i++)
                    least = left[i * n + i] < left[least * n + least] ? i : least;
                const double value = left[least * n + least];
                left[least * n + least] = left[k * n + k];
                left[k * n + k] = value;
                for (int64_t i = 0; i < n; i++) {
                    const double kept = rows[least * n + i];
                    rows[least * n + i] = rows[k * n + i];
                    rows[k * n + i] = kept;
                    if (part == 1)
                        out[i * n + k] = kept;
                }
                if (part == 0)
                    out[k] = value;
            }
            return 0;
        }
        """,
    "singular": """\
        /* The singular values of a matrix, downwards, and beside each a row of the vectors of its
           longer side and one of the shorter side, by rotations of rows (Hestenes). */
        static int singular(double *rows, double *turns, double *sizes, int64_t count,
                            int64_t length)
        {
            bool turned = true;
            for (int sweep = 0; turned && sweep < 60; sweep++) {
                turned = false;
                for (int64_t p = 0; p < count; p++)
                    for (int64_t q = p + 1; q < count; q++) {
                        double *x = rows + p * length, *y = rows + q * length;
                        const double first = dot(x, 1, x, 1, length);
                        const double last = dot(y, 1, y, 1, length);
                        const double beside = dot(x, 1, y, 1, length);
                        if (!(fabs(beside) > 1e-15 * sqrt(first) * sqrt(last)))
                            continue;
                        turned = true;
                        const double t = tangent(first, beside, last);
                        const double cosine = 1.0 / sqrt(t * t + 1.0), sine = t * cosine;
                        rotated(x, y, 1, length, cosine, sine);
                        rotated(turns + p * count, turns + q * count, 1, count, cosine, sine);
                    }
            }
            for (int64_t k = 0; k < count; k++)
                sizes[k] = sqrt(dot(rows + k * length, 1, rows + k * length, 1, length));
            for (int64_t k = 0; k < count; k++) {
                int64_t most = k;
                for (int64_t i = k + 1; i < count; i++)
                    most = sizes[i] > sizes[most] ? i : most;
                const double size = sizes[most];
                sizes[most] = sizes[k];
                sizes[k] = size;
                if (most != k) {
                    rotated(rows + k * length, rows + most * length, 1, length, 0.0, 1.0);
                    rotated(turns + k * count, turns + most * count, 1, count, 0.0, 1.0);
                }
                for (int64_t i = 0; i < length && size > 0.0; i++)
                    rows[k * length + i] /= size;
            }
            return 0;
        }
        """,
    "completed": """\
        /* Rows of length 1 in the place of those that a singular value of 0 left. */
        static void completed(double *rows, const double *sizes, int64_t count, int64_t length)
        {
            int64_t next = 0;
            for (int64_t k = 0; k < count; k++)
                while (sizes[k] == 0.0 && next < length) {
                    double *row = rows + k * length;
                    for (int64_t i = 0; i < length; i++)
                        row[i] = i == next ? 1.0 : 0.0;
                    next++;
                    /* Twice: the first time rounds. */
                    for (int64_t j = 0; j < 2 * k; j++) {
                        const double *other = rows + j % k * length;
                        const double along = dot(row, 1, other, 1, length);
                        for (int64_t i = 0; i < length; i++)
                            row[i] -= along * other[i];
                    }
                    const double left = sqrt(dot(row, 1, row, 1, length));
                    if (left * left * (double)length < 0.5)
                        continue;
                    for (int64_t i = 0; i < length; i++)
                        row[i] /= left;
                    break;
                }
        }
        """,
    "svd": """\
        /* One of a = u @ diag(s) @ vt, as many columns and rows as there are values: u (0), s (1),
           vt (2). */
        static int svd(const double *a, int64_t di, int64_t dj, int64_t m, int64_t n, int part,
                       double *restrict out, struct workspace *memory)
        {
            const bool wide = m < n;
            const int64_t count = wide ? m : n, length = wide ? n : m;
            double *rows = wide ? gathered(a, di, dj, m, n, memory)
                : gathered(a, dj, di, n, m, memory);
            double *turns = identity(count, memory);
            double *sizes = take(memory, area(sizeof *sizes, count));
            if (rows == NULL || turns == NULL || sizes == NULL)
                return 1;
            const int64_t wanted = part == 1 ? count : part == 0 ? m * count : count * n;
            if (unknown(rows, m * n, out, wanted))
                return 0;
            singular(rows, turns, sizes, count, length);
            completed(rows, sizes, count, length);
            if (part == 1)
                memcpy(out, sizes, sizeof *out * (size_t)count);
            const double *left = wide ? turns : rows, *right = wide ? rows : turns;
            for (int64_t k = 0; k < m * count && part == 0; k++)
                out[k] = left[k % count * m + k / count];
            if (part == 2)
                memcpy(out, right, sizeof *out * (size_t)(count * n));
            return 0;
        }
        """,
    "pinv": """\
        /* The pseudo-inverse; singular values below 1e-15 of the greatest count as 0. */
        static int pinv(const double *a, int64_t di, int64_t dj, int64_t m, int64_t n,
                        double *restrict out, struct workspace *memory)
        {
            const bool wide = m < n;
            const int64_t count = wide ? m : n, length = wide ? n : m;
            double *rows = wide ? gathered(a, di, dj, m, n, memory)
                : gathered(a, dj, di, n, m, memory);
            double *turns = identity(count, memory);
            double *sizes = take(memory, area(sizeof *sizes, count));
            if (rows == NULL || turns == NULL || sizes == NULL)
                return 1;
            if (unknown(rows, m * n, out, m * n))
                return 0;
            singular(rows, turns, sizes, count, length);
            const double *left = wide ? turns : rows, *right = wide ? rows : turns;
            memset(out, 0, sizeof *out * (size_t)(m * n));
            for (int64_t k = 0; k < count && sizes[k] > 1e-15 * sizes[0]; k++)
                for (int64_t i = 0; i < n; i++)
                    for (int64_t j = 0; j < m; j++)
                        out[i * m + j] += right[k * n + i] / sizes[k] * left[k * m + j];
            return 0;
        }
        """,
}
