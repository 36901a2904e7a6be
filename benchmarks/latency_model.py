"""A function of fifty lines, to time what comes before the first gradient."""

import numpy as np


def fitted_epidemic(rates, contacts, start, vaccinated, observed, weights, steps):
    """Misfit of an epidemic in age groups, with a penalty on rough rates."""
    infect, recover, wane, notice = np.exp(rates)
    groups = start.shape[0]
    susceptible = start[:, 0].copy()
    exposed = start[:, 1].copy()
    infected = start[:, 2].copy()
    recovered = start[:, 3].copy()
    size = np.sum(start, axis=1)
    reported = np.zeros((observed.shape[0], groups))
    dt = 1.0 / steps
    for day in range(observed.shape[0]):
        season = 1.0 + 0.2 * np.cos(2.0 * np.pi * day / 365.0)
        for step in range(steps):
            share = infected / size
            force = infect * season * (contacts @ share)
            for g in range(groups):
                caught = force[g] * susceptible[g] * dt
                shown = 0.3 * exposed[g] * dt
                healed = recover * infected[g] * dt
                waned = wane * recovered[g] * dt
                protected = 0.0
                if step == 0 and vaccinated[day, g] < susceptible[g]:
                    protected = vaccinated[day, g]
                susceptible[g] += waned - caught - protected
                exposed[g] += caught - shown
                infected[g] += shown - healed
                recovered[g] += healed - waned + protected
                reported[day, g] += notice * shown
    total = 0.0
    for day in range(observed.shape[0]):
        for g in range(groups):
            mean = max(reported[day, g], 1e-6)
            seen = observed[day, g]
            total += weights[g] * (mean - seen * np.log(mean))
    smooth = 0.0
    for g in range(1, groups):
        change = np.log(recovered[g] + 1.0) - np.log(recovered[g - 1] + 1.0)
        smooth += change * change
    shares = recovered / np.sum(recovered)
    spread = -np.sum(shares * np.log(shares + 1e-9))
    prior = 0.5 * np.sum((rates - np.mean(rates)) ** 2)
    left = susceptible - np.mean(susceptible)
    penalty = np.sum(left * left) / np.sum(size) ** 2
    if spread < 0.1:
        penalty = penalty + (0.1 - spread) ** 2
    return total / observed.size + 0.1 * smooth + prior + penalty


def arguments():
    """Arguments for a few days and three groups."""
    rng = np.random.default_rng(0)
    start = np.array([[900.0, 5, 5, 90], [800.0, 9, 1, 190], [700.0, 2, 8, 290]])
    observed = rng.poisson(3.0, (20, 3)).astype(float)
    return (
        np.log(np.array([0.3, 0.2, 0.01, 0.5])),
        rng.uniform(0.5, 2.0, (3, 3)),
        start,
        rng.uniform(0.0, 2.0, (20, 3)),
        observed,
        np.ones(3),
        4,
    )
