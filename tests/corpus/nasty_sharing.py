"""Memory shared between what functions, branches and loops give."""

import numpy as np

from corpus import case, exactly, integers


def _same(u):
    return u


def _either(u, c):
    if c > 0.0:
        return u
    return u * 2.0


def _two(u):
    w = np.sin(u)
    return w, w[1:] * w[0]


def _table(u):
    t = np.zeros((2, len(u)))
    t[0] = u * u
    t[1] = t[0] * u
    return t


def _saved(u):
    w = np.exp(u)
    s = (w * w).sum()
    w *= s
    return w


def _chain(u):
    w = _saved(u)
    w[0] *= w[1]
    return w


def _both(u, w):
    w[:] = np.sin(u)
    return u * w


def _tail(u):
    w = np.exp(u)
    return w[1:]


def _swap(u, w):
    for i in range(len(u)):
        u[i], w[i] = w[i], u[i] * w[i]


def _rows(M):
    for i in range(1, len(M)):
        M[i] *= M[i - 1]
    return M.sum(axis=0)


def _count(u, c):
    k = 0
    while k < len(u) and u[k] < c:
        u[k] *= 2.0
        k += 1
    return k


@case((5,))
def result_written(x):
    p = _saved(x)
    p *= p[1]
    p[2] = 0.0
    return p * p


@case((5,))
def result_written_through_view(x):
    p = _saved(x)
    v = p[::-1]
    v[1:] *= v[:-1]
    return p * v


@case((5,))
def chained_results(x):
    p = _chain(x)
    q = _chain(p * 0.01)
    p[0] = q[1] * p[2]
    q[:] = p
    return p * q


@case((5,))
def result_of_two(x):
    w, v = _two(x)
    w[1] *= v[0]
    v[2] = w[0] * w[1]
    w[:] = w[::-1] * w
    return w[1:] * v


@case((5,))
def result_table(x):
    t = _table(x)
    t[0] *= t[1]
    t[1, 2:] = t[0, :3] ** 2
    a = t[1]
    a += x
    return t


@case((5,))
def tail_of_result(x):
    v = _tail(x)
    v *= v[0]
    return v * v


@case((5,))
def helper_in_loop_result_kept(x):
    p = x * 0.3
    q = x * 0.2
    for i in range(3):
        q = p
        p = _saved(p * 0.2)
        p[i] = q[i] * p[i + 1]
    return p * q


@case((5,), core=True)
def results_in_loop_written(x):
    s = 0.0
    for i in range(3):
        p = _saved(x * 0.3 + s)
        p[i] *= s + 1.0
        s = np.tanh(p.sum())
    return p * s


@case((5,), (5,), writes=("w",))
def writes_and_returns(x, w):
    p = _both(x, w)
    p[1] *= w[1]
    w *= p
    q = _both(p, w)
    return q * w


@case((5,))
def merged_with_parameter_copy(x):
    y = x.copy()
    z = y
    if x[0] > 0.0:
        z = y * y
        z[0] = y[1]
    return z * y


@case((5,), label="a")
@case(exactly([-1.0, 0.5, 2.0, 1.0, 0.3]), label="b")
def maybe_rebound_then_scaled(x):
    y = np.exp(x)
    s = y[1] * y[2]
    if x[0] > 0.0:
        y = y[::-1] * s
    y *= s
    y[1:] += y[:-1] * y[1:]
    return y * s


@case((5,), 0, wrt="x", label="zero")
@case((5,), 3, wrt="x")
def maybe_rebound_in_loop(x, n):
    y = np.exp(x)
    s = (y * y).sum()
    for i in range(n):
        y = y / (1.0 + s)
        s = s + y[i]
    y *= y
    y[0] = s
    return y * s


@case((5,))
def rebound_and_broken(x):
    y = np.sin(x)
    t = y[2] ** 2
    for i in range(4):
        if t * i > -1.0:
            break
        y = y * 2.0
    y[2] = 3.0
    return y * t


@case((5,))
def element_of_what_a_loop_hands_on(x):
    y = np.sin(x)
    t = y[2] + 1.0
    for i in range(4):
        if t * i > -1.0:
            break
        y = y * 2.0
    y[2] = 3.0
    return y * t


@case((5,))
def rebound_while(x):
    y = np.cos(x)
    t = y[3] * y[4]
    while y.sum() > 1e3:
        y = 0.5 * y
    y[3:] **= 2.0
    return y * t


@case((5,))
def either_branch_fresh(x):
    y = np.sin(x)
    t = y @ y
    if t > 1.0:
        z = y + 1.0
    else:
        z = y * 2.0
    z *= z
    y *= z
    return y * z * t


@case((5,))
def old_name_kept(x):
    y = np.sin(x)
    old = y
    y = y + 1.0
    y *= old
    old *= y
    y[0] = old[1]
    return y * old


@case((5,))
def old_name_kept_in_loop(x):
    y = np.sin(x)
    old = y
    for i in range(3):
        old = y
        y = y * 1.5 + x[i]
        y[i] = old[i + 1] * y[i]
    return y * old


@case((5,), (5,))
def swap_helper(x, y):
    a = x * 1.0
    b = y * 1.0
    _swap(a, b)
    _swap(b[1:], a[:-1])
    a, b = b, a
    _swap(a, b)
    return a * b


@case((4, 3))
def rows_helper(A):
    B = A.copy()
    s = _rows(B[1:])
    B[0] *= s
    t = _rows(B.T)
    return B * s, t


@case((5,), 0.4, analytic=False)
def counted_helper(x, c):
    y = np.abs(x)
    k = _count(y, c)
    j = _count(y[1:], c)
    return y * (k + 1) * c, y[: j + 1].sum()


@case((5,))
def scalar_and_array_results(x):
    y = x * x
    m = y.max()
    k = int(np.argmax(y))
    y[k] = 0.0
    m2 = y.max()
    y[int(np.argmax(y))] *= m
    return y, m * m2


@case((5,))
def tuple_of_aliases(x):
    y = x * x
    return y, y, y[1:]


@case((5,), writes=("x",))
def returned_parameter_after_write(x):
    y = x
    y[1:] *= y[:-1]
    x[0] = y[4]
    return x[1:]


@case((5,), (5,), writes=("y",))
def parameter_into_parameter(x, y):
    y[:] = x
    y[1:] *= x[:-1]
    y *= y
    return y[0] * x[1]


@case((5,), (5,), writes=("x", "y"))
def exchange_whole(x, y):
    t = x.copy()
    x[:] = y
    y[:] = t * x
    t *= y
    x += t


@case((3, 3), writes=("A",))
def transpose_in_place(A):
    for i in range(3):
        for j in range(i):
            A[i, j], A[j, i] = A[j, i], A[i, j] * A[i, i]


@case((6,), integers(1, 4, 3), wrt="x")
def ragged_segments(x, n):
    y = x.copy()
    at = 0
    for k in range(3):
        stop = min(at + n[k], 6)
        seg = y[at:stop]
        seg *= seg.sum()
        at = stop
    return y


@case((6,), integers(0, 6, 2), wrt="x")
def slice_bounds_from_data(x, b):
    lo = min(b[0], b[1])
    hi = max(b[0], b[1])
    y = x * x
    y[lo:hi] *= y[lo:hi][::-1]
    y[:lo] = y[hi - lo] if hi - lo < 6 else 0.0
    return y * x


@case((6,))
def negative_indices(x):
    y = x * x
    y[-1] = y[-2] * y[0]
    y[-3:] *= y[-4:-1]
    for i in range(-1, -5, -1):
        y[i] *= y[i - 1]
    return y


@case((6,))
def same_element_two_spellings(x):
    y = x * x
    n = len(y)
    y[n - 1] = y[-1] * y[0]
    y[-n] = y[n - 1] * y[0]
    y[len(x) - 2] *= y[-2]
    return y * x


@case((2, 3, 4))
def planes_in_place(T):
    U = T.copy()
    for k in range(1, 4):
        U[:, :, k] *= U[:, :, k - 1]
        U[0] -= 0.1 * U[1] ** 2
        U[1, k - 1] = U[0, k - 1, ::-1]
    return U


@case((4,), float32=True)
def single_precision_mixture(x):
    y = x * 2
    s = 0.0
    for i in range(4):
        y[i] = y[i] / 3 + s
        s = s + y[i] * 0.5
        y *= 1.01
    y **= 2
    return y * s


@case((5,))
def nested_conditionals_on_stored(x):
    y = x * x
    for i in range(4):
        if y[i] > 0.5:
            y[i] = 0.3
            if y[i + 1] > 0.4:
                y[i + 1] *= y[i] + x[i]
                if y[i + 1] > 0.9:
                    continue
            else:
                y[i] += y[i + 1]
        elif y[i + 1] < 0.2:
            y[i + 1] = 0.7 * x[i]
            break
        y[0] *= 1.1
    return y


@case((5,))
def condition_on_overwritten_scalar(x):
    s = x[0]
    t = 1.0
    for i in range(1, 5):
        if s > 0.2:
            s = -s * x[i]
            t *= s
        else:
            s = x[i] ** 2
            t += s
    return s * t


@case((5,), analytic=False)
def while_condition_overwritten(x):
    y = np.abs(x) + 0.1
    k = 0
    while y[k] < 1.5:
        y[k] *= 2.5
        if y[k] > 1.0:
            y[k] = 1.6
            if k < 4:
                k += 1
    return y**2


@case((5,), integers(0, 5, 5), wrt="x")
def index_array_overwritten(x, k):
    j = k.copy()
    y = x * x
    for i in range(4):
        y[j[i]] = y[j[i + 1]] * y[i]
        j[i + 1] = (j[i] + 2) % 5
    return y * x[j]


@case((5,))
def counter_array(x):
    seen = np.zeros(5, dtype=bool)
    y = x * x
    for i in range(8):
        k = (i * i) % 5
        if seen[k]:
            y[k] *= 0.5 + y[i % 5]
        else:
            y[k] = y[k] * x[k]
        seen[k] = True
    return y


@case((5,), (5,), (4,), writes=("y",))
def stores_a_choice_that_a_while_repeats(x, y, a):
    i = 0
    while i < 4:
        y[(i + 1) % 5] = x[1] * a[i] if np.tanh(x[0]) > 0.1 else np.tanh(x[0])
        i += 1
    return x


@case((5,))
def element_read_between_two_stores(x):
    y = x * 1.0
    t = 1.0
    for i in range(1, 5):
        y[i] += 0.5 * y[i - 1]
        t += y[i]
        y[i] += t * y[i - 1]
        t *= y[i]
    return y * t


@case((3, 4), (4, 3))
def writes_through_ravel_under_a_transposed_adjoint(A, C):
    B = A * 2.0
    B.ravel()[3] = 5.0 * A[0, 0]
    return np.sum(B * np.cos(C.T))


@case((3, 4), (4, 3))
def writes_through_reshape_in_a_loop(A, C):
    B = A * 2.0
    for i in range(3):
        B.reshape(-1)[i] = 5.0 * A[0, i]
        B *= C.T
    return B


@case((5,))
def flipped_part_read_before_a_write(y):
    y = y.copy()
    y += y[0] * np.flip(y)
    y[1:] = y[1:] * y[:-1]
    return y * y


@case((4,), (3, 5))
def column_added_to_arrays_that_change_places(y, a):
    p = np.ones(4)
    q = np.sin(y)
    r = np.zeros(4)
    for _ in range(len(a)):
        p, q, r = q, r, p
        p[3:0:-1] += a[:, 1]
    return np.sum(p * p * q)


@case((5,), (5,))
def nothing_added_before_arrays_change_places(x, y):
    b = np.outer(x, y)
    d = np.ones((5, 5))
    s = 0.0
    q = np.where(b[2, 1:] > 0.2, x[:0:-1], 0.5)
    for _ in range(2):
        b, d = d, b
    q[-1] = d[-1, 0]
    q[0] += s * b[0, -1]
    return q, b
