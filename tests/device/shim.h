/* CUDA kernels on the host: every thread of a block is a fibre; barriers and shuffles
   yield. One block runs after the other. Races and the order of memory are not modelled. */
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <functional>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static

struct shim_place {
    unsigned x, y, z;
};
static shim_place threadIdx, blockIdx, blockDim, gridDim;

namespace shim {
struct Fibre {
    ucontext_t context;
    bool done;
    std::vector<char> stack;
};
static std::vector<Fibre> fibres;
static ucontext_t scheduler;
static unsigned current;
static bool yields;
static std::function<void()> body;
static uint64_t published[1024];

static void yield()
{
    if (!yields) {
        fprintf(stderr, "a barrier in a kernel that was said to have none\n");
        abort();
    }
    swapcontext(&fibres[current].context, &scheduler);
}

static void trampoline()
{
    body();
    fibres[current].done = true;
    swapcontext(&fibres[current].context, &scheduler);
}

static void block(unsigned count)
{
    fibres.resize(count);
    for (auto &fibre : fibres) {
        fibre.done = false;
        fibre.stack.resize(65536);
        getcontext(&fibre.context);
        fibre.context.uc_stack.ss_sp = fibre.stack.data();
        fibre.context.uc_stack.ss_size = fibre.stack.size();
        fibre.context.uc_link = nullptr;
        makecontext(&fibre.context, trampoline, 0);
    }
    for (bool more = true; more;) {
        more = false;
        for (unsigned t = 0; t < count; t++) {
            if (fibres[t].done)
                continue;
            current = t;
            threadIdx = {t, 0, 0};
            swapcontext(&scheduler, &fibres[t].context);
            more = more || !fibres[t].done;
        }
    }
}

static void launch(unsigned grid, unsigned count, bool with_yields, std::function<void()> run)
{
    body = run;
    yields = with_yields;
    blockDim = {count, 1, 1};
    gridDim = {grid, 1, 1};
    for (unsigned b = 0; b < grid; b++) {
        blockIdx = {b, 0, 0};
        if (yields) {
            block(count);
            continue;
        }
        for (unsigned t = 0; t < count; t++) {
            threadIdx = {t, 0, 0};
            run();
        }
    }
}
} // namespace shim

static inline void __syncthreads()
{
    shim::yield();
}

static inline void __syncwarp(unsigned = 0xffffffffu)
{
    shim::yield();
}

template <class T> static inline T __shfl_xor_sync(unsigned, T value, int distance)
{
    const unsigned t = threadIdx.x, other = t ^ (unsigned)distance;
    memcpy(&shim::published[t], &value, sizeof value);
    shim::yield();
    T found = value;
    if (other < blockDim.x)
        memcpy(&found, &shim::published[other], sizeof found);
    shim::yield();
    return found;
}

template <class T> static inline T atomicAdd(T *place, T value)
{
    const T old = *place;
    *place = old + value;
    return old;
}

static inline int atomicCAS(int *place, int wanted, int value)
{
    const int old = *place;
    if (old == wanted)
        *place = value;
    return old;
}

static inline long long __double_as_longlong(double x)
{
    long long bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double __longlong_as_double(long long bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
