"""The user's own functions, nested functions, lambdas."""

import math

import numpy as np
from numpy import exp

from parse_samples import M, V, case, refused


def mixer(a, b, k=2.0, *, shift=0.0):
    a[0] += k * b[0] + shift
    return a[0] * b[0]


def viewer(a, n):
    return a[n:]


def early(a, t):
    for i in range(len(a)):
        if a[i] > t:
            a[i] = t
            return i
        a[i] += 1
    return -1


def divmod_like(n):
    q = n // 2
    r = n - 2 * q
    return q + r * 0.5


def mixer2(s):
    return s * 0.5


def make(x):
    y = np.empty_like(x)
    y[:] = x
    for i in range(len(y)):
        y[i] += i
    return y


def same(x):
    return x


def pair(x):
    return (x * 2, x + 1), x.sum()


def f1(x, n):
    y = x.copy()
    for i in range(n):
        y = f2(y, i)
    return y


def f2(y, i):
    z = y * 2
    z[i] = 0
    return z


def lap(x, y):
    for i in range(len(y)):
        y[i] = x[i] - 2 * x[i + 1] + x[i + 2]


def mv(A, v, out):
    m, n = A.shape
    for i in range(m):
        s = 0.0
        for j in range(n):
            s += A[i, j] * v[j]
        out[i] = s


def norm_ax(A, axis=None):
    return np.sqrt((A * A).sum(axis=axis))


def clampit(v, s):
    if v > 1:
        return 1.0
    if v < s:
        return s * 0.5
    return v


def hof(f, x):
    return f(x)


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


@case(np.float32(1.5) * np.ones(4, np.float32))
def float32_all(x):
    h = 0
    c = 1.0
    for i in range(4):
        h = h * 0.5 + x[i]
        c *= 1.1
    return h * c


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


@case(V(5))
def walrus(x):
    s = 0.0
    i = 0
    while (t := x[i] ** 2) < 100 and i < 4:
        s += t
        i += 1
    return s


@case(V(3), V(3))
def kw_helper(x, y):
    r = mixer(x, y, shift=1.5)
    return r + mixer(b=x, a=y, k=0.5)


@case(V(3))
def self_alias_call(x):
    y = x.copy()
    return mixer(y, y) + y[0]


@case(V(6))
def overlapping_views_call(x):
    y = x.copy()
    r = mixer(y[1:], y[:-1])
    return y * r


@case(V(6))
def returned_view_write(x):
    y = x.copy()
    v = viewer(y, 2)
    v[0] = 5
    w = viewer(v, 1)
    w += 1
    return y


@case(V(6))
def helper_with_exit(x):
    y = x.copy()
    k = early(y, 0.5)
    k2 = early(y, 0.7)
    return y * (k + k2)


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


@case(V(6), 0)
@case(V(6), 2)
def range_forms(x, k):
    s = 0.0
    for i in range(5, k - 1, -1):
        s = s * 0.5 + x[i]
    for i in range(k, 6, 2):
        s += i * x[i]
    for i in range(3, 3):
        s = 1e9
    return s


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


@case(M(3, 4))
def rows_iter(A):
    B = A.copy()
    for row in B:
        row *= 2
        row[0] = 1.0
    return B


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


@case(V(4), True)
@case(V(4), False)
def bools(x, flag):
    done = False
    c = 0
    for i in range(4):
        if done:
            c += 1
        done = done or x[i] > 0
        if not flag:
            c += 2
    return c


@case(V(4))
def globals_used(x):
    y = np.zeros(N)
    for i in range(N):
        y[i] = x[i] * SCALE
    return y


@case(V(4))
def math_fns(x):
    s = 0.0
    for i in range(4):
        s += math.sqrt(abs(x[i])) + math.exp(x[i]) * math.pi + exp(x[i])
        s += max(x[i], 0.0) - min(x[i], 1.0, 2.0)
        s += float(x[i]) + int(x[i] * 3)
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


@case(V(5))
def none_flag(x):
    best = None
    if best is None:
        best = x[0]
    return best * 2


@case(M(3, 3))
def ndim_branch(A):
    if A.ndim == 1:
        return A[0]
    elif A.ndim == 2 and A.shape[0] > 0:
        return A[0, 0] * A[1, 2]
    return 0.0


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
def neg_indices(x):
    s = 0.0
    for i in range(5):
        s += x[-i - 1] * x[i - 5]
    return s + x[-1] + x[-2:].sum() + x[:-2].sum() + x[::-1][0] + x[-2::-1].sum()


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
def out_args(x):
    y = np.empty(5)
    np.exp(x, out=y)
    np.add(y, 1, y)
    y[1:3].fill(2)
    np.copyto(y[3:], x[:2])
    return y


@case(3.0, 2)
def scalars(a, n):
    b = a**n + n // 2 - n % 3 + (-a) ** 2
    n += 1
    c = -n
    return b * c + (1 if n > 2 else 0) + divmod_like(n)


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


@case(M(3, 4))
def reductions(A):
    return (
        A.sum(axis=0) @ A.mean(0)
        + np.max(A, axis=-1, keepdims=True).sum()
        + A.std()
        + np.linalg.norm(A)
        + np.prod(A[0])
        + A.min()
        + np.trace(A[:, :3])
        + np.argmax(A)
        + (A > 0).sum()
    )


@case(V(4))
def lists(x):
    parts = [x[0], x[1] * 2, 3.0]
    y = np.array(parts)
    z = np.concatenate([y, x, np.zeros(2)])
    w = np.stack([x, x * 2]).T
    u = np.vstack((x, w.T))
    h = np.hstack([x, y])
    return (
        z.sum()
        + w[1, 0]
        + u.sum()
        + h[-1]
        + len(parts)
        + np.array([[1.0, x[0]], [x[1], 2]])[1, 0]
    )


@refused(V(6))
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


@case(V(7))
def raise_guard(x):
    n = len(x)
    if n < 3:
        raise ValueError("too short")
    assert n > 2, "bad"
    return x[2]


@case(V(4), V(4))
def helper_in_cond(x, y):
    s = 0.0
    while mixer2(s) < 3.0:
        s += 1
    return s + x[0]


@case(V(4))
def lambda_default(x):
    f = lambda a, b=2.0: a * b
    return f(x) + f(x, 3.0) + (lambda: x[0])()


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


@case(V(8), 2)
def data_sections(x, k):
    y = x.copy()
    for i in range(k, 8 - k):
        y[i] = x[i - k : i + k + 1].sum()
    return y


@case(np.array([3, 0, 1, 2]), V(4))
def int_arrays(p, x):
    y = np.zeros(4)
    for i in range(4):
        y[p[i]] = x[i]
    y += x[p]
    p2 = p * 2
    k = 0
    for v in p:
        k += v
    return y + p2 + k


@case(V(5))
def del_and_pass(x):
    t = x * 2
    s = t[0]
    del t
    pass
    return s


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
def helper_recreate(x):
    y = make(x)
    y[0] = 1
    z = make(y)
    z += y
    return y * z


@case(V(5))
def ident(x):
    y = same(x)
    y = y * 2
    return same(y)


@case(V(5))
def tuple_helper(x):
    (a, b), c = pair(x)
    a[0] = 2.0
    return a + b * c


@case(V(5))
def mutual(x):
    return f1(x, 3) + f1(x[1:], 2).sum()


@case(V(8))
def helper_sizes(x):
    y = np.zeros(6)
    lap(x, y)
    return y


@case(M(3, 5), V(5))
def matvec_helper(A, v):
    out = np.zeros(3)
    mv(A, v, out)
    mv(A.T, out, v)
    return out


@case(V(5), 2)
def axis_helper(x, k):
    A = np.outer(x, x)
    return norm_ax(A, axis=0) + norm_ax(A, 1) + norm_ax(A)


@case(V(5))
def early_in_helper_loop(x):
    s = 0.0
    for i in range(5):
        s += clampit(x[i], s)
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
def loop_then_write(x):
    y = x.copy()
    for i in range(5):
        if y[i] > 0.5:
            break
    y[i] = 100
    z = y[i:]
    z *= 2
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


@case(V(6))
def ints_become_float(x):
    a = 0
    b = 1
    for i in range(6):
        a, b = b, a + b * x[i]
    return a + b


@case(V(6))
def int_stay(x):
    c = 0
    for i in range(6):
        c = c + 2 * i
        if x[i] > 0:
            c -= 1
    return x[c % 6] * c


@case(np.arange(6))
def int_array_param(k):
    s = 0
    for i in range(6):
        s += k[i] * 2
    y = np.zeros(6)
    y[k] = s
    return y / 2


@case(np.float32(2.0) * np.ones(3, np.float32), 2.0)
def f32_mixed(x, a):
    y = x * 2.0
    z = np.zeros(3, dtype=x.dtype)
    z[:] = y
    z += a
    t = 0.0
    for v in z:
        t += v
    return z * t


@case(V(4))
def where_stuff(x):
    y = np.where(x > 0, x, 0.0)
    c = (x > 0) & (x < 1) | ~(x > -1)
    z = np.clip(x, None, 0.5) + np.clip(x, -1, 1) + x.clip(0, 1)
    return y + z + c


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


@case(M(3, 3))
def chol(A):
    S = A @ A.T + 3 * np.eye(3)
    n = S.shape[0]
    L = np.zeros_like(S)
    for i in range(n):
        for j in range(i + 1):
            s = S[i, j] - L[i, :j] @ L[j, :j]
            if i == j:
                L[i, j] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    return L


@case(M(4, 3))
def gram_schmidt(A):
    Q = A.copy()
    R = np.zeros((3, 3))
    for k in range(3):
        R[k, k] = np.sqrt(np.sum(Q[:, k] ** 2))
        Q[:, k] /= R[k, k]
        for j in range(k + 1, 3):
            R[k, j] = Q[:, k] @ Q[:, j]
            Q[:, j] -= Q[:, k] * R[k, j]
    return Q, R


@case(V(5))
def kadane(x):
    best = -np.inf
    cur = 0.0
    for v in x:
        cur = max(v, cur + v)
        if cur > best:
            best = cur
    return best


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


@case(V(3))
def power_ints(x):
    n = 3
    return x**n + x**-1.0 + 2**n + n**2 + 2.0**-1


@case(V(3))
def strings(x):
    mode = "a"
    if mode == "a":
        y = x * 2
    elif mode in ("b", "c"):
        y = x
    return y


@case(V(3))
def defaults(x, mode="sum", scale=2.0, *, k=3, flag=None):
    if mode == "sum" and flag is None:
        return x.sum() * scale * k
    return x


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


@case(V(3))
def higher_order(x):
    def apply(f, v):
        return f(v)

    return apply(np.sin, x) + apply(lambda t: t * x[0], x) + hof(make, x)


@case(V(3))
def local_array_const(x):
    w = np.array([1.0, 2.0, 3.0])
    w[0] = x[0]
    idx = [0, 2]
    return (
        (w * x)[idx].sum()
        + np.arange(3)[1]
        + np.linspace(0, 1, 5)[2]
        + np.full(3, 2.0) @ x
        + np.ones((2, 3)).sum()
    )
