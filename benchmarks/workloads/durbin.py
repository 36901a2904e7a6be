"""Levinson-Durbin recursion: durbin of PolyBench, as NPBench writes it.

The result is the misfit of the coefficients to a target.
"""

import numpy as np

SIZES = {"small": {"n": 120}, "large": {"n": 1000}}
WRT = ("r",)
LOOPS = True


def data(rng, n):
    """Return an autocorrelation (that of waves in noise) and a target."""
    waves = np.cos(np.outer(np.arange(1, n + 1), rng.uniform(0.0, np.pi, 8)))
    return waves @ np.full(8, 0.1), rng.standard_normal(n)


def primal(r, target):
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return 0.5 * np.sum((y - target) ** 2)


def by_hand_numpy(r, target):
    """Every y is kept: the recursion runs back only as long as it is well posed."""
    n = len(r)
    y = np.zeros((n, n))
    alpha, beta = np.empty(n), np.ones(n)
    y[0, 0] = alpha[0] = -r[0]
    for k in range(1, n):
        beta[k] = beta[k - 1] * (1.0 - alpha[k - 1] ** 2)
        alpha[k] = -(r[k] + r[:k][::-1] @ y[k - 1, :k]) / beta[k]
        y[k, :k] = y[k - 1, :k] + alpha[k] * y[k - 1, :k][::-1]
        y[k, k] = alpha[k]
    bar = y[n - 1] - target
    r_bar = np.zeros(n)
    beta_bar = alpha_bar = 0.0
    for k in range(n - 1, 0, -1):
        old = y[k - 1, :k]
        alpha_bar += bar[k] + bar[:k] @ old[::-1]
        sum_bar = -alpha_bar / beta[k]
        beta_bar += sum_bar * alpha[k]
        r_bar[k] += sum_bar
        r_bar[:k] += sum_bar * old[::-1]
        bar[:k] += alpha[k] * bar[:k][::-1] + sum_bar * r[:k][::-1]
        alpha_bar = -2.0 * beta_bar * beta[k - 1] * alpha[k - 1]
        beta_bar *= 1.0 - alpha[k - 1] ** 2
    r_bar[0] -= bar[0] + alpha_bar
    return (r_bar,)


def by_hand_numba(r, target):
    """Every y is kept, in a triangle without gaps; both ends of y at once."""
    n = len(r)
    kept = np.empty(n * (n + 1) // 2)
    alpha, beta = np.empty(n), np.empty(n)
    kept[0] = alpha[0] = -r[0]
    beta[0] = 1.0
    start = 0
    for k in range(1, n):
        old, new = kept[start : start + k], kept[start + k : start + 2 * k + 1]
        start += k
        beta[k] = beta[k - 1] * (1.0 - alpha[k - 1] * alpha[k - 1])
        total = r[k]
        for i in range(k):
            total += r[k - 1 - i] * old[i]
        a = -total / beta[k]
        alpha[k] = a
        for i in range(k):
            new[i] = old[i] + a * old[k - 1 - i]
        new[k] = a
    last = kept[start:]
    bar, r_bar, turned = np.empty(n), np.zeros(n), np.empty(n)
    for i in range(n):
        bar[i] = last[i] - target[i]
    beta_bar = alpha_bar = 0.0
    for k in range(n - 1, 0, -1):
        start -= k
        old = kept[start : start + k]
        alpha_bar += bar[k]
        for i in range(k):
            alpha_bar += bar[i] * old[k - 1 - i]
            turned[i] = bar[k - 1 - i]
        sum_bar = -alpha_bar / beta[k]
        beta_bar += sum_bar * alpha[k]
        a = alpha[k]
        r_bar[k] += sum_bar
        for i in range(k):
            r_bar[i] += sum_bar * old[k - 1 - i]
            bar[i] += a * turned[i] + sum_bar * r[k - 1 - i]
        alpha_bar = -2.0 * beta_bar * beta[k - 1] * alpha[k - 1]
        beta_bar *= 1.0 - alpha[k - 1] * alpha[k - 1]
    r_bar[0] -= bar[0] + alpha_bar
    return (r_bar,)


def for_jax(np, lax):
    """The reversed part of a static shape: rolled, and zero where y is."""

    def primal(r, target):
        n = len(r)
        index = np.arange(n)

        def step(carry, k):
            y, alpha, beta = carry
            beta = beta * (1.0 - alpha * alpha)
            ahead = np.roll(r[::-1], k)
            alpha = -(r[k] + np.where(index < k, ahead, 0.0) @ y) / beta
            turned = np.where(index < k, np.roll(y[::-1], k), 0.0)
            return ((y + alpha * turned).at[k].set(alpha), alpha, beta), None

        start = np.zeros(n).at[0].set(-r[0]), -r[0], 1.0
        (y, _, _), _ = lax.scan(step, start, index[1:])
        return 0.5 * np.sum((y - target) ** 2)

    return primal


def for_torch(torch):
    """With a y that grows by one."""

    def primal(r, target):
        y, alpha, beta = -r[:1], -r[:1], 1.0
        for k in range(1, len(target)):
            beta = beta * (1.0 - alpha * alpha)
            alpha = -(r[k] + torch.flip(r[:k], (0,)) @ y) / beta
            y = torch.cat((y + alpha * torch.flip(y, (0,)), alpha))
        return 0.5 * torch.sum((y - target) ** 2)

    return primal


def for_autograd(np):
    """With a y that grows by one."""

    def primal(r, target):
        y, alpha, beta = -r[:1], -r[:1], 1.0
        for k in range(1, len(target)):
            beta = beta * (1.0 - alpha * alpha)
            alpha = -(r[k] + np.dot(r[:k][::-1], y)) / beta
            y = np.concatenate((y + alpha * y[::-1], alpha))
        return 0.5 * np.sum((y - target) ** 2)

    return primal
