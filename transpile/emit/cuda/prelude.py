"""What every file of kernels has at its head, and the text of reductions."""

from __future__ import annotations

PRELUDE = """\
#ifdef __CUDACC_RTC__
typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long long int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
#define INFINITY __longlong_as_double(0x7ff0000000000000LL)
#define NAN __longlong_as_double(0x7ff8000000000000LL)
#else
#include <math.h>
#include <stdint.h>
#endif
#define INLINE static __device__ __forceinline__
#define KERNEL extern "C" __global__ void __launch_bounds__(256)
#define ALL 0xffffffffu
#define BLOCKS 1024 /* At most, where blocks leave parts of sums. */

/* Iterations are dealt out to all threads of the grid, round after round. */
#define FOR_EACH(k, count) \\
    for (int64_t k = blockIdx.x * (int64_t)blockDim.x + threadIdx.x; k < (count); \\
         k += (int64_t)gridDim.x * blockDim.x)
/* The same for warps; lanes share the inner loops. */
#define FOR_EACH_WARP(k, count) \\
    for (int64_t k = (blockIdx.x * (int64_t)blockDim.x + threadIdx.x) >> 5; k < (count); \\
         k += ((int64_t)gridDim.x * blockDim.x) >> 5)
#define LANE ((int64_t)(threadIdx.x & 31))
"""
ATOMIC = """\
/* Add to what other threads add to as well: the order is open. */
INLINE void add(double *place, double value)
{
    atomicAdd(place, value);
}

INLINE void add(float *place, float value)
{
    atomicAdd(place, value);
}

INLINE void add(int64_t *place, int64_t value)
{
    atomicAdd((unsigned long long *)place, (unsigned long long)value);
}
"""
BITS = """\
INLINE int64_t bits_of(double x)
{
    return __double_as_longlong(x);
}

INLINE double number_of(int64_t bits)
{
    return __longlong_as_double(bits);
}
"""
# Names of the head of a file, which variables do not take.
RESERVED = frozenset(
    """
    add FOR_EACH FOR_EACH_WARP BLOCKS Complex Imaginary complex128 complex64
    Pack aligned read_pack write_pack
    """.split()
)
# For each way to put two numbers together: how, and what stands for nothing.
COMBINED = {
    "sum": "a + b",
    "maximum": "a >= b || a != a ? a : b",
    "minimum": "a <= b || a != a ? a : b",
}
NEUTRAL = {"sum": "0", "maximum": "-INFINITY", "minimum": "INFINITY"}
LEAST, GREATEST = "(-9223372036854775807 - 1)", "9223372036854775807"
WHOLE = {"sum": "0", "maximum": LEAST, "minimum": GREATEST}
REDUCED = """\
INLINE %(type)s %(name)s_%(short)s(%(type)s a, %(type)s b)
{
    return %(combined)s;
}

/* The %(name)s over a warp, in every lane. */
INLINE %(type)s warp_%(name)s_%(short)s(%(type)s a)
{
    for (int distance = 16; distance > 0; distance >>= 1)
        a = %(name)s_%(short)s(a, %(moved)s);
    return a;
}
"""
BLOCKS = """\
/* The %(name)s over a block, in its first thread. */
INLINE %(type)s block_%(name)s_%(short)s(%(type)s a)
{
    __shared__ %(type)s parts[32];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    a = warp_%(name)s_%(short)s(a);
    __syncthreads();
    if (lane == 0)
        parts[warp] = a;
    __syncthreads();
    if (warp == 0)
        a = warp_%(name)s_%(short)s(lane < (int)(blockDim.x >> 5) ? parts[lane] : %(neutral)s);
    return a;
}

/* The %(name)s of what blocks left, always in the same order, in the first thread. */
INLINE %(type)s total_%(name)s_%(short)s(const %(type)s *parts, int64_t count)
{
    %(type)s a = %(neutral)s;
    for (int64_t k = threadIdx.x; k < count; k += blockDim.x)
        a = %(name)s_%(short)s(a, parts[k]);
    return block_%(name)s_%(short)s(a);
}
"""
SHORT = {
    "double": "f64",
    "float": "f32",
    "int64_t": "i64",
    "double complex": "c128",
    "float complex": "c64",
}
MOVED = "__shfl_xor_sync(ALL, a%s, distance)"


def neutral(name: str, number: str) -> str:
    """Return the number that changes nothing when it is put to others."""
    return (WHOLE if number == "int64_t" else NEUTRAL)[name]


def reduced(name: str, number: str, over_blocks: bool) -> str:
    """Return the functions that reduce numbers of a type over warps, blocks, grids."""
    text = "\n".join([REDUCED, BLOCKS] if over_blocks else [REDUCED])
    moved = MOVED % ""
    if "complex" in number:
        moved = f"{number}({MOVED % '.re'}, {MOVED % '.im'})"
    return text % {
        "name": name,
        "type": number,
        "short": SHORT[number],
        "combined": COMBINED[name],
        "moved": moved,
        "neutral": neutral(name, number),
    }
