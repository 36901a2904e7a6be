"""Stores through every name of an array; see also the files named nasty_*."""

import numpy as np

from corpus import case, integers, mask, positive


@case((6,))
def alias_then_rebind(x):
    y = x * x
    z = y
    y = y * 2.0
    z[0] = y[1]
    return y * z


@case((6,))
def view_survives_rebinding(x):
    y = x * x
    v = y[2:5]
    y = np.sin(v)
    v[0] = y[1] * v[1]
    return v * y


@case((6,))
def view_written_in_branch(x):
    y = x * x
    v = y[::2]
    if x[0] * x[0] > -1.0:
        v[1] = y[3] * y[2]
    y[4] *= v[1]
    return y * v[2]


@case((7,), core=True)
def overlapping_shift_left(x):
    y = x * x
    y[:-1] = y[1:] * y[:-1]
    return y * x


@case((7,))
def overlapping_shift_right(x):
    y = x * x
    y[1:] = y[:-1] * y[1:]
    y[2:] *= y[:-2]
    return y * x


@case((7,))
def overlapping_negative_step(x):
    y = x * x
    y[4::-1] = y[2:] * y[4::-1]
    return y * x


@case((8,))
def stride_interleave(x):
    y = x * x
    y[::2], y[1::2] = y[1::2] * y[::2], np.sin(y[::2])
    return y * x


@case((8,))
def divide_by_own_slice(x):
    y = x * x + 1.0
    y[1:] /= y[:-1]
    y[:-1] /= y[1:]
    return y


@case(positive(6))
def power_in_place(x):
    y = x.copy()
    y[1:4] **= 2.0
    y **= 1.5
    y[0] **= 3
    return y * x


@case(positive(6), positive(6))
def power_by_array_in_place(x, p):
    y = x.copy()
    y **= p
    y[2] **= y[3]
    y[1:4] **= y[2:5]
    return y


@case((5,))
def swap_elements(x):
    y = x * x
    y[0], y[1] = y[1], y[0] * y[1]
    y[2], y[3], y[4] = y[4], y[2], y[3] * y[2]
    return y * x


@case((5,), integers(0, 5, 4), integers(0, 5, 4), wrt="x")
def swap_by_index(x, p, q):
    y = x.copy()
    for i in range(4):
        a = p[i]
        b = q[i]
        y[a], y[b] = y[b] * 1.5, y[a] * y[b]
    return y * x


@case((4, 4), (4,))
def swap_rows(A, b):
    B = A.copy()
    for k in range(3):
        B[[k, k + 1]] = B[[k + 1, k]]
        B[k] *= b[k] * B[k + 1, k]
    return B * A


@case((4, 4))
def swap_rows_tuple(A):
    B = A * A
    t = B[0].copy()
    B[0] = B[2] * t
    B[2] = t
    B[1], B[3] = B[3].copy(), B[1].copy() * B[3]
    return B * A


@case((5,), writes=("x",))
def square_twice_in_place(x):
    x *= x
    x *= x
    x[1:] *= x[0]


@case((5,), writes=("x",))
def self_multiply_loop(x):
    for k in range(3):
        x *= np.cos(x)
        x[k] = x[k + 1] * x[k]


@case((5,))
def sine_in_place_thrice(x):
    y = x.copy()
    for _ in range(3):
        np.sin(y, out=y)
        y += 0.3 * y * y
    return y


@case((3, 4))
def in_place_by_row_sum(A):
    B = A.copy()
    B /= 3.0 + B.sum(axis=1, keepdims=True) ** 2
    B -= B.mean(axis=0)
    B *= B.max(axis=1, keepdims=True)
    return B * A


@case((3, 4, 2))
def three_dimensional(A):
    B = A.copy()
    B[:, 1:3] *= B[:, :2]
    B[1, :, 0] = B[0, :, 1] * B[2, :, 0]
    B[..., 1] += B[..., 0] ** 2
    B[-1, ::-2] = B[0, 1::2] * 2.0
    return B.sum(axis=(0, 2)) * B[0, :, 1]


@case((3, 4))
def newaxis_view_written(A):
    B = A * A
    v = B[1][None, :]
    v[0, 2] = B[0, 0] * B[2, 3]
    w = B[:, 1:2]
    w *= B[:, 0:1]
    return B


@case((12,))
def reshape_view_both_ways(x):
    y = x * x
    M = y.reshape(3, 4)
    M[1:] *= M[:-1]
    y[::5] = M[0, 1] * y[1]
    N = M.T
    N[0] = N[1] * N[2]
    return y * x


@case((4, 4))
def diagonal_in_place(A):
    B = A.copy()
    for i in range(4):
        B[i, i] *= B[i, 3 - i]
        B[i, i + 1 :] = B[i + 1 :, i] * B[i, i]
    return B


@case((6,))
def temp_allocated_in_loop(x):
    s = 0.0
    for i in range(4):
        t = np.zeros(3)
        t[0] = x[i] * x[i + 1]
        t[1] = t[0] * x[i + 2]
        t[1:] += t[0] * t[1]
        t *= t
        s = s * 0.5 + t.sum() * x[i]
    return s


@case((6,))
def temp_survives_loop(x):
    t = np.ones(3)
    for i in range(4):
        t = t * x[i] + 1.0
        t[0] *= t[1]
        t[i % 3] = t[2] * t[0]
    return t * x[:3]


@case((4, 3))
def row_rebound_in_loop(A):
    r = A[0] * 2.0
    for i in range(1, 4):
        q = r * A[i]
        q[0] = q[1] * q[2]
        r = q + r
        r[1] *= 2.0
    return r


@case((5,))
def three_names_rotate(x):
    a = x * 1.0
    b = x * x
    c = np.sin(x)
    for i in range(4):
        a[i] = b[i] * c[i]
        b[i + 1] *= a[i]
        a, b, c = b, c, a
    return a + 2.0 * b - 3.0 * c


@case((5,), 7, wrt="x")
def leapfrog(x, n):
    old = x.copy()
    new = x * 0.5
    nxt = np.empty_like(x)
    for _k in range(n):
        nxt[1:-1] = 2.0 * new[1:-1] - old[1:-1] + 0.1 * new[:-2] * new[2:]
        nxt[0] = 0.0
        nxt[-1] = new[-2]
        old, new, nxt = new, nxt, old
    return new * old


@case((5,), 3, wrt="x")
def swap_twice_a_trip(x, n):
    a = x.copy()
    b = x * x
    for i in range(n):
        a[i] *= b[i]
        a, b = b, a
        a[i + 1] += b[i] ** 2
        a, b = b, a
    return a * b


@case((5,), 5, wrt="x")
def swap_under_condition(x, n):
    a = x.copy()
    b = x * x
    for i in range(n):
        if x[i] > 0.0:
            a[i] *= b[i]
            a, b = b, a
        b[i] = a[i] ** 2
    return a - 2.0 * b


@case((6,), integers(0, 4, 5), wrt="x")
def scatter_add(x, k):
    y = np.zeros(4)
    np.add.at(y, k, x[1:] * x[0])
    np.add.at(y, k, y[k])
    return y * y


@case((6,), integers(0, 6, 4), wrt="x")
def gather_scatter_self(x, k):
    y = x * x
    y[k] = y[k] * y[k[::-1]]
    y[k] += x[k]
    y[k] *= y[0]
    return y


@case((6,), mask(6), wrt="x")
def masked_updates(x, m):
    y = x * x
    y[m] = 2.0 * y[m]
    y[~m] *= x[~m]
    y[m] += y[m] ** 2
    y[x > 0.0] = y[0]
    return y * x


@case((3, 4), integers(0, 3, 5), integers(0, 4, 5), wrt="A")
def two_index_arrays(A, i, j):
    B = A * A
    B[i, j] = A[j % 3, i]
    B[i, 1] += A[i, 2]
    v = B[i, j]
    v[0] *= v[1]
    return v * v


@case((5,))
def element_reads_old_value(x):
    y = x * x
    t = y[2]
    y[2] = 3.0
    u = y[2] * t
    y[2] = u * t
    return y * t


@case((5,))
def chain_assignment_to_slots(x):
    y = x.copy()
    z = x * 2.0
    y[0] = z[1] = y[2] * z[3]
    a = y[3] = y[0] * z[1]
    return y * z + a


@case((5,))
def broadcasting_store(x):
    B = np.zeros((4, 5))
    B[:] = x
    B[1:] *= x[0]
    B[:, 2] = B[:, 1] * x[:4]
    B[2] = B[2, 3]
    return B


@case((5,), 2.0)
def scalar_store_into_all(x, a):
    y = np.empty_like(x)
    y[:] = a
    y[1:3] = a * x[0]
    y.fill(a * 2.0) if a < 0.0 else None
    return y * x
