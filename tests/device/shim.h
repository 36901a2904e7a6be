/* CUDA kernels on the host: every thread of a block is a fibre; barriers and shuffles wait
   for the warp or the block, and say so if they wait for ever. One block runs after the other,
   the last one first, and so do threads: what needs the order of the loops is found. The order
   of memory is not modelled. */
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
enum Wait { RUNS, WARP, BLOCK, DONE };
struct Fibre {
    ucontext_t context;
    Wait wait;
    std::vector<char> stack;
};
static std::vector<Fibre> fibres;
static ucontext_t scheduler;
static unsigned current;
static bool yields;
static std::function<void()> body;
static uint64_t published[1024];

static void stop(const char *why)
{
    fprintf(stderr, "%s\n", why);
    abort();
}

/* Wait for the warp or the block. */
static void arrive(Wait wait)
{
    if (!yields)
        stop("a barrier in a kernel that was said to have none");
    fibres[current].wait = wait;
    swapcontext(&fibres[current].context, &scheduler);
}

static void trampoline()
{
    body();
    fibres[current].wait = DONE;
    swapcontext(&fibres[current].context, &scheduler);
}

/* Whether all threads from one to another wait for the same, or have ended. */
static bool all_wait(unsigned from, unsigned to, Wait wait)
{
    for (unsigned t = from; t < to; t++)
        if (fibres[t].wait != wait && fibres[t].wait != DONE)
            return false;
    return true;
}

static void block(unsigned count)
{
    fibres.resize(count);
    for (auto &fibre : fibres) {
        fibre.wait = RUNS;
        fibre.stack.resize(65536);
        getcontext(&fibre.context);
        fibre.context.uc_stack.ss_sp = fibre.stack.data();
        fibre.context.uc_stack.ss_size = fibre.stack.size();
        fibre.context.uc_link = nullptr;
        makecontext(&fibre.context, trampoline, 0);
    }
    for (;;) {
        bool ran = false;
        for (unsigned t = count; t-- > 0;) {
            if (fibres[t].wait != RUNS)
                continue;
            ran = true;
            current = t;
            threadIdx = {t, 0, 0};
            swapcontext(&scheduler, &fibres[t].context);
        }
        for (unsigned first = 0; first < count; first += 32) {
            const unsigned last = first + 32 < count ? first + 32 : count;
            if (all_wait(first, last, WARP))
                for (unsigned t = first; t < last; t++)
                    fibres[t].wait = fibres[t].wait == WARP ? RUNS : DONE;
        }
        if (all_wait(0, count, BLOCK))
            for (auto &fibre : fibres)
                fibre.wait = fibre.wait == BLOCK ? RUNS : DONE;
        if (all_wait(0, count, DONE))
            return;
        bool any = false;
        for (auto &fibre : fibres)
            any = any || fibre.wait == RUNS;
        if (!ran && !any)
            stop("threads wait for each other at different barriers");
    }
}

static void launch(unsigned grid, unsigned count, bool with_yields, std::function<void()> run)
{
    body = run;
    yields = with_yields;
    blockDim = {count, 1, 1};
    gridDim = {grid, 1, 1};
    for (unsigned b = grid; b-- > 0;) {
        blockIdx = {b, 0, 0};
        if (yields) {
            block(count);
            continue;
        }
        for (unsigned t = count; t-- > 0;) {
            threadIdx = {t, 0, 0};
            run();
        }
    }
}
} // namespace shim

static inline void __syncthreads()
{
    shim::arrive(shim::BLOCK);
}

static inline void __syncwarp(unsigned = 0xffffffffu)
{
    shim::arrive(shim::WARP);
}

template <class T> static inline T __shfl_xor_sync(unsigned, T value, int distance)
{
    const unsigned t = threadIdx.x, other = t ^ (unsigned)distance;
    memcpy(&shim::published[t], &value, sizeof value);
    shim::arrive(shim::WARP);
    T found = value;
    if (other < blockDim.x)
        memcpy(&found, &shim::published[other], sizeof found);
    shim::arrive(shim::WARP);
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
