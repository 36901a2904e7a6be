"""The log-likelihood of a hidden Markov model by the scaled forward algorithm."""

import numpy as np

SIZES = {
    "small": {"states": 8, "symbols": 6, "length": 200},
    "large": {"states": 32, "symbols": 20, "length": 2_000},
}
WRT = ("start", "transition", "emission")
LOOPS = True


def data(rng, states, symbols, length):
    def rows(*shape):
        weights = rng.random(shape) + 0.1
        return weights / np.sum(weights, axis=-1, keepdims=True)

    observed = rng.integers(0, symbols, length)
    return rows(states), rows(states, states), rows(states, symbols), observed


def primal(start, transition, emission, observed):
    alpha = start * emission[:, observed[0]]
    scale = np.sum(alpha)
    alpha = alpha / scale
    total = np.log(scale)
    for t in range(1, len(observed)):
        alpha = (alpha @ transition) * emission[:, observed[t]]
        scale = np.sum(alpha)
        alpha = alpha / scale
        total += np.log(scale)
    return total


def by_hand_numpy(start, transition, emission, observed):
    n, k = len(observed), len(start)
    likely = emission.T[observed]
    alpha = np.empty((n, k))
    predicted = np.empty((n, k))
    scale = np.empty(n)
    predicted[0] = start
    for t in range(n):
        if t:
            np.matmul(alpha[t - 1], transition, out=predicted[t])
        joint = predicted[t] * likely[t]
        scale[t] = np.sum(joint)
        alpha[t] = joint / scale[t]

    # The adjoint of the joint is 1 / scale in the last step; before it, beta / scale.
    joint_bar = np.empty((n, k))
    beta = np.ones(k)
    for t in range(n - 1, -1, -1):
        joint_bar[t] = beta / scale[t]
        beta = transition @ (joint_bar[t] * likely[t])
    predicted_bar = joint_bar * likely
    transition_bar = alpha[:-1].T @ predicted_bar[1:]
    emission_bar = np.zeros_like(emission)
    np.add.at(emission_bar.T, observed, joint_bar * predicted)
    return predicted_bar[0], transition_bar, emission_bar


def by_hand_numba(start, transition, emission, observed):
    n, k = len(observed), len(start)
    alpha = np.empty((n, k))
    predicted = np.empty((n, k))
    scale = np.empty(n)
    likely = emission.T.copy()
    for t in range(n):
        row = predicted[t]
        if t == 0:
            row[:] = start
        else:
            row[:] = 0.0
            for i in range(k):
                a = alpha[t - 1, i]
                for j in range(k):
                    row[j] += a * transition[i, j]
        total = 0.0
        for j in range(k):
            alpha[t, j] = row[j] * likely[observed[t], j]
            total += alpha[t, j]
        for j in range(k):
            alpha[t, j] /= total
        scale[t] = total

    transition_bar = np.zeros_like(transition)
    likely_bar = np.zeros_like(likely)
    bar = np.empty(k)
    beta = np.ones(k)
    for t in range(n - 1, -1, -1):
        inverse = 1.0 / scale[t]
        o = observed[t]
        for j in range(k):
            joint_bar = beta[j] * inverse
            likely_bar[o, j] += joint_bar * predicted[t, j]
            bar[j] = joint_bar * likely[o, j]
        if t == 0:
            break
        for i in range(k):
            a = alpha[t - 1, i]
            total = 0.0
            for j in range(k):
                total += transition[i, j] * bar[j]
                transition_bar[i, j] += a * bar[j]
            beta[i] = total
    return bar, transition_bar, likely_bar.T.copy()


def for_jax(np, lax):
    def function(start, transition, emission, observed):
        def step(alpha, symbol):
            alpha = (alpha @ transition) * emission[:, symbol]
            scale = np.sum(alpha)
            return alpha / scale, np.log(scale)

        alpha = start * emission[:, observed[0]]
        scale = np.sum(alpha)
        logs = lax.scan(step, alpha / scale, observed[1:])[1]
        return np.log(scale) + np.sum(logs)

    return function


def for_torch(torch):
    def function(start, transition, emission, observed):
        likely = emission.T[observed]
        alpha = start * likely[0]
        scales = [torch.sum(alpha)]
        for row in likely[1:]:
            alpha = (alpha / scales[-1]) @ transition * row
            scales.append(torch.sum(alpha))
        return torch.sum(torch.log(torch.stack(scales)))

    return function


def for_autograd(np):
    def function(start, transition, emission, observed):
        alpha = start * emission[:, observed[0]]
        scale = np.sum(alpha)
        total = np.log(scale)
        for t in range(1, len(observed)):
            alpha = np.dot(alpha / scale, transition) * emission[:, observed[t]]
            scale = np.sum(alpha)
            total = total + np.log(scale)
        return total

    return function
