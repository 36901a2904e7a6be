"""Loops, branches and exits."""

# ruff: noqa: B007, B905, E501, E731, F821

import numpy as np

from parse_samples import M, V, case


@case(V(5))
def prev_pattern(x):
    s = 0.0
    for i in range(5):
        if i > 0:
            s += prev * x[i]
        prev = x[i]
    return s + prev


@case(V(5))
def loop_var_after(x):
    for i in range(5):
        if x[i] > 10:
            break
    return i * x[i]


@case(V(5))
def while_else(x):
    i = 0
    while i < 5:
        if x[i] > 100:
            r = x[i]
            break
        i += 1
    else:
        r = -1.0
    return r


@case(V(5))
def while_true_return(x):
    i = 0
    s = 0.0
    while True:
        s += x[i] ** 2
        i += 1
        if s > 1.0 or i >= 5:
            return s * i


@case(M(4, 4))
def nested_continue(A):
    s = 0.0
    for i in range(4):
        if A[i, i] < 0:
            continue
        for j in range(4):
            if j == i:
                continue
            if A[i, j] > 1:
                break
            s += A[i, j]
        else:
            s *= 2
        s += 1
    return s


@case(M(4, 4), 0.3)
@case(M(4, 4), 30.0)
def break_and_return(A, lim):
    s = 0.0
    for i in range(4):
        for j in range(4):
            s += A[i, j] ** 2
            if s > lim * 10:
                return -s
            if A[i, j] > lim:
                s = s * 0.5
                break
        else:
            s += 0.25
        if s > lim * 5:
            break
    else:
        return s + 100
    return s


@case(V(5))
def walrus(x):
    s = 0.0
    i = 0
    while (t := x[i] ** 2) < 100 and i < 4:
        s += t
        i += 1
    return s


@case(V(6))
def closure_late(x):
    k = 1.0

    def g(v):
        return v * k

    a = g(x)
    k = 3.0
    return a + g(x)


@case(V(6))
def nested_writes(x):
    y = np.zeros(6)

    def put(i, v):
        y[i] = v
        if v > 0:
            return v
        return -v

    s = 0.0
    for i in range(6):
        s += put(i, x[i])
    return y + s


@case(V(6))
def iterators(x):
    s = 0.0
    for v in x:
        s += v
    for i, v in enumerate(x):
        s += i * v
    for a, b in zip(x, x[1:]):
        s += a * b
    for i in reversed(range(6)):
        s = s * 0.9 + x[i]
    for c in (1.0, 2.0):
        s += c
    return s


@case(V(4))
def cond_expr_index(x):
    n = len(x)
    s = 0.0
    for i in range(n):
        s += x[i + 1] if i + 1 < n else x[0]
    return s


@case(V(4))
def bool_guard(x):
    n = len(x)
    s = 0.0
    for i in range(-1, n + 1):
        if 0 <= i < n and x[i] > 0:
            s += x[i]
        if i < 0 or i >= n or x[i] < 0:
            s += 1
    return s


@case(V(5))
def nested_tuple(x):
    p = (x[0], (x[1], x))
    a, (b, c) = p
    c = c * 2
    q = p[1][1] + c
    return a, (b, q)


@case(V(5))
def tuple_carry(x):
    p = (0.0, 1.0)
    for i in range(5):
        a, b = p
        p = (b + x[i], a * 0.5)
    return p[0] - p[1]


@case(V(6))
def cond_store(x):
    y = np.zeros_like(x)
    for i in range(6):
        if x[i] > 0:
            y[i] = x[i]
            if i > 2:
                y[i] += 1
        elif x[i] < -1:
            y[i] = -1
        else:
            t = x[i] * 2
            y[i] = t
    return y


@case(V(6))
def dead_after_return(x):
    if x[0] > 100:
        return x[0]
        x = x * 0
    else:
        return x[1]
    return 5.0


@case(V(5))
def if_undefined(x):
    if x[0] > -100:
        q = 1.0
    if x[0] > -100:
        return q
    return 0.0


@case(V(5))
def ret_none_paths(x):
    if x[0] > 0:
        x[0] = 0
        return
    x[1] = 1


@case(V(5))
def local_len(x):
    k = 0
    for i in range(5):
        if x[i] > 0:
            k += 1
    y = np.zeros(k)
    j = 0
    for i in range(5):
        if x[i] > 0:
            y[j] = x[i]
            j += 1
    return y


@case(V(7))
def raise_guard(x):
    n = len(x)
    if n < 3:
        raise ValueError("too short")
    assert n > 2, "bad"
    return x[2]


@case(V(4))
def lambda_default(x):
    f = lambda a, b=2.0: a * b
    return f(x) + f(x, 3.0) + (lambda: x[0])()


@case(V(5))
def del_and_pass(x):
    t = x * 2
    s = t[0]
    del t
    pass
    return s


@case(V(5))
def deep_return(x):
    s = 0.0
    k = 0
    while k < 10:
        for i in range(5):
            for j in range(i):
                s += x[i] * x[j]
                if s > 0.3:
                    return s, k
            if s < -3:
                break
        else:
            k += 1
            continue
        k += 2
    return s * 2, k


@case(V(5))
def return_array_loop(x):
    y = x.copy()
    for i in range(5):
        y[i] *= 2
        if y[i] > 0.5:
            return y
    y[0] = 3
    return y


@case(V(5))
def return_diff_arrays(x):
    y = x.copy()
    for i in range(5):
        if y[i] > 0.5:
            return x * 2
        if y[i] < -5:
            return y
    return y


@case(V(5))
def while_index(x):
    i = 0
    while i < len(x) and x[i] < 0.3:
        x[i] += 1
        i += 1
    return i


@case(V(9))
def binary_search(x):
    y = np.sort_(x) if False else np.cumsum(np.abs(x))
    lo, hi = 0, len(y)
    while lo < hi:
        mid = (lo + hi) // 2
        if y[mid] < 2.0:
            lo = mid + 1
        else:
            hi = mid
    return lo * y[0]


@case(V(4))
def cond_nested(x):
    return x[0] if x[0] > 0 else (x[1] if x[1] > 0 else x[2] * x[3])


@case(V(4))
def cond_array(x):
    y = x if x[0] > 0 else -x
    return y * 2


@case(V(4))
def range_neg(x):
    s = 0.0
    for i in range(len(x) - 1, -1, -1):
        for j in range(i, -1, -1):
            s = s * 0.9 + x[i] * x[j]
    return s


@case(V(4))
def shadow_loop_var(x):
    i = 10
    s = 0.0
    for i in range(0):
        s += 1
    for i in range(2, 4):
        i = i * 2
        s += i
    return s + i


@case(V(5))
def kadane(x):
    best = -np.inf
    cur = 0.0
    for v in x:
        cur = max(v, cur + v)
        if cur > best:
            best = cur
    return best


@case(V(3))
def nested_fn_loop(x):
    def step(s, v):
        if v > 0:
            return s + v
        return s * 0.5

    s = 1.0
    for v in x:
        s = step(s, v)
    return s
