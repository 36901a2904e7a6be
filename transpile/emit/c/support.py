"""What C lacks: small functions for the head of a file, each with what it needs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

HEAD = """\
#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* One file for all processors: loops are compiled three times, the loader chooses. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) \\
    && !defined(__clang__) && !defined(NO_CLONES)
#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))
/* Arrays come with all their lengths, also those that a function does not look at. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
"""
TRY = """\
#define TRY(call) do { const int status_ = (call); if (status_) return status_; } while (0)
"""
# Where sums may be taken in any order anyway.
RECIPROCAL = """\
/* Many divisions by one number may be products with its reciprocal. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("reciprocal-math")
#endif
"""
# What makes vector code of sums. LOOSE changes what is inlined too: helpers that round by
# adding and taking away would break.
LOOSE = """\
/* Sums that may be taken in any order: GCC is told of the function, others of the loop. */
#if defined(__GNUC__) && !defined(__clang__)
#define LOOSE __attribute__((optimize("associative-math", "no-signed-zeros", \\
                                      "no-trapping-math")))
#define SUM(...) _Pragma("GCC ivdep")
#else
#define LOOSE
#define PRAGMA(text) _Pragma(#text)
#define SUM(...) PRAGMA(omp simd reduction(+ : __VA_ARGS__))
#endif
"""
# Of the header: what callers may pass, so that memory is used again.
WORKSPACE = """\
#ifndef GRADSCRIBE_WORKSPACE
#define GRADSCRIBE_WORKSPACE
/* Memory for calls: blocks, taken from in order and given back together. Begin with
   struct workspace memory = {0}; pass it to as many calls as you like, one at a time; free
   it at the end. NULL instead of one: each call has its own. */
struct block;
struct workspace {
    struct block *first, *current;
    size_t used;
    /* What multiplies large matrices, or NULL: the kind of numbers (0 double, 1 float,
       2 double complex, 3 float complex), factors, product; m, n, columns and the strides
       of the factors, in elements. It returns 0 if all went well. */
    int (*matmul)(void *caller, int kind, const void *a, const void *b, void *out,
                  const int64_t *sizes);
    void *caller;
};
#endif
"""
MEMORY = """\
struct block {
    struct block *next;
    size_t size;
    char *bytes;
};
struct mark {
    struct block *current;
    size_t used;
};

static struct mark marked(const struct workspace *memory)
{
    return (struct mark){memory->current, memory->used};
}

static void release(struct workspace *memory, struct mark mark)
{
    memory->current = mark.current;
    memory->used = mark.used;
}

static void free_all(struct workspace *memory)
{
    while (memory->first != NULL) {
        struct block *next = memory->first->next;
        free(memory->first);
        memory->first = next;
    }
    memory->current = NULL;
    memory->used = 0;
}

/* Lengths multiplied; more than memory can hold if one is negative or all are too many. */
INLINE size_t area(size_t size, int64_t count)
{
    size_t bytes;
    return count < 0 || __builtin_mul_overflow(size, (size_t)count, &bytes)
        ? SIZE_MAX / 2 : bytes;
}

/* A block for so many bytes, which begin at a cache line; behind another one, if any. */
static struct block *added(struct workspace *memory, struct block *before, size_t bytes)
{
    const size_t size = bytes < 65536 ? 65536 : bytes;
    struct block *made = malloc(sizeof *made + 63 + size);
    if (made == NULL)
        return NULL;
    struct block **place = before == NULL ? &memory->first : &before->next;
    *made = (struct block){*place, size, (char *)(((uintptr_t)(made + 1) + 63) & ~(uintptr_t)63)};
    return *place = made;
}

/* Memory until the next release; NULL if there is none. */
static __attribute__((malloc, noinline)) void *take(struct workspace *memory, size_t bytes)
{
    if (bytes >= SIZE_MAX / 4)
        return NULL;
    bytes = (bytes + 64) & ~(size_t)63;
    struct block *block = memory->current;
    size_t used = memory->used;
    if (block == NULL || block->size - used < bytes) {
        struct block *next = block == NULL ? memory->first : block->next;
        if (next == NULL || next->size < bytes)
            next = added(memory, block, bytes);
        if (next == NULL)
            return NULL;
        block = next;
        used = 0;
    }
    memory->current = block;
    memory->used = used + bytes;
    return block->bytes + used;
}
"""
FUNCTIONS: Mapping[str, str] = {
    "is_set": """\
        /* A boolean of an array, read as a byte: so it becomes vector code. */
        INLINE bool is_set(const bool *x)
        {
            return *(const uint8_t *)x;
        }
        """,
    "at": """\
        /* The place of an index that may count from the end; no branch in a loop. */
        INLINE int64_t at(int64_t i, int64_t n)
        {
            return i + (n & (i >> 63));
        }
        """,
    "clipped": """\
        /* The bound of a slice. */
        INLINE int64_t clipped(int64_t i, int64_t n)
        {
            i = i < 0 ? i + n : i;
            return i < 0 ? 0 : i > n ? n : i;
        }
        """,
    "least": """\
        INLINE int64_t least(int64_t a, int64_t b)
        {
            return b < a ? b : a;
        }
        """,
    "greatest": """\
        INLINE int64_t greatest(int64_t a, int64_t b)
        {
            return b > a ? b : a;
        }
        """,
    "lesser": """\
        INLINE double lesser(double a, double b)
        {
            return b < a ? b : a;
        }
        """,
    "greater": """\
        INLINE double greater(double a, double b)
        {
            return b > a ? b : a;
        }
        """,
    "maximum": """\
        /* The greater, or nan. */
        INLINE double maximum(double a, double b)
        {
            return a >= b || a != a ? a : b;
        }
        """,
    "minimum": """\
        /* The lesser, or nan. */
        INLINE double minimum(double a, double b)
        {
            return a <= b || a != a ? a : b;
        }
        """,
    "sign": """\
        INLINE double sign(double x)
        {
            return x != x ? x : (double)((x > 0.0) - (x < 0.0));
        }
        """,
    "heaviside": """\
        INLINE double heaviside(double x, double middle)
        {
            return x != x ? x : x == 0.0 ? middle : x > 0.0 ? 1.0 : 0.0;
        }
        """,
    "logaddexp": """\
        INLINE double logaddexp(double a, double b)
        {
            if (a == b)
                return a + 0.6931471805599453;
            return a > b ? a + log1p(exp(b - a)) : a < b ? b + log1p(exp(a - b)) : a - b;
        }
        """,
    "logaddexp2": """\
        INLINE double logaddexp2(double a, double b)
        {
            if (a == b)
                return a + 1.0;
            const double d = a > b ? b - a : a - b;
            return a != a || b != b ? a - b
                : (a > b ? a : b) + log1p(exp2(d)) * 1.4426950408889634;
        }
        """,
    "quotient": """\
        /* Division rounded down, 0 by 0. */
        INLINE int64_t quotient(int64_t a, int64_t b)
        {
            if (b == 0 || b == -1)
                return b ? (int64_t)(0 - (uint64_t)a) : 0;
            const int64_t q = a / b;
            return q - ((a % b != 0) & ((a < 0) != (b < 0)));
        }
        """,
    "rest": """\
        /* What is left of a division rounded down, 0 by 0. */
        INLINE int64_t rest(int64_t a, int64_t b)
        {
            if (0 <= a && a < b)
                return a; /* a division takes far longer */
            if (b == 0 || b == -1)
                return 0;
            const int64_t r = a % b;
            return r != 0 && (r < 0) != (b < 0) ? r + b : r;
        }
        """,
    "modulo": """\
        /* What is left of a division rounded down; it has the divisor's sign. */
        INLINE double modulo(double a, double b)
        {
            const double r = fmod(a, b);
            if (r == 0.0)
                return copysign(0.0, b);
            return (r < 0.0) != (b < 0.0) ? r + b : r;
        }
        """,
    "floor_divide": """\
        /* Division rounded down. */
        INLINE double floor_divide(double a, double b)
        {
            const double r = fmod(a, b), whole = (a - r) / b;
            if (b == 0.0 || r != r)
                return a / b;
            const double q = r != 0.0 && (r < 0.0) != (b < 0.0) ? whole - 1.0 : whole;
            if (q == 0.0)
                return copysign(0.0, a / b);
            const double down = floor(q);
            return q - down > 0.5 ? down + 1.0 : down;
        }
        """,
    "square": """\
        INLINE double square(double x)
        {
            return x * x;
        }
        """,
    "power": """\
        /* A whole power, by squaring. */
        INLINE double power(double x, int64_t n)
        {
            double made = 1.0;
            for (uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n; left; left >>= 1) {
                made = left & 1 ? made * x : made;
                x *= x;
            }
            return n < 0 ? 1.0 / made : made;
        }
        """,
    "whole_power": """\
        INLINE int64_t whole_power(int64_t x, int64_t n)
        {
            uint64_t made = n < 0 ? (x == 1) : 1, factor = (uint64_t)x;
            for (uint64_t left = n < 0 ? 0 : (uint64_t)n; left; left >>= 1) {
                made = left & 1 ? made * factor : made;
                factor *= factor;
            }
            return (int64_t)made;
        }
        """,
    "complex_power": """\
        INLINE double complex complex_power(double complex x, int64_t n)
        {
            double complex made = 1.0;
            for (uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n; left; left >>= 1) {
                made = left & 1 ? made * x : made;
                x *= x;
            }
            return n < 0 ? 1.0 / made : made;
        }
        """,
    "bits_of": """\
        INLINE int64_t bits_of(double x)
        {
            int64_t bits;
            memcpy(&bits, &x, sizeof bits);
            return bits;
        }
        """,
    "number_of": """\
        INLINE double number_of(int64_t bits)
        {
            double x;
            memcpy(&x, &bits, sizeof x);
            return x;
        }
        """,
}


def pruned(text: str, rest: str) -> str:
    r"""Return what a text has but for static functions that nothing uses.

    Functions stand in paragraphs of their own.

    Examples
    --------
    >>> pruned("int a;\n\nstatic int f(void)\n{\n}", "a = 1;")
    'int a;\n'
    """
    every = text.split("\n\n")
    while True:
        kept = [p for p in every if _is_used(p, [rest, *(o for o in every if o != p)])]
        if kept == every:
            return "\n\n".join(every).strip("\n") + "\n"
        every = kept


def _is_used(part: str, others: Sequence[str]) -> bool:
    found = _DEFINED.search(part)
    return not found or any(re.search(rf"\b{found[1]}\b", each) for each in others)


_DEFINED = re.compile(
    r"^(?:static|INLINE)\b[^;=]*?(?!__attribute__)\b(\w+)\([^;]*\)\s*\{", re.M
)


def needed(text: str) -> Iterator[str]:
    """Yield the functions that a text calls, and those that they call, in order."""
    words = set(re.findall(r"\w+", text))
    for name in reversed(list(FUNCTIONS)):
        if name in words:
            words.update(re.findall(r"\w+", FUNCTIONS[name]))
    yield from (textwrap.dedent(FUNCTIONS[n]) for n in FUNCTIONS if n in words)
