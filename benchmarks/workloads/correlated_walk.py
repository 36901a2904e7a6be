"""Price of an Asian option on a basket: Monte-Carlo over paths of correlated assets."""

import numpy as np
from numba import prange

SIZES = {
    "small": {"paths": 100, "steps": 50, "assets": 3},
    "large": {"paths": 4000, "steps": 100, "assets": 4},
}
TINY = {"paths": 20, "steps": 5, "assets": 3}
WRT = ("spot", "sigma", "L", "rate")
LOOPS = True


def data(rng, paths, steps, assets):
    """Return the market, the factor L of the correlations, and normal numbers."""
    correlation = 0.5 * np.eye(assets) + 0.5
    spot = rng.uniform(80.0, 120.0, assets)
    sigma = rng.uniform(0.1, 0.4, assets)
    noise = rng.standard_normal((paths, steps, assets))
    return spot, sigma, np.linalg.cholesky(correlation), 0.03, 100.0, 1.5, noise


def primal(spot, sigma, L, rate, strike, years, noise):
    paths, steps, assets = noise.shape
    dt = years / steps
    drift = (rate - 0.5 * sigma**2) * dt
    scale = sigma * np.sqrt(dt)
    payoff = 0.0
    for p in range(paths):
        log_growth = np.zeros(assets)
        average = 0.0
        for t in range(steps):
            log_growth = log_growth + drift + scale * (L @ noise[p, t])
            average += np.mean(spot * np.exp(log_growth))
        payoff += max(average / steps - strike, 0.0)
    return np.exp(-rate * years) * payoff / paths


def by_hand_numpy(spot, sigma, L, rate, strike, years, noise):
    """All paths at once; only those that pay go back."""
    paths, steps, assets = noise.shape
    dt = years / steps
    scale = sigma * np.sqrt(dt)
    walk = noise @ L.T
    prices = scale * walk + (rate - 0.5 * sigma**2) * dt
    np.cumsum(prices, 1, out=prices)
    np.exp(prices, out=prices)
    prices *= spot
    gain = prices.sum((1, 2)) / (steps * assets) - strike
    pays = gain > 0.0
    bar = prices[pays]
    factor = np.exp(-rate * years) / paths
    bar *= factor / (steps * assets)
    spot_bar = bar.sum((0, 1)) / spot
    bar = np.cumsum(bar[:, ::-1], 1)[:, ::-1]
    drift_bar = bar.sum((0, 1))
    scale_bar = np.einsum("pta,pta->a", bar, walk[pays])
    L_bar = scale[:, None] * np.einsum("pta,ptb->ab", bar, noise[pays])
    sigma_bar = scale_bar * np.sqrt(dt) - drift_bar * sigma * dt
    rate_bar = np.sum(drift_bar) * dt - years * factor * gain[pays].sum()
    return spot_bar, sigma_bar, L_bar, rate_bar


def by_hand_numba(spot, sigma, L, rate, strike, years, noise):
    """A path there and back; only those that pay go back.

    The derivatives by the scale and by L are both sums of the matrix ``across``.
    """
    paths, steps, assets = noise.shape
    dt = years / steps
    drift = (rate - 0.5 * sigma * sigma) * dt
    scale = sigma * np.sqrt(dt)
    across = np.zeros((assets, assets))
    drift_bar = np.zeros(assets)
    spot_bar = np.zeros(assets)
    payoff = 0.0
    for p in prange(paths):
        own = np.zeros((assets, assets))
        own_drift = np.zeros(assets)
        own_spot = np.zeros(assets)
        prices = np.empty((steps, assets))
        log_growth = np.zeros(assets)
        total = 0.0
        for t in range(steps):
            for a in range(assets):
                step = 0.0
                for b in range(assets):
                    step += L[a, b] * noise[p, t, b]
                log_growth[a] += drift[a] + scale[a] * step
                prices[t, a] = spot[a] * np.exp(log_growth[a])
                total += prices[t, a]
        gain = total / (steps * assets) - strike
        if gain > 0.0:
            payoff += gain
            bar = np.zeros(assets)
            for t in range(steps - 1, -1, -1):
                for a in range(assets):
                    own_spot[a] += prices[t, a]
                    bar[a] += prices[t, a]
                    own_drift[a] += bar[a]
                    for b in range(assets):
                        own[a, b] += bar[a] * noise[p, t, b]
            across += own
            drift_bar += own_drift
            spot_bar += own_spot
    discount = np.exp(-rate * years) / paths
    factor = discount / (steps * assets)
    sigma_bar, L_bar = np.empty(assets), np.empty((assets, assets))
    rate_bar = -years * discount * payoff
    for a in range(assets):
        sigma_bar[a] = -factor * drift_bar[a] * sigma[a] * dt
        rate_bar += factor * drift_bar[a] * dt
        spot_bar[a] *= factor / spot[a]
        for b in range(assets):
            sigma_bar[a] += factor * across[a, b] * L[a, b] * np.sqrt(dt)
            L_bar[a, b] = factor * across[a, b] * scale[a]
    return spot_bar, sigma_bar, L_bar, rate_bar


def for_jax(np, lax):
    """All paths at once, in a scan over the steps."""

    def primal(spot, sigma, L, rate, strike, years, noise):
        paths, steps, assets = noise.shape
        dt = years / steps
        drift = (rate - 0.5 * sigma**2) * dt
        scale = sigma * np.sqrt(dt)

        def step(carry, z):
            log_growth, average = carry
            log_growth = log_growth + drift + scale * (z @ L.T)
            return (log_growth, average + np.mean(spot * np.exp(log_growth), 1)), None

        start = np.zeros((paths, assets)), np.zeros(paths)
        (_, average), _ = lax.scan(step, start, np.swapaxes(noise, 0, 1))
        payoff = np.maximum(average / steps - strike, 0.0)
        return np.exp(-rate * years) * np.mean(payoff)

    return primal


def for_torch(torch):
    """All paths and steps at once."""

    def primal(spot, sigma, L, rate, strike, years, noise):
        dt = years / noise.shape[1]
        moves = (rate - 0.5 * sigma**2) * dt + sigma * dt**0.5 * (noise @ L.T)
        prices = spot * torch.exp(torch.cumsum(moves, 1))
        payoff = torch.clamp(prices.mean((1, 2)) - strike, min=0.0)
        return torch.exp(-rate * years) * payoff.mean()

    return primal


def for_autograd(np):
    """All paths and steps at once."""

    def primal(spot, sigma, L, rate, strike, years, noise):
        dt = years / noise.shape[1]
        walk = np.dot(noise, np.transpose(L))
        moves = (rate - 0.5 * sigma**2) * dt + sigma * np.sqrt(dt) * walk
        prices = spot * np.exp(np.cumsum(moves, 1))
        payoff = np.maximum(np.mean(prices, (1, 2)) - strike, 0.0)
        return np.exp(-rate * years) * np.mean(payoff)

    return primal
