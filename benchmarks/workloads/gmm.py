"""ADBench's Gaussian mixture with a Wishart prior, in the loops of its C++ version."""

import math

import numpy as np
from numba import prange

SIZES = {
    "d10 K25 n1000": {"d": 10, "k": 25, "n": 1000},
    "d20 K10 n1000": {"d": 20, "k": 10, "n": 1000},
}
TINY = {"d": 3, "k": 4, "n": 5}
WRT = ("alphas", "means", "icf")
LOOPS = False
BOUND = 2.0
CHUNKS = 8
BLOCK = 64  # samples that are treated together, innermost


def data(rng, d, k, n):
    icf = rng.standard_normal((k, d + d * (d - 1) // 2))
    x, means = rng.standard_normal((n, d)), rng.random((k, d))
    return rng.standard_normal(k), means, icf, x, 1.0, 0


def primal(alphas, means, icf, x, gamma, m):
    n, d = x.shape
    k = len(alphas)
    scales = np.exp(icf[:, :d])
    sums = np.sum(icf[:, :d], axis=1)
    terms = np.empty(k)
    Qx = np.empty(d)
    total = -0.5 * n * d * math.log(2.0 * math.pi)
    for i in range(n):
        for j in range(k):
            for r in range(d):
                Qx[r] = scales[j, r] * (x[i, r] - means[j, r])
            p = d
            for c in range(d):
                for r in range(c + 1, d):
                    Qx[r] += icf[j, p] * (x[i, c] - means[j, c])
                    p += 1
            terms[j] = alphas[j] + sums[j] - 0.5 * np.sum(Qx * Qx)
        top = np.max(terms)
        total += top + np.log(np.sum(np.exp(terms - top)))
    top = np.max(alphas)
    total -= n * (top + np.log(np.sum(np.exp(alphas - top))))
    squares = np.sum(scales * scales) + np.sum(icf[:, d:] ** 2)
    total += 0.5 * gamma * gamma * squares - m * np.sum(sums)
    return total - k * normaliser(d, gamma, m)


def normaliser(d, gamma, m):
    """Logarithm of the constant of the Wishart distribution."""
    degrees = d + m + 1
    total = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(d):
        total += math.lgamma(0.5 * (degrees - j))
    return degrees * d * (math.log(gamma) - 0.5 * math.log(2.0)) - total


def by_hand_numpy(alphas, means, icf, x, gamma, m):
    n, d = x.shape
    scales = np.exp(icf[:, :d])
    columns, rows = np.triu_indices(d, 1)
    Q = np.zeros((len(alphas), d, d))
    Q[:, rows, columns] = icf[:, d:]
    Q[:, range(d), range(d)] = scales
    centred = x - means[:, None]
    Qx = centred @ Q.transpose(0, 2, 1)
    terms = alphas + np.sum(icf[:, :d], axis=1) - 0.5 * np.sum(Qx * Qx, axis=2).T
    p = np.exp(terms - np.max(terms, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True)
    Qx_bar = -p.T[:, :, None] * Qx
    Q_bar = Qx_bar.transpose(0, 2, 1) @ centred
    weights, counts = np.exp(alphas - np.max(alphas)), np.sum(p, axis=0)
    diagonal = Q_bar[:, range(d), range(d)] * scales + counts[:, None]
    diagonal += gamma * gamma * scales * scales - m
    lower = Q_bar[:, rows, columns] + gamma * gamma * icf[:, d:]
    return (
        counts - n * weights / np.sum(weights),
        -np.sum(Qx_bar @ Q, axis=1),
        np.concatenate([diagonal, lower], axis=1),
    )


def by_hand_numba(alphas, means, icf, x, gamma, m):
    n, d = x.shape
    k, width = icf.shape
    scales = np.exp(icf[:, :d])
    offsets = np.empty(k)
    for j in range(k):
        offsets[j] = alphas[j]
        for r in range(d):
            offsets[j] += icf[j, r]
    # Of each chunk and component: the count, the mean's adjoint, that of icf.
    parts = np.zeros((CHUNKS, k, 1 + d + width))
    for c in prange(CHUNKS):
        first, last = c * n // CHUNKS, (c + 1) * n // CHUNKS
        _chunk(offsets, scales, means, icf, x[first:last], parts[c])
    alphas_bar, means_bar = np.empty(k), np.empty((k, d))
    icf_bar = np.empty((k, width))
    top, total = np.max(alphas), 0.0
    for j in range(k):
        total += np.exp(alphas[j] - top)
    for j in range(k):
        for c in range(1, CHUNKS):
            for q in range(1 + d + width):
                parts[0, j, q] += parts[c, j, q]
        count = parts[0, j, 0]
        alphas_bar[j] = count - n * np.exp(alphas[j] - top) / total
        for r in range(d):
            means_bar[j, r] = parts[0, j, 1 + r]
        for q in range(width):
            icf_bar[j, q] = parts[0, j, 1 + d + q]
        for r in range(d):
            s = scales[j, r]
            icf_bar[j, r] = s * icf_bar[j, r] + count + gamma * gamma * s * s - m
        for q in range(d, width):
            icf_bar[j, q] += gamma * gamma * icf[j, q]
    return alphas_bar, means_bar, icf_bar


def _chunk(offsets, scales, means, icf, x, part):
    n, d = x.shape
    k = len(offsets)
    centred, Qx = np.empty((k, d, BLOCK)), np.empty((k, d, BLOCK))
    p = np.empty((k, BLOCK))
    tops, totals = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        for b in range(size):
            tops[b] = -np.inf
            totals[b] = 0.0
        for j in range(k):
            for r in range(d):
                for b in range(size):
                    centred[j, r, b] = x[start + b, r] - means[j, r]
                    Qx[j, r, b] = scales[j, r] * centred[j, r, b]
            q = d
            for c in range(d):
                for r in range(c + 1, d):
                    for b in range(size):
                        Qx[j, r, b] += icf[j, q] * centred[j, c, b]
                    q += 1
            for b in range(size):
                p[j, b] = 0.0
            for r in range(d):
                for b in range(size):
                    p[j, b] += Qx[j, r, b] * Qx[j, r, b]
            for b in range(size):
                p[j, b] = offsets[j] - 0.5 * p[j, b]
                tops[b] = p[j, b] if p[j, b] > tops[b] else tops[b]
        for j in range(k):
            for b in range(size):
                p[j, b] = np.exp(p[j, b] - tops[b])
                totals[b] += p[j, b]
        for b in range(size):
            totals[b] = 1.0 / totals[b]
        for j in range(k):
            count = 0.0
            for b in range(size):
                p[j, b] *= totals[b]
                count += p[j, b]
            part[j, 0] += count
            for r in range(d):
                by_scale, by_mean = 0.0, 0.0
                for b in range(size):
                    Qx[j, r, b] *= -p[j, b]
                    by_scale += Qx[j, r, b] * centred[j, r, b]
                    by_mean += Qx[j, r, b]
                part[j, 1 + d + r] += by_scale
                part[j, 1 + r] -= scales[j, r] * by_mean
                # A row's sum serves all columns of the factor.
                q = d + r - 1
                for c in range(r):
                    by_factor = 0.0
                    for b in range(size):
                        by_factor += Qx[j, r, b] * centred[j, c, b]
                    part[j, 1 + d + q] += by_factor
                    part[j, 1 + c] -= icf[j, q] * by_mean
                    q += d - c - 2


def for_jax(np, lax):
    import jax

    def function(alphas, means, icf, x, gamma, m):
        n, d = x.shape
        scales, sums = np.exp(icf[:, :d]), np.sum(icf[:, :d], axis=1)
        columns, rows = np.triu_indices(d, 1)

        def factor(scale, lower):
            return np.diag(scale).at[rows, columns].set(lower)

        Q = jax.vmap(factor)(scales, icf[:, d:])
        Qx = np.einsum("krc,nkc->nkr", Q, x[:, None] - means)
        terms = alphas + sums - 0.5 * np.sum(Qx * Qx, axis=2)
        total = np.sum(jax.nn.logsumexp(terms, axis=1))
        squares = np.sum(scales * scales) + np.sum(icf[:, d:] ** 2)
        prior = 0.5 * gamma * gamma * squares - m * np.sum(sums)
        return total - n * jax.nn.logsumexp(alphas) + prior

    return function


def for_torch(torch):
    def function(alphas, means, icf, x, gamma, m):
        n, d = x.shape
        scales, sums = torch.exp(icf[:, :d]), torch.sum(icf[:, :d], dim=1)
        columns, rows = torch.triu_indices(d, d, 1)
        Q = torch.diag_embed(scales)
        Q[:, rows, columns] = icf[:, d:]
        Qx = torch.einsum("krc,nkc->nkr", Q, x[:, None] - means)
        terms = alphas + sums - 0.5 * torch.sum(Qx * Qx, dim=2)
        total = torch.sum(torch.logsumexp(terms, 1))
        squares = torch.sum(scales * scales) + torch.sum(icf[:, d:] ** 2)
        prior = 0.5 * gamma * gamma * squares - m * torch.sum(sums)
        return total - n * torch.logsumexp(alphas, 0) + prior

    return function


def for_autograd(np):
    from autograd.scipy.special import logsumexp

    def function(alphas, means, icf, x, gamma, m):
        n, d = x.shape
        scales, sums = np.exp(icf[:, :d]), np.sum(icf[:, :d], axis=1)
        # Of each component, the factor's rows are gathered from a padded icf.
        places = np.full((d, d), icf.shape[1])
        columns, rows = np.triu_indices(d, 1)
        places[rows, columns] = np.arange(d, icf.shape[1])
        padded = np.concatenate([icf, np.zeros((len(alphas), 1))], axis=1)
        Q = padded[:, places] + scales[:, :, None] * np.eye(d)
        Qx = np.einsum("krc,nkc->nkr", Q, x[:, None] - means)
        terms = alphas + sums - 0.5 * np.sum(Qx * Qx, axis=2)
        total = np.sum(logsumexp(terms, axis=1))
        squares = np.sum(scales * scales) + np.sum(icf[:, d:] ** 2)
        prior = 0.5 * gamma * gamma * squares - m * np.sum(sums)
        return total - n * logsumexp(alphas) + prior

    return function
