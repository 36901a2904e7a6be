"""Loops left early, in and around other loops."""

import numpy as np

from corpus import case, exactly, integers, normal, unit


@case((6,))
def break_two_levels_down(x):
    s = 1.0
    for i in range(5):
        k = 0
        while k < 4:
            s = s * x[k] + 0.5
            if s * s > 1.5:
                break
            k += 1
        s += x[k] * x[i]
    return s


@case((6,))
def while_in_for_in_while(x):
    s = x[0]
    n = 0
    while n < 3:
        for i in range(n + 1):
            j = i
            while j > 0 and s * s < 4.0:
                s = s * x[j] + x[i]
                j -= 1
            s = np.sin(s)
        n += 1
        if s > 0.8:
            n += 1
    return s * n


@case((6,), label="a")
@case(normal(6, scale=3.0), label="b")
@case(exactly([-1.0, -1.0, -1.0, -1.0, -1.0, -1.0]), label="c")
def three_returns(x):
    y = x * x
    for i in range(5):
        y[i] = y[i + 1] * x[i]
        if y[i] > 1.0:
            return y * 2.0
        j = 0
        while j < i:
            y[j] *= x[i]
            if y[j] < -0.5:
                return np.cos(y) * x[j]
            j += 1
    return y * x


@case((6,))
def continue_in_nested(x):
    s = 0.5
    for i in range(6):
        if x[i] < -0.5:
            continue
        for j in range(i):
            if x[j] > 0.5:
                continue
            if s > 3.0:
                break
            s = s * x[j] + x[i]
        s += 0.25
    return s


@case((6,))
def loop_variable_after(x):
    s = 0.0
    for i in range(1, 6, 2):
        s += x[i]
    return s * x[i] + i


@case((6,), 0, wrt="x", label="zero")
@case((6,), 4, wrt="x")
def loop_variable_after_maybe_zero(x, n):
    i = 2
    s = 1.0
    for i in range(n):
        s *= x[i]
    return s * x[i]


@case((6,), 0, wrt="x", label="zero")
@case((6,), 5, wrt="x")
def array_after_zero_trip(x, n):
    y = x * x
    z = y
    for i in range(n):
        y = y * x[i]
        y[i] = z[i] * y[i - 1]
    return y * z


@case((6,))
def decreasing_with_step(x):
    y = x * x
    for i in range(5, 0, -2):
        y[i - 1] = y[i] * y[i - 1]
        for j in range(i, 0, -1):
            y[j] *= y[j - 1]
    return y


@case((6,), integers(0, 4, 5), wrt="x")
def data_dependent_trips(x, n):
    s = 0.0
    y = x.copy()
    for i in range(5):
        for j in range(n[i]):
            y[j] = y[j] * x[i] + s
            s += y[j] * 0.1
    return s * y


@case((6,))
def data_dependent_index(x):
    y = x * x
    for i in range(4):
        k = np.argmax(y)
        y[k] = y[k] * y[i] * 0.5
    return y * x


@case((6,), integers(0, 6, 6), wrt="x")
def pointer_chase(x, nxt):
    y = x.copy()
    k = 0
    for i in range(5):
        j = nxt[k]
        y[j] = y[j] * y[k] + x[i]
        k = j
    return y * y[k]


@case((6,))
def flag_controlled(x):
    done = False
    s = 1.0
    i = 0
    while not done:
        s = s * x[i] + 1.0
        if s > 2.0 or i == 5:
            done = True
        else:
            i += 1
    return s * x[i]


@case((6,))
def break_with_state(x):
    y = np.zeros(6)
    best = x[0]
    at = 0
    for i in range(6):
        y[i] = best * x[i]
        if x[i] > best:
            best = x[i]
            at = i
            if at > 2:
                break
        y[at] += best**2
    y[at] *= best
    return y * best


@case((4, 4))
def break_both_levels(A):
    B = A * A
    stop = False
    for i in range(4):
        for j in range(4):
            B[i, j] *= B[j, i]
            if B[i, j] > 1.0:
                stop = True
                break
        if stop:
            break
        B[i] += B[i, j]
    return B * A[i, j]


@case(2.0, 0.7)
def while_true_return(a, b):
    x = a
    while True:
        x = 0.5 * (x + b / x)
        if x * x - b < 1e-3:
            return x * a
        a = a * 1.1


@case((5,))
def if_stores_different_arrays(x):
    a = x * x
    b = np.sin(x)
    for i in range(4):
        if a[i] > b[i]:
            a[i + 1] = a[i] * b[i]
            b[i] = b[i + 1] ** 2
        elif b[i] > 0.3:
            b[i + 1] *= a[i]
        else:
            a, b = b * 1.0, a * x
        a[i] += b[i] ** 2
    return a * b


@case((5,))
def rebinding_in_one_branch(x):
    y = x * x
    for i in range(5):
        if x[i] > 0.0:
            y = y * x[i]
        y[i] = y[i] ** 2
    return y


@case((5,))
def scalar_defined_in_branch_used_in_same(x):
    s = 0.0
    t = 0.0
    for i in range(5):
        if x[i] > 0.0:
            t = x[i] * s
            u = t + 1.0
            s = s + u * u
        else:
            s = s * t + x[i]
    return s * t


@case((5,))
def previous_value(x):
    prev = x[0]
    prev2 = 0.0
    s = 0.0
    for i in range(1, 5):
        cur = x[i] * prev + prev2
        prev2 = prev
        prev = cur
        s += cur * prev2
    return s + prev


@case(exactly([0.5, 0.2, 0.9, 0.4]))
def while_condition_on_array(x):
    y = x.copy()
    k = 0
    while y[k] < 2.0 and k < 20:
        y[k % 4] = y[k % 4] * 2.0 + y[(k + 1) % 4]
        k = (k + 1) % 4
    return y * x


@case((5,))
def while_array_sum(x):
    y = x * x
    n = 0
    while y.sum() > 0.5:
        y *= 0.6
        y[n % 5] *= y[(n + 1) % 5]
        n += 1
    return y * n


@case((5,))
def for_over_array(x):
    s = 1.0
    for v in x:
        if v < 0.0:
            continue
        s = s * v + 1.0
    for k, v in enumerate(x[::-1]):
        s += v * s * k
    for a, b in zip(x[1:], x[:-1]):  # noqa: B905
        s = s + a * b * s
    return s


@case((5,))
def for_over_written_array(x):
    y = x * x
    for i, v in enumerate(y):
        y[(i + 1) % 5] = v * 2.0 + x[i]
    return y


@case((4, 3))
def rows_of_written_matrix(A):
    B = A.copy()
    for row in B:
        row[1:] *= row[:-1]
        B[0] += row
    return B


@case((5,))
def nested_function_of_counter(x):
    s = 0.0
    for i in range(5):
        t = 1.0
        for j in range(5):
            if j == i:
                continue
            t *= x[i] - x[j]
        s += 1.0 / (1.0 + t * t)
    return s


@case((5,))
def exit_then_state(x):
    y = x.copy()
    s = 0.0
    for i in range(5):
        s += y[i] ** 2
        y[i] = s
        if s > 1.0:
            break
        y[i] *= 3.0
    for j in range(i, 5):
        y[j] *= s
    return y


@case((5,))
def else_of_while(x):
    k = 0
    s = x[0]
    while k < 4:
        s = s * x[k]
        if s > 5.0:
            break
        k += 1
    else:
        s = s * s
    return s


@case((5,))
def minimum_by_loop(x):
    m = x[0]
    for i in range(1, 5):
        m = min(m, x[i])
    w = max(x[1], x[2], 0.1)
    return m * w


@case((5,))
def ternaries(x):
    y = x.copy()
    for i in range(5):
        y[i] = y[i] ** 2 if x[i] > 0 else (x[i] * y[i - 1] if i > 2 else 1.0)
    return y


@case((5,))
def guarded_by_and(x):
    s = 0.0
    for i in range(6):
        if i < 5 and x[i] > 0.0:
            s += x[i] ** 2
        elif i >= 5 or not x[i] > -1.0:
            s *= 2.0
    return s


@case((8,))
def bisection(x):
    lo = 0
    hi = 7
    s = 0.0
    y = np.cumsum(x * x)
    while hi - lo > 1:
        mid = (lo + hi) // 2
        if y[mid] < 2.0:
            lo = mid
        else:
            hi = mid
        s += y[mid] * x[lo]
    return s


@case((6,))
def insertion_sort(x):
    y = x.copy()
    for i in range(1, 6):
        v = y[i]
        j = i - 1
        while j >= 0 and y[j] > v:
            y[j + 1] = y[j]
            j -= 1
        y[j + 1] = v
    return y**2 * np.arange(6.0)


@case((6,))
def bubble_sort(x):
    y = x * 1.0
    n = len(y)
    swapped = True
    while swapped:
        swapped = False
        for i in range(n - 1):
            if y[i] > y[i + 1]:
                y[i], y[i + 1] = y[i + 1], y[i]
                swapped = True
        n -= 1
    return y * x


@case(normal(4, 4), (4,))
def gauss_with_pivoting(A, b):
    M = A.copy()
    z = b.copy()
    n = len(z)
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(M[i, k]) > abs(M[p, k]):
                p = i
        if p != k:
            M[[k, p]] = M[[p, k]]
            z[k], z[p] = z[p], z[k]
        for i in range(k + 1, n):
            f = M[i, k] / M[k, k]
            M[i, k:] -= f * M[k, k:]
            z[i] -= f * z[k]
    for k in range(n - 1, -1, -1):
        z[k] = (z[k] - M[k, k + 1 :] @ z[k + 1 :]) / M[k, k]
    return z


@case(unit(4), 25, wrt="x")
def logistic_map_saved(x, n):
    y = x.copy()
    for _ in range(n):
        y = 3.2 * y * (1.0 - y)
        y[1:] = 0.9 * y[1:] + 0.1 * y[:-1]
    return y


@case((5,))
def integer_state(x):
    k = 1
    s = 0.0
    for i in range(5):
        k = (k * 3 + i) % 5
        s = s * x[k] + x[i] ** k
        if x[k] > 0.0:
            k += 2
        s += x[k % 5]
    return s


@case((5,), np.array([0, 2]))
def returns_from_loops_what_is_swapped(x, k):
    q = x
    r = np.ones(5)
    if x[2] < -0.23:
        q, r = r, q
    for i in range(k[0]):
        for _ in range(i, 5):
            return r
    return r * q


@case((5,), np.array([3, 2]))
def returns_from_loops_in_the_first_trip(x, k):
    q = x
    r = np.ones(5)
    if x[2] < 10.0:
        q, r = r, q
    for i in range(k[0]):
        for _ in range(i, 5):
            return r
    return r * q


@case((5,), (5,), 1.3, wrt="y", label="not_entered")
@case((5,), (5,), -1.3, wrt="y", label="entered")
def returns_from_a_loop_in_a_branch(x, y, a):
    p = x
    q = y
    if a < -0.23:
        for i in range(4, -1, -1):
            if i == 2:
                return q
            p, q = q, p
    return q


@case((5,), (5,), 1.3, label="left_early")
@case((5,), (5,), -1.3, label="to_the_end")
def returns_from_branches_one_in_the_other(x, y, a):
    p = x
    if a > -2.0:
        if a > 0.0:
            p = y * x[0]
            return p
    else:
        for _ in range(1, 5, 2):
            return p
    return p


@case((5,), (5,), (3, 5), 2)
def columns_beside_what_may_be_a_row(x, y, a, k):
    q = y
    b = a * 1.0
    if x[-1] > 0.71:
        if y[0] < 0.11:
            q = x[::-1]
    else:
        for i in range(3):
            b[:, i] = q[2:]
        q = b[k]
    return q


@case((5,), (5,), (3, 5))
def an_adjoint_of_another_length_each_trip(x, y, a):
    v = y[1:4] * x[0]
    for i in range(4):
        if x[i] > 1.5:
            return v
        v = np.maximum(a[:, 2], y[[1, 0, 1]])
        if x[4] > -0.23:
            v *= 2.0
        else:
            v[1:] = v[:-1] * y[1]
    return v
