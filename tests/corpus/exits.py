"""Break, continue, for-else and early return."""

import numpy as np

from corpus import case, exactly


@case((6,), core=True)
def break_on_sum(x):
    s = 0.0
    for i in range(6):
        s += x[i] ** 2
        if s > 2.0:
            break
    return s * i


@case(exactly([3.0, 1.0, 2.0]))
def break_in_first_iteration(x):
    s = 1.0
    for i in range(3):
        if x[i] > 2.0:
            break
        s *= x[i]
    return s * x[i]


@case((6,))
def break_before_update(x):
    s = 1.0
    for i in range(6):
        t = s * x[i]
        if t < -0.2:
            break
        s = t + 1.0
    return s * t


@case((6,), float32=True)
def continue_on_negative(x):
    s = 1.0
    for i in range(6):
        if x[i] < 0.0:
            continue
        s = s * x[i] + 0.5
    return s


@case((6,))
def continue_and_break(x):
    s = 0.0
    for i in range(6):
        if x[i] < 0.0:
            continue
        s += np.sin(x[i])
        if s > 0.9:
            break
        s *= 2.0
    return s


@case(exactly([0.2, 0.3, 0.4]), label="late")
@case(exactly([0.2, 1.3, 0.4]))
def early_return(x):
    s = 1.0
    for i in range(3):
        if x[i] > 1.0:
            return s * x[i]
        s += x[i] ** 2
    return s


@case((4, 4), core=True)
def return_from_nest(A):
    s = 0.0
    for i in range(4):
        for j in range(4):
            s += A[i, j] ** 2
            if s > 5.0:
                return s * A[i, j] + i
        s *= 0.9
    return s


@case(-0.5, label="negative")
@case(0.5)
def guard_return(x):
    if x < 0.0:
        return -x * x
    return np.sqrt(x)


@case(exactly([1.0, -2.0]), label="second")
@case(exactly([1.0, 2.0]))
def two_returns(x):
    y = x * 2.0
    if y[1] > 0.0:
        return y * y
    y[0] = y[1] * 3.0
    return y


@case(exactly([0.1, 0.2, 0.3]), label="finished")
@case(exactly([0.1, 0.9, 0.3]))
def for_else(x):
    s = 0.0
    for i in range(3):
        if x[i] > 0.5:
            s = s * x[i]
            break
        s += x[i] * x[i]
    else:
        s = s * 10.0
    return s


@case((4, 5))
def break_inner_only(A):
    s = 0.0
    for i in range(4):
        for j in range(5):
            if A[i, j] > 0.8:
                break
            s += A[i, j] * s + A[i, 0]
        s *= A[i, 1]
    return s


@case((4, 5))
def break_outer_by_flag(A):
    s = 0.0
    done = False
    for i in range(4):
        for j in range(5):
            s += A[i, j] ** 2
            if s > 3.0:
                done = True
                break
        if done:
            break
        s *= 0.5
    return s


@case((5,))
def break_after_store(x):
    y = np.zeros(5)
    for i in range(5):
        y[i] = x[i] ** 2
        if y[i] > 0.5:
            break
        y[i] *= 3.0
    return y


@case((6,))
def two_breaks(x):
    s = 1.0
    for i in range(6):
        if x[i] > 1.5:
            s = s * x[i]
            break
        s += x[i]
        if s < 0.0:
            s = s * s
            break
    return s


@case((6,))
def return_array_from_loop(x):
    y = x.copy()
    for i in range(5):
        y[i + 1] += y[i] * 0.5
        if y[i + 1] < -0.5:
            return y * y
    return y


@case((5,))
def nested_condition_break(x):
    s = 0.0
    for i in range(5):
        s += x[i]
        if i > 1:
            s *= 1.5
            if s > 0.1:
                s += x[0] * x[i]
                break
            s -= x[1]
    return s * s
