"""Misfit of Black and Scholes' prices of calls to a market's: elementwise, with erf."""

import math

import numpy as np
from numba import prange
from scipy.special import erf

SIZES = {"small": {"n": 1000}, "large": {"n": 100_000}}
WRT = ("volatility", "rate")
LOOPS = False


def data(rng, n):
    spot = rng.uniform(50.0, 150.0, n)
    strike = rng.uniform(50.0, 150.0, n)
    years = rng.uniform(0.1, 2.0, n)
    volatility = rng.uniform(0.1, 0.5, n)
    return volatility, 0.03, spot, strike, years, rng.uniform(1.0, 40.0, n)


def normal_cdf(x):
    return 0.5 * (1.0 + erf(x / np.sqrt(2.0)))


def primal(volatility, rate, spot, strike, years, market):
    spread = volatility * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    d2 = d1 - spread
    discounted = strike * np.exp(-rate * years)
    price = spot * normal_cdf(d1) - discounted * normal_cdf(d2)
    return 0.5 * np.mean((price - market) ** 2)


def by_hand_numpy(volatility, rate, spot, strike, years, market):
    """By vega and rho, for which the terms in the densities cancel."""
    root = np.sqrt(years)
    spread = volatility * root
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    later = strike * np.exp(-rate * years) * 0.5 * (1.0 + erf((d1 - spread) / 2**0.5))
    error = spot * 0.5 * (1.0 + erf(d1 / 2**0.5)) - later - market
    error /= len(spot)
    vega = spot * root * np.exp(-0.5 * d1 * d1) / np.sqrt(2.0 * np.pi)
    return error * vega, error @ (years * later)


def by_hand_numba(volatility, rate, spot, strike, years, market):
    """By vega and rho, for which the terms in the densities cancel."""
    n = len(spot)
    volatility_bar = np.empty(n)
    rate_bar = 0.0
    half = 1.0 / math.sqrt(2.0)
    density = 1.0 / (n * math.sqrt(2.0 * math.pi))
    for i in prange(n):
        root = math.sqrt(years[i])
        spread = volatility[i] * root
        drift = (rate + 0.5 * volatility[i] * volatility[i]) * years[i]
        d1 = (math.log(spot[i] / strike[i]) + drift) / spread
        later = 0.5 + 0.5 * math.erf((d1 - spread) * half)
        later *= strike[i] * math.exp(-rate * years[i])
        error = spot[i] * (0.5 + 0.5 * math.erf(d1 * half)) - later - market[i]
        volatility_bar[i] = error * spot[i] * root * math.exp(-0.5 * d1 * d1) * density
        rate_bar += error * years[i] * later
    return volatility_bar, rate_bar / n


def for_jax(np, lax):
    def cdf(x):
        return 0.5 * (1.0 + lax.erf(x / np.sqrt(2.0)))

    def primal(volatility, rate, spot, strike, years, market):
        spread = volatility * np.sqrt(years)
        d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
        d2 = d1 - spread
        price = spot * cdf(d1) - strike * np.exp(-rate * years) * cdf(d2)
        return 0.5 * np.mean((price - market) ** 2)

    return primal


def for_torch(torch):
    def cdf(x):
        return 0.5 * (1.0 + torch.erf(x / 2.0**0.5))

    def primal(volatility, rate, spot, strike, years, market):
        spread = volatility * torch.sqrt(years)
        d1 = (torch.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
        d2 = d1 - spread
        price = spot * cdf(d1) - strike * torch.exp(-rate * years) * cdf(d2)
        return 0.5 * torch.mean((price - market) ** 2)

    return primal


def for_autograd(np):
    from autograd.scipy.special import erf

    def cdf(x):
        return 0.5 * (1.0 + erf(x / np.sqrt(2.0)))

    def primal(volatility, rate, spot, strike, years, market):
        spread = volatility * np.sqrt(years)
        d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
        d2 = d1 - spread
        price = spot * cdf(d1) - strike * np.exp(-rate * years) * cdf(d2)
        return 0.5 * np.mean((price - market) ** 2)

    return primal
