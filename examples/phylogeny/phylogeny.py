"""The likelihood of DNA sequences on a tree, by Felsenstein's pruning."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray


def likelihoods(
    node: int,
    children: Annotated[NDArray[np.int64], "nodes, 2"],
    leaves: Annotated[NDArray[np.float64], "taxa, sites, 4"],
    lengths: Annotated[NDArray[np.float64], "nodes"],
) -> NDArray[np.float64]:
    """Return what the taxa below say of each site, for each base above the branch.

    A base stays or is drawn anew (the model of Jukes and Cantor).
    """
    left, right = children[node]
    if left < 0:
        below = leaves[node]
    else:
        first = likelihoods(left, children, leaves, lengths)
        below = first * likelihoods(right, children, leaves, lengths)
    length = lengths[node]
    same = np.exp(-4.0 / 3.0 * length)
    return same * below + (1.0 - same) * np.mean(below, axis=1, keepdims=True)


def surprise(
    log_lengths: Annotated[NDArray[np.float64], "nodes"],
    children: Annotated[NDArray[np.int64], "nodes, 2"],
    leaves: Annotated[NDArray[np.float64], "taxa, sites, 4"],
) -> float:
    """Return minus the mean logarithm of the sites' likelihoods at the root."""
    lengths = np.exp(log_lengths)
    root = likelihoods(len(children) - 1, children, leaves, lengths)
    return -np.mean(np.log(np.mean(root, axis=1)))
