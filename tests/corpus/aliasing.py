"""More ways for two names to meet in memory, and for values to be overwritten."""

import numpy as np

from corpus import case, exactly, integers


@case((5,))
def condition_on_what_it_writes(x):
    y = x.copy()
    for i in range(4):
        if y[i] > y[i + 1]:
            y[i] = y[i] * y[i + 1]
        else:
            y[i + 1] = y[i] + y[i + 1] ** 2
    return y


@case((5,))
def condition_moves_a_scalar(x):
    s = 0.3
    for i in range(5):
        if s > 0.0:
            s = s - x[i] ** 2
        else:
            s = s * x[i] + 0.5
    return s


@case((5,))
def while_condition_moves(x):
    y = x * x
    k = 0
    while y[0] < 5.0 and k < 20:
        y[0] = y[0] * 1.5 + y[1] + 0.1
        y[1] = y[0] * 0.1
        k += 1
    return y


@case((6,))
def counter_dependent_index_overwritten(x):
    y = x.copy()
    k = 0
    for i in range(6):
        k = (k * 2 + i) % 6
        y[k] = y[k] * x[i]
    return y


@case((6,), integers(0, 6, 6), wrt="x")
def permuted_in_place(x, p):
    y = x.copy()
    for i in range(6):
        j = p[i]
        t = y[i]
        y[i] = y[j]
        y[j] = t * 1.5
    return y


@case((6,), integers(0, 6, 8), (8,), wrt="x,v")
def histogram(x, bins, v):
    h = x * x
    for i in range(len(bins)):
        h[bins[i]] += v[i] * h[bins[i]]
    return h


@case((4, 4))
def diagonal_and_row_views(A):
    B = A.copy()
    row = B[2]
    column = B[:, 1]
    row[1] = A[0, 0] * A[3, 3]
    column[2] += row[0]
    row[:] = row * column
    return B


@case((6,))
def view_outlives_rebinding(x):
    y = x * x
    v = y[2:4]
    y = np.sin(x)
    v[0] = y[0] * v[1]
    return y[:2] * v


@case((6,))
def view_rebinds_in_branch(x):
    y = x * x
    if x[0] > 100.0:
        v = y[:3]
    else:
        v = y[3:]
    return v * x[:3]


@case((6,))
def either_part_of_a_parameter(x):
    if x[0] > 100.0:
        v = x[:3]
    else:
        v = x[3:]
    return v * x[:3]


@case((6,))
def alternate_views_in_loop(x):
    y = x.copy()
    for k in range(3):
        v = y[k : k + 3]
        v[1] = v[0] * v[2]
        v *= 1.1
    return y


@case((2, 5))
def unpacked_rows(A):
    B = A * A
    a, b = B
    a[0] = b[1]
    b += a
    return B * A


@case((2, 5))
def swapped_rows(A):
    B = A.copy()
    B[[0, 1]] = B[[1, 0]]
    return B * np.arange(10.0).reshape(2, 5)


@case((3, 3))
def swapped_rows_by_temporary(A):
    B = A.copy()
    t = B[0].copy()
    B[0] = B[1]
    B[1] = t
    return B * A


@case((3, 3))
def swapped_rows_without_copy(A):
    B = A.copy()
    t = B[0]
    B[0] = B[1]
    B[1] = t
    return B * A


@case((5,))
def tuple_swap_of_views(x):
    y = x.copy()
    a, b = y[:2], y[3:]
    a[:], b[:] = b.copy(), a.copy()
    return y * x


@case((5,))
def three_names(x):
    y = x.copy()
    z = y
    w = z[1:]
    y[1] = 2.0 * x[0]
    w[0] *= z[1]
    z[2] = w[0] + y[3]
    return y * z


@case((4,))
def self_multiply(x):
    y = x.copy()
    y *= y
    y += y
    y -= 0.5 * y
    return y


@case((4,))
def self_divide(x):
    y = x * x + 1.0
    z = y.copy()
    z /= y
    z /= 2.0 + z
    return z * x


@case((6,))
def shifted_product(x):
    y = x.copy()
    y[1:] *= y[:-1]
    y[:-1] *= y[1:]
    return y


@case((6,))
def shifted_divide(x):
    y = x * x + 1.0
    y[2:] /= y[:-2]
    return y


@case((5, 5))
def neighbours_in_place(A):
    B = A.copy()
    for i in range(1, 4):
        B[i, 1:-1] = B[i - 1, 1:-1] * B[i + 1, 1:-1] + B[i, :-2] * B[i, 2:]
    return B


@case((5,), (5,))
def masked_update(x, y):
    z = x.copy()
    m = y > 0.0
    z[m] = y[m] * z[m] ** 2
    z[~m] -= y[~m]
    return z


@case((4, 4))
def masked_matrix(A):
    B = A * 2.0
    B[A < 0] = 0.0
    B[B > 1.0] = 1.0
    return B * A


@case((4, 4), integers(0, 4, 3), wrt="A")
def mixed_index(A, k):
    B = A.copy()
    B[k, 1:3] = B[k, :2] * 2.0
    return B[:, k] * 1.5


@case((4, 4))
def paired_index(A):
    B = A.copy()
    i = np.arange(4)
    B[i, i] = B[i, 3 - i] ** 2
    return B


@case((6,))
def growing_prefix(x):
    y = np.zeros(6)
    for n in range(1, 6):
        y[n] = np.dot(y[:n], x[:n]) + x[n]
    return y


@case((6,))
def prefix_update(x):
    y = x.copy()
    for n in range(1, 6):
        y[:n] += y[n] * x[:n]
        y[n] = y[:n].sum()
    return y


@case((6,))
def suffix_update(x):
    y = x.copy()
    for n in range(4, 0, -1):
        y[n:] *= 1.0 + 0.1 * y[n - 1]
    return y


@case((5,))
def reused_temporary(x):
    t = np.empty(5)
    s = 0.0
    for i in range(3):
        for j in range(5):
            t[j] = np.sin(x[j] * (i + 1) + s)
        s += t @ t
    return s


@case((5,))
def partially_reused_temporary(x):
    t = np.zeros(5)
    s = 0.0
    for i in range(3):
        for j in range(i, 5):
            t[j] = t[j] + x[j] * x[i]
        s += t @ t
    return s


@case((5,))
def conditional_buffer_reset(x):
    acc = np.zeros(5)
    total = 0.0
    for i in range(5):
        acc += x * x[i]
        if i % 2 == 1:
            total += acc @ acc
            acc[:] = 0.0
    return total + acc.sum()


@case((5,))
def conditional_rebinding(x):
    acc = np.zeros(5)
    total = 0.0
    for i in range(5):
        acc = acc + x * x[i]
        if i % 2 == 1:
            total += acc @ acc
            acc = np.zeros(5)
    return total + acc.sum()


@case((5,))
def three_buffers(x):
    a = x.copy()
    b = x * 0.5
    c = np.zeros(5)
    for _ in range(4):
        c[1:] = a[1:] * b[:-1]
        c[0] = a[0]
        a, b, c = b, c, a
    return a + 2.0 * b + 3.0 * c


@case((5,))
def swap_in_branch(x):
    a = x.copy()
    b = x * x
    for i in range(4):
        a[i] = b[i + 1] * a[i]
        if i % 2 == 0:
            a[0], b[0] = b[0], a[0]
    return a @ b


@case((4, 3))
def scratch_row(A):
    out = np.zeros(3)
    row = np.empty(3)
    for i in range(4):
        row[:] = A[i]
        row[0] *= row[1]
        out += row * row
    return out


@case((5,))
def break_keeps_writes(x):
    y = x.copy()
    for i in range(4):
        y[i + 1] += y[i] * y[i]
        if y[i + 1] > 0.3:
            y[i] = 0.0
            break
        y[i] *= 2.0
    return y


@case((5,))
def continue_keeps_writes(x):
    y = x.copy()
    for i in range(4):
        y[i + 1] += y[i] * y[i]
        if y[i + 1] > 0.3:
            y[i] = 1.0
            continue
        y[i] *= y[i + 1]
    return y


@case(exactly([0.5, -0.2, 0.8]))
def return_inside_while(x):
    y = x.copy()
    k = 0
    while k < 10:
        y = y * y + x
        if y.sum() > 1.0:
            return y * k
        k += 1
    return y


@case((4,), (4,))
def outer_in_place(x, y):
    A = np.outer(x, y)
    A += A.T
    A[0] -= A[:, 0]
    return A


@case((3, 4))
def transposed_views(A):
    B = A.copy()
    T = B.T
    for j in range(1, 4):
        T[j] += T[j - 1] * T[j]
    return B


@case((2, 3, 4))
def views_of_rank_three(A):
    B = A.copy()
    slab = B[1]
    line = slab[:, 2]
    line *= B[0, :, 1]
    slab[0] += line[1]
    return B


@case((12,))
def reshaped_view_written(x):
    y = x.copy()
    M = y.reshape(3, 4)
    M[1] *= M[0]
    y[0] = M[1, 1]
    M[:, 3] = y[:3]
    return y


@case((5,), (5,), writes=("x",))
def parameter_swap(x, y):
    t = x.copy()
    x[:] = y * t
    z = x[1:]
    z[:] = z[::-1] * 1.0
    return x[0] * t[1]


@case((4, 4), writes=("A",))
def transpose_in_place(A):
    for i in range(4):
        for j in range(i):
            A[i, j], A[j, i] = A[j, i], A[i, j] * 2.0


@case((6,), writes=("x",))
def reverse_in_place(x):
    i, j = 0, len(x) - 1
    while i < j:
        x[i], x[j] = x[j], x[i] * x[j]
        i += 1
        j -= 1


@case((6,), writes=("x",))
def partial_sums_tree(x):
    step = 1
    while step < len(x):
        for i in range(0, len(x) - step, 2 * step):
            x[i] += x[i + step] * x[i]
        step *= 2


@case((4,), (4,), 3, label="odd")
@case((4,), (4,), 4, label="even")
def arrays_that_change_places_unwritten(x, y, n):
    for _ in range(n):
        x, y = y, x
    return x @ (y * y)
