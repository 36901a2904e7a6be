"""Names over buffers: views, aliases, exchanges, stores."""

# ruff: noqa: B007, B905, E501, E731, F821

import numpy as np

from parse_samples import M, V, case, refused


@case(V(6), V(6), 5)
def param_swap(a, b, n):
    for t in range(n):
        for i in range(1, len(a) - 1):
            b[i] = 0.5 * (a[i - 1] + a[i + 1])
        a, b = b, a
    return a


@case(V(6))
def rebind_in_loop(u):
    for t in range(3):
        new = u.copy()
        new[1:] = u[:-1] * 2
        u = new
    return u


@case(V(6))
def rebind_write_in_loop(x):
    u = x.copy()
    for t in range(3):
        u[0] = u[0] + 1
        u = u * 2
        u[1] += 1
    return u


@case(V(5))
def triple_rotation(x):
    a = x.copy()
    b = x * 2
    c = x * 3
    for i in range(4):
        a[i] += b[i]
        a, b, c = b, c, a
    return a - b + 2 * c


@case(V(5))
def swap_twice(x):
    a = x.copy()
    b = x + 1
    for i in range(3):
        a, b = b, a
        a[0] *= 2
        a, b = b, a
        b[1] += 3
    return a + 2 * b


@case(V(5), 1)
@case(V(5), -1)
def branch_alias_read(x, k):
    if k > 0:
        z = x[1:]
    else:
        z = x[:-1]
    return z * 2


@case(V(5), 1)
@case(V(5), -1)
def branch_fresh_write(x, k):
    if k > 0:
        z = np.zeros(5)
    else:
        z = x.copy()
    z[0] = 7.0
    return z


@case(V(4))
def swap_elements(x):
    y = x.copy()
    y[0], y[1] = y[1], y[0]
    y[2], y[3] = y[3] * 2, y[2]
    return y


@case(M(3, 4))
def swap_rows_bug(A):
    B = A.copy()
    B[0], B[1] = B[1], B[0]
    return B


@case(M(3, 4))
def swap_rows_right(A):
    B = A.copy()
    B[[0, 1]] = B[[1, 0]]
    return B


@case(V(6))
def view_chain_store(x):
    y = x.copy()
    A = y.reshape(2, 3)
    B = A.T
    c = B[1]
    c[0] = 10.0
    c *= 2
    return y + A.ravel() + B.T.reshape(6)


@case(V(5))
def chained_assign(x):
    a = b = np.zeros(5)
    a[0] = x[0]
    b[1] = x[1]
    return a + b


@case(M(3, 4))
def rows_iter(A):
    B = A.copy()
    for row in B:
        row *= 2
        row[0] = 1.0
    return B


@case(V(6))
def inplace_aliases(x):
    y = x.copy()
    z = y
    z += 1
    w = y[2:]
    w -= y[:-2]
    y *= 2
    y /= z + 3
    y **= 2
    return y + z.sum() + w.sum()


@case(V(6))
def view_then_rebind(x):
    y = x.copy()
    z = y[1:]
    y = y * 2
    z[0] = 5.0
    return y.sum() + z.sum()


@refused(V(6))
def loop_view_outer(x):
    y = x.copy()
    z = y[1:]
    for i in range(3):
        y[i] = y[i] * 2
        if z[i] > 0:
            z[i] = -1
        z = y[2:]
    return z + y[2:]


@case(M(4, 5))
def augmented_index(A):
    B = A.copy()
    idx = np.array([0, 2, 2])
    B[idx] += 1.0
    np.add.at(B, idx, 2.0)
    B[:, idx] *= 2
    B[B > 1] -= 0.5
    B[1:3, ::2] += A[1:3, ::2]
    B[-1, -1] = 3
    B[..., 0] = 9
    B[1, None, :2] += 1
    return B


@case(V(5))
def out_args(x):
    y = np.empty(5)
    np.exp(x, out=y)
    np.add(y, 1, y)
    y[1:3].fill(2)
    np.copyto(y[3:], x[:2])
    return y


@case(V(6))
def carry_array_undefined(x):
    for i in range(3):
        z = x[i : i + 3] * 2
    return z


@case(V(6))
def loops_shared(x):
    u = v = x.copy()
    for i in range(2):
        u = u + 1
        v = u
    return u + v


@case(M(5, 3))
def whole_stores(A):
    B = np.empty((5, 3))
    B[:] = A
    B[:, 1] = A[:, 0]
    B[2] = 0
    C = np.empty_like(B)
    C[...] = B
    C[:, :] += 1
    return C


@case(V(5))
def mutated_then_if(x):
    y = x.copy()
    r = y[0]
    y[0] = 100.0
    if r > 0:
        y[1] = r
        s = y[0]
    else:
        s = y[0] * 2
    return s + y[1]


@case(V(6))
def alias_old(x):
    y = x.copy()
    s = 0.0
    for i in range(5):
        old = y
        y[i] = 5.0
        s += old[i]
    return s


@case(V(6))
def alias_old_rebind(x):
    y = x.copy()
    old = y
    s = 0.0
    for i in range(5):
        s += old[i]
        old = y
        y = y * 2
    return s + old.sum()


@refused(V(6))
def alias_in_if(x):
    y = x.copy()
    z = x.copy()
    if x[0] > 0:
        w = y
    else:
        w = z
    y[0] = 100.0
    return w


@case(V(6))
def alias_in_if_dead(x):
    y = x.copy()
    z = x.copy()
    if x[0] > 0:
        w = y
    else:
        w = z
    s = w.sum()
    y[0] = 100.0
    return s + y[0]


@case(V(6))
def reshape_view_param(x):
    A = x.reshape(2, 3)
    A[0, 1] = 5.0
    return x[1] + A[1].sum()


@case(np.asfortranarray(M(3, 4)))
def reshape_f(x):
    y = x.reshape(12)
    s = y.sum()
    y2 = x.copy().reshape(12)
    y2[0] = 4
    z = x.T.reshape(12)
    return s + y2 + z


@case(M(6, 4)[::2])
def strided(x):
    y = x.reshape(12)
    return y * 2 + x.ravel() + x.flatten()


@case(M(3, 4))
def transposed_reshape(x):
    y = x.T.reshape(12)
    return y + x.T.flatten() + x.T.copy().ravel()


@refused(M(3, 4))
def transposed_reshape_write(x):
    B = x.copy()
    y = B.T.reshape(12)
    y[0] = 100.0
    return B.sum() + y.sum()


@refused(M(4, 4))
def flip_view(x):
    B = x.copy()
    y = np.flip(B[0])
    B[0, 0] = 50.0
    return y


@case(V(5))
def swap_in_if(x):
    a = x.copy()
    b = x * 2
    if x[0] > 0:
        a, b = b, a
    else:
        a, b = b, a
    a[0] = 1.0
    return a - b


@case(V(5))
def swap_in_one_branch(x):
    a = x.copy()
    b = x * 2
    if x[0] > 0:
        a, b = b, a
    return a - b


@case(V(5))
def swap_in_one_branch_write(x):
    a = x.copy()
    b = x * 2
    if x[0] > 0:
        a, b = b, a
    a[0] = 1.0
    b[1] = 2.0
    return a - b


@case(V(5))
def swap_break(x):
    a = x.copy()
    b = x * 2
    for i in range(5):
        a[i] += 1
        if x[i] > 0.5:
            break
        a, b = b, a
        b[i] -= 1
    return a - b


@case(V(5))
def loop_then_write(x):
    y = x.copy()
    for i in range(5):
        if y[i] > 0.5:
            break
    y[i] = 100
    z = y[i:]
    z *= 2
    return y


@case(V(6))
def view_ints(x):
    k = 1
    y = x.copy()
    z = y[k:]
    k = 3
    z[0] = 100.0
    w = z[k:]
    return w + y[0:2].sum()


@case(V(6))
def contents_after_branch(x):
    y = x.copy()
    z = y[2:]
    if x[0] > 0:
        z[0] = 1
    else:
        y[2] = 2
        y = y * 2
    return y + z.sum()


@case(V(5))
def multi_assign_views(x):
    y = x.copy()
    a, b = y[:2], y[2:]
    a[0], b[0] = b[0], a[0]
    return y


@case(V(5))
def unpack_array(x):
    a, b, c, d, e = x
    return a * b + c * d - e


@case(M(2, 3))
def unpack_rows(A):
    B = A.copy()
    r, s = B
    r[0] = 9
    s += r
    return B


@case(V(6))
def growing_array(x):
    y = np.empty(2)
    count = 0
    while count < len(x):
        if count == len(y):
            y = np.concatenate((y, np.empty_like(y)))
        y[count] = x[count] * 2
        count += 1
    return y[:count], len(y) * 1.0


@case(V(6))
def shrinking_array(x):
    y = x
    s = 0.0
    while len(y) > 1:
        y = y[1:] - y[:-1]
        s += y[0]
    return s


@case(V(6))
def two_changing_arrays(x):
    y = x * 1.0
    z = np.empty_like(y)
    for _ in range(3):
        z = np.concatenate((y, z))
        y = np.empty_like(z)
        y[:] = len(z)
    return y.sum() + len(z)


def _shift_into(target, source):
    for i in range(1, len(target)):
        target[i] = source[i - 1] * 2


@refused(V(6))
def alias_passed_to_a_helper(x):
    y = x.copy()
    z = x + 1
    if x[0] > 0:
        w = y
    else:
        w = z
    _shift_into(y, w)
    return y


@refused(V(6))
def alias_read_in_the_write(x):
    y = x.copy()
    z = x + 1
    w = y if x[0] > 0 else z
    y[1:] = w[:-1] * 2
    return y


@case(V(6))
def flip_read_in_the_write(x):
    y = x.copy()
    r = np.flip(y)
    y[:] = r * 2 + np.flip(y)
    y[:3] += y[3:]
    return y
