"""Value of surprise and its gradient with respect to log_lengths.

Source: phylogeny.py:surprise
Command: gradscribe grad phylogeny.py:surprise --wrt log_lengths --value --target cpu
Digest: f54639d99000160d02d04e74c41a16f2 393b34d7d38b8f45
"""

import numpy as np


def _vexp(x):
    """exp(x) as arithmetic alone, so that loops over it become vector code."""
    x = np.float64(x)
    x = 710.0 if x > 710.0 else (-746.0 if x < -746.0 else x)
    # x = k * log(2) + r; the low bits of t hold k + 2046.
    t = np.float64(x * 1.4426950408889634 + 6755399441057790.0)
    k = t - 6755399441057790.0
    r = x - k * 0.6931471805592082 - k * 7.371002565167799e-13
    p = 2.0924468185995332e-09 * r + 2.5109033490722282e-08
    p = p * r + 2.75572426632087e-07
    p = p * r + 2.7557244212021407e-06
    p = p * r + 2.4801587360696127e-05
    p = p * r + 0.00019841269886131463
    p = p * r + 0.0013888888888866746
    p = p * r + 0.008333333333321626
    p = p * r + 0.0416666666666667
    p = p * r + 0.16666666666666677
    p = p * r + 0.5
    p = 1.0 + (r + r * r * p)
    # Two factors, since 2**k alone may be too large or too small.
    n = t.view(np.int64) & 0xFFF
    half = n >> 1
    a = np.int64(half << 52)
    b = np.int64((n - half) << 52)
    return p * a.view(np.float64) * b.view(np.float64)


def likelihoods(node, children, leaves, lengths, levels):
    """Return what the taxa below say of each site, for each base above the branch.

    A base stays or is drawn anew (the model of Jukes and Cantor).
    """
    if levels <= 0:
        raise RecursionError("maximum recursion depth exceeded")
    if node < -children.shape[0] or node >= children.shape[0]:
        raise IndexError(
            "phylogeny.py:19: index out of range: left, right = children[node]"
        )
    left, right = children[node, 0], children[node, 1]
    if left < 0:
        if node < -leaves.shape[0] or node >= leaves.shape[0]:
            raise IndexError(
                "phylogeny.py:21: index out of range: below = leaves[node]"
            )
        below = leaves[node]
    else:
        first = likelihoods(left, children, leaves, lengths, levels - 1)
        likelihoods_1 = likelihoods(right, children, leaves, lengths, levels - 1)
        below = np.empty((leaves.shape[1], 4))
        for i in range(leaves.shape[1]):
            for j in range(4):
                below[i, j] = first[i, j] * likelihoods_1[i, j]
    length = lengths[node]
    multiply_1 = -4.0 / 3.0 * length
    same = np.exp(multiply_1)
    expm1_1 = np.expm1(multiply_1)
    value = np.empty((leaves.shape[1], 4))
    for i in range(leaves.shape[1]):
        mean_1 = 0.0
        for j in range(4):
            mean_1 += below[i, j]
        multiply_2 = expm1_1 * (mean_1 / 4.0)
        for j in range(4):
            value[i, j] = same * below[i, j] - multiply_2

    return value


def likelihoods_backward(
    node, children, leaves, lengths, value_bar, lengths_bar, levels
):
    """Backward part of likelihoods: what it adds to the adjoints.

    Every level runs likelihoods again for the levels below: the time is that of
    likelihoods times the number of levels, at most.
    """
    if levels <= 0:
        raise RecursionError("maximum recursion depth exceeded")
    if node < -children.shape[0] or node >= children.shape[0]:
        raise IndexError(
            "phylogeny.py:19: index out of range: left, right = children[node]"
        )
    left, right = children[node, 0], children[node, 1]
    less_1 = left < 0
    if less_1:
        if node < -leaves.shape[0] or node >= leaves.shape[0]:
            raise IndexError(
                "phylogeny.py:21: index out of range: below = leaves[node]"
            )
        below = leaves[node]
    else:
        first = likelihoods(left, children, leaves, lengths, levels - 1)
        chosen_1 = likelihoods(right, children, leaves, lengths, levels - 1)
        below = np.empty((leaves.shape[1], 4))
        for i in range(leaves.shape[1]):
            for j in range(4):
                below[i, j] = first[i, j] * chosen_1[i, j]
    length = lengths[node]
    multiply_1 = -4.0 / 3.0 * length
    same = np.exp(multiply_1)

    # Backward: return same * below + (1.0 - same) * np.mean(below, axis=1, keepdims ...
    multiply_2 = -0.25 * np.expm1(multiply_1)
    same_bar = 0.0
    below_bar = np.empty((leaves.shape[1], 4))
    # Forward and backward
    expm1_bar = 0.0
    for i in range(leaves.shape[1]):
        mean_1 = 0.0
        sum_1 = 0.0
        for j in range(4):
            mean_1 += below[i, j]
            sum_1 += value_bar[i, j]
            same_bar += value_bar[i, j] * below[i, j]
        multiply_3 = multiply_2 * sum_1
        for j in range(4):
            below_bar[i, j] = multiply_3 + value_bar[i, j] * same
        expm1_bar -= sum_1 * (mean_1 / 4.0)

    # Backward: length = lengths[node]
    lengths_bar[node] -= 1.3333333333333333 * same * (expm1_bar + same_bar)

    if not less_1:
        # Backward: below = first * likelihoods(right, children, leaves, lengths)
        first_bar = np.empty((leaves.shape[1], 4))
        call_bar = np.empty((leaves.shape[1], 4))
        for i in range(leaves.shape[1]):
            for j in range(4):
                first_bar[i, j] = below_bar[i, j] * chosen_1[i, j]
                call_bar[i, j] = below_bar[i, j] * first[i, j]
        likelihoods_backward(
            right, children, leaves, lengths, call_bar, lengths_bar, levels - 1
        )

        # Backward: first = likelihoods(left, children, leaves, lengths)
        likelihoods_backward(
            left, children, leaves, lengths, first_bar, lengths_bar, levels - 1
        )


def surprise_value_and_grad(log_lengths, children, leaves):
    """Value of surprise and its gradient with respect to log_lengths.

    Constant: children (integer), leaves.
    Stored for the backward part: 48*sites + 8*nodes bytes.
    """
    # Forward
    lengths = np.empty(log_lengths.shape[0])
    for i in range(log_lengths.shape[0]):
        lengths[i] = _vexp(log_lengths[i])
    root = likelihoods(log_lengths.shape[0] - 1, children, leaves, lengths, 1000)

    # Backward: return -np.mean(np.log(np.mean(root, axis=1)))
    divide_1 = -0.25 / float(leaves.shape[1])
    root_bar = np.empty((leaves.shape[1], 4))
    # Forward and backward
    mean_1 = 0.0
    for i in range(leaves.shape[1]):
        mean_2 = 0.0
        for j in range(4):
            mean_2 += root[i, j]
        divide_2 = mean_2 / 4.0
        for j in range(4):
            root_bar[i, j] = divide_1 / divide_2
        mean_1 += np.log(divide_2)
    value = -(mean_1 / np.float64(leaves.shape[1]))

    # Backward: root = likelihoods(len(children) - 1, children, leaves, lengths)
    lengths_bar = np.zeros(log_lengths.shape[0])
    likelihoods_backward(
        log_lengths.shape[0] - 1, children, leaves, lengths, root_bar, lengths_bar, 1000
    )

    # Backward: lengths = np.exp(log_lengths)
    log_lengths_bar = np.empty(log_lengths.shape[0])
    for i in range(log_lengths.shape[0]):
        log_lengths_bar[i] = lengths_bar[i] * lengths[i]

    return value, log_lengths_bar
