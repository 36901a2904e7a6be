"""Value of surprise and its gradient with respect to log_lengths.

Source: phylogeny.py:surprise
Command: gradscribe grad phylogeny.py:surprise --wrt log_lengths --value
Digest: f54639d99000160d02d04e74c41a16f2 b3a614c5584aad18
"""

import numpy as np


def likelihoods(node, children, leaves, lengths):
    """Return what the taxa below say of each site, for each base above the branch.

    A base stays or is drawn anew (the model of Jukes and Cantor).
    """
    left, right = children[node][0], children[node][1]
    if left < 0:
        below = leaves[node]
    else:
        first = likelihoods(left, children, leaves, lengths)
        below = first * likelihoods(right, children, leaves, lengths)
    length = lengths[node]
    multiply_1 = -4.0 / 3.0 * length
    same = np.exp(multiply_1)
    return same * below - np.expm1(multiply_1) * np.mean(below, axis=1, keepdims=True)


def likelihoods_backward(node, children, leaves, lengths, value_bar, lengths_bar):
    """Backward part of likelihoods: what it adds to the adjoints.

    Every level runs likelihoods again for the levels below: the time is that of
    likelihoods times the number of levels, at most.
    """
    # Forward
    left, right = children[node][0], children[node][1]
    less_1 = left < 0
    if less_1:
        below = leaves[node]
    else:
        first = likelihoods(left, children, leaves, lengths)
        chosen_1 = likelihoods(right, children, leaves, lengths)
        below = first * chosen_1
    length = lengths[node]
    multiply_1 = -4.0 / 3.0 * length
    same = np.exp(multiply_1)

    # Backward: return same * below + (1.0 - same) * np.mean(below, axis=1, keepdims ...
    sum_1 = np.sum(value_bar, axis=1, keepdims=True)
    same_bar = np.sum(value_bar * below)
    below_bar = -0.25 * np.expm1(multiply_1) * sum_1 + value_bar * same

    # Backward: length = lengths[node]
    lengths_bar[node] -= (
        1.3333333333333333
        * same
        * (np.sum(-sum_1 * np.mean(below, axis=1, keepdims=True)) + same_bar)
    )

    if not less_1:
        # Backward: below = first * likelihoods(right, children, leaves, lengths)
        first_bar = below_bar * chosen_1
        likelihoods_backward(
            right, children, leaves, lengths, below_bar * first, lengths_bar
        )

        # Backward: first = likelihoods(left, children, leaves, lengths)
        likelihoods_backward(left, children, leaves, lengths, first_bar, lengths_bar)


def surprise_value_and_grad(log_lengths, children, leaves):
    """Value of surprise and its gradient with respect to log_lengths.

    Constant: children (integer), leaves.
    Stored for the backward part: 48*sites + 8*nodes bytes.
    """
    # Forward
    lengths = np.exp(log_lengths)
    root = likelihoods(np.int64(len(children) - 1), children, leaves, lengths)
    mean_1 = np.mean(root, axis=1)
    value = -np.mean(np.log(mean_1))

    # Backward: return -np.mean(np.log(np.mean(root, axis=1)))
    root_bar = np.broadcast_to(
        (-0.25 / leaves.shape[1] / mean_1)[:, np.newaxis], (root.shape[0], 4)
    )

    # Backward: root = likelihoods(len(children) - 1, children, leaves, lengths)
    lengths_bar = np.zeros_like(lengths)
    likelihoods_backward(
        np.int64(len(children) - 1), children, leaves, lengths, root_bar, lengths_bar
    )

    # Backward: lengths = np.exp(log_lengths)
    log_lengths_bar = lengths_bar * lengths

    return value, log_lengths_bar
