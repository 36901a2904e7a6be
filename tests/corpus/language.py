"""Lists, comprehensions, printing: what programs say besides arithmetic."""

from __future__ import annotations

import numpy as np

from . import case, positive

# ---- lists that grow ----


@case((5,))
def trajectory(x):
    states = []
    h = x * 0.5
    for t in range(len(x) - 1):
        h = np.tanh(h * x[t])
        states.append(h)
    return np.stack(states)


@case((5,))
def started_list(x):
    values = [x[0]]
    for t in range(1, len(x)):
        values.append(values[-1] * x[t])
    return np.array(values) * len(values) + sum(values)


@case((4,))
def copies_of_what_is_written(x):
    seen = []
    u = x * 0.5
    for t in range(3):
        u[t] = u[t] * u[0]
        seen.append(u.copy())
    total = 0.0
    for row in seen:
        total = total + row.sum() * row[0]
    return total


@case((4,))
def list_of_lists(x):
    rows = []
    for i in range(2):
        row = []
        for j in range(4):
            row.append(x[i] * x[j])
        rows.append(row)
    return np.array(rows)


@case((4,))
def list_by_hand(x):
    rows = []
    rows.append(x[0])
    rows.append(x[1] * x[2])
    return np.array(rows)


@case((6,))
def joined_pieces(x):
    pieces = []
    for a, b in zip(x[:-1], x[1:], strict=True):
        pieces.append([a * b, a - b])
    return np.concatenate(pieces)


@case((4, 3))
def rows_and_sums(A):
    rows, sums = [], []
    for row in A:
        rows.append(row * row[0])
        sums.append(row.sum() ** 2)
    return np.vstack(rows).T @ np.array(sums)


@case((5,))
def downwards(x):
    found = []
    for i in range(len(x) - 1, 0, -1):
        found.append(x[i] * x[i - 1])
    return np.array(found) ** 2


@case((3, 4))
def lists_by_helper(A):
    return np.array(_norms(A)) * _norms(A.T)[0]


def _norms(A):
    return [np.sqrt(np.sum(row * row)) for row in A]


@case((4,))
def list_of_pairs(x):
    pairs = []
    for i in range(4):
        pairs.append((x[i], np.exp(x[i])))
    return sum(a * b for a, b in pairs) * x


@case((5,))
def list_anew_in_each_trip(x):
    total = 0.0
    for i in range(5):
        parts = []
        for j in range(i):
            parts.append(x[j] * x[i])
        total = total + np.sum(parts)
    return total * x


# ---- comprehensions ----


@case((5,))
def comprehension_of_own_names(x):
    i = 2
    y = [x[i] * x[i + 1] for i in range(len(x) - 1)]
    return np.sum(y) * x[i]


@case((4,))
def unpacked_comprehension(x):
    a, b, c = [x[k] * (k + 1) for k in range(3)]
    return a * b * c + sum(v**2 for v in x) + max(x[0] * k for k in range(2))


@case((4,))
def nested_comprehension(x):
    return np.array([[x[i] * np.sin(x[j]) for j in range(4)] for i in range(4)])


@case((5,))
def comprehension_in_loop(x):
    s = 0.0
    for t in range(3):
        weights = [x[k] * s for k in range(len(x))]
        s = s + sum(weights) + x[t]
    return s


@case((4,))
def comprehension_of_functions(x):
    return sum([g(x).sum() for g in [np.sin, np.cos]]) * x


@case((4,))
def comprehension_of_rows(x):
    rows = [x * x[i] for i in range(len(x))]
    return np.stack(rows).sum(axis=1) + rows[1] + rows[-1]


@case((4,))
def filtered_by_number(x):
    parts = [x * k for k in range(3) if k > 0]
    return parts[0] * len(parts) - parts[1] ** 2


# ---- printing ----


@case(positive(4))
def printed_progress(x):
    print("start", x.shape, f"{x[0]:.3f} of {{x}}", sep=": ")
    s = 0.0
    for i in range(3):
        s = s + np.log(x[i]) * x[i + 1]
        print(i, "s =", s)
    return s


# ---- contractions ----


@case((2, 3), (3, 4), (4,))
def contracted_thrice(A, B, c):
    return np.einsum("ij,jk,k->i", A, B, c)


@case((2, 3), (3, 2))
def contracted_to_transpose(A, B):
    return np.einsum("ij,jk->ki", A, B) + np.einsum("ij,ji", A, B)


@case((2, 3, 4), (2, 4, 5))
def contracted_batches(A, B):
    return np.einsum("bij,bjk->bik", A, B) * np.einsum("bij->b", A)[:, None, None]


@case((3, 4), (3, 4))
def contracted_rows(A, B):
    return np.einsum("ij,ij->i", A, B) @ np.einsum("ij,ik->ijk", A, B)[:, 0, :]


@case((2, 3, 4), (3, 4, 2))
def tensor_products(A, B):
    first = np.tensordot(A, B)
    second = np.tensordot(A, B, axes=([0], [2]))
    return first * second[0, :2, 1, :2]


# ---- functions that are a few operations ----


@case((3,), (3,))
def cross_products(x, y):
    return np.cross(x, y) * x + np.cross(x * y, y)[0]


@case((3,), (4,))
def grids(x, y):
    X, Y = np.meshgrid(x, y)
    I, J = np.meshgrid(x, y, indexing="ij")  # noqa: E741
    return X * Y**2 + (I * np.sin(J)).T


@case((3, 4), (5,))
def padded(A, x):
    wide = np.pad(A, ((1, 1), (0, 2)))
    return wide[:-1] * wide[1:] + np.pad(x, (1, 0)) * np.pad(A[0], 1)
