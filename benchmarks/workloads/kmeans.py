"""The cost of k-means: the squared distances of points to their nearest centres."""

import numpy as np

SIZES = {
    "small": {"n": 1_000, "k": 5, "d": 10},
    "large": {"n": 10_000, "k": 25, "d": 10},
}
WRT = ("centres",)
LOOPS = False


def data(rng, n, k, d):
    return rng.standard_normal((k, d)), rng.standard_normal((n, d))


def primal(centres, points):
    distances = np.sum((points[:, None, :] - centres) ** 2, axis=2)
    return np.sum(np.min(distances, axis=1))


def by_hand_numpy(centres, points):
    labels = _nearest(centres, points)
    sums = np.zeros_like(centres)
    np.add.at(sums, labels, points)
    counts = np.bincount(labels, minlength=len(centres))
    return (2.0 * (counts[:, None] * centres - sums),)


def hessian_diagonal_by_hand(centres, points):
    """Return the diagonal of the Hessian, in the shape of the centres."""
    counts = np.bincount(_nearest(centres, points), minlength=len(centres))
    return np.broadcast_to(2.0 * counts[:, None], centres.shape).copy()


def _nearest(centres, points):
    # |x|^2 is the same for all centres.
    shifted = np.sum(centres**2, axis=1) - 2.0 * points @ centres.T
    return np.argmin(shifted, axis=1)


def by_hand_numba(centres, points):
    """Points in blocks of 64, the block innermost."""
    n, d = points.shape
    k = len(centres)
    bar = np.zeros_like(centres)
    block = np.empty((d, 64))
    distance = np.empty(64)
    least = np.empty(64)
    label = np.empty(64, np.int64)
    for start in range(0, n, 64):
        m = min(64, n - start)
        for s in range(m):
            for p in range(d):
                block[p, s] = points[start + s, p]
        least[:] = np.inf
        label[:] = 0
        for j in range(k):
            distance[:] = 0.0
            for p in range(d):
                c = centres[j, p]
                for s in range(64):
                    z = block[p, s] - c
                    distance[s] += z * z
            for s in range(64):
                nearer = distance[s] < least[s]
                least[s] = distance[s] if nearer else least[s]
                label[s] = j if nearer else label[s]
        for s in range(m):
            j = label[s]
            for p in range(d):
                bar[j, p] += 2.0 * (centres[j, p] - points[start + s, p])
    return (bar,)


def for_jax(np, lax):
    return _with(np)


def for_torch(torch):
    def function(centres, points):
        distances = torch.sum((points[:, None, :] - centres) ** 2, dim=2)
        return torch.sum(torch.amin(distances, dim=1))

    return function


def for_autograd(np):
    return _with(np)


def _with(np):
    def function(centres, points):
        distances = np.sum((points[:, None, :] - centres) ** 2, axis=2)
        return np.sum(np.min(distances, axis=1))

    return function
