"""A network with one hidden layer and its cross-entropy, in float32."""

import numpy as np

SIZES = {
    "64x784-256-10": {"batch": 64, "inputs": 784, "hidden": 256, "classes": 10},
}
WRT = ("W1", "b1", "W2", "b2")
LOOPS = False


def data(rng, batch, inputs, hidden, classes):
    def normal(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    W1 = normal(inputs, hidden) / np.float32(np.sqrt(inputs))
    W2 = normal(hidden, classes) / np.float32(np.sqrt(hidden))
    label = rng.integers(classes, size=batch)
    return W1, normal(hidden), W2, normal(classes), normal(batch, inputs), label


def primal(W1, b1, W2, b2, X, label):
    hidden = np.tanh(X @ W1 + b1)
    logits = hidden @ W2 + b2
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_total - shifted[np.arange(len(label)), label])


def by_hand_numpy(W1, b1, W2, b2, X, label):
    hidden = np.tanh(X @ W1 + b1)
    logits = hidden @ W2 + b2
    p = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True)
    p[np.arange(len(label)), label] -= 1.0
    p /= len(label)
    z_bar = (p @ W2.T) * (1.0 - hidden * hidden)
    return X.T @ z_bar, np.sum(z_bar, axis=0), hidden.T @ p, np.sum(p, axis=0)


def by_hand_numba(W1, b1, W2, b2, X, label):
    m, classes, width = len(X), len(b2), len(b1)
    one = np.float32(1)
    W1_bar, b1_bar = np.empty_like(W1), np.zeros_like(b1)
    W2_bar, b2_bar = np.empty_like(W2), np.zeros_like(b2)
    hidden = np.empty((m, width), np.float32)
    p = np.empty((m, classes), np.float32)
    hidden_bar = np.empty((m, width), np.float32)
    np.dot(X, W1, hidden)
    for i in range(m):
        for j in range(width):
            hidden[i, j] = np.tanh(hidden[i, j] + b1[j])
    np.dot(hidden, W2, p)
    for i in range(m):
        top = p[i, 0] + b2[0]
        for j in range(classes):
            p[i, j] += b2[j]
            top = max(top, p[i, j])
        total = np.float32(0)
        for j in range(classes):
            p[i, j] = np.exp(p[i, j] - top)
            total += p[i, j]
        scale = one / (total * np.float32(m))
        for j in range(classes):
            p[i, j] *= scale
        p[i, label[i]] -= one / np.float32(m)
        for j in range(classes):
            b2_bar[j] += p[i, j]
    np.dot(hidden.T, p, W2_bar)
    np.dot(p, W2.T, hidden_bar)
    for i in range(m):
        for j in range(width):
            hidden_bar[i, j] *= one - hidden[i, j] * hidden[i, j]
            b1_bar[j] += hidden_bar[i, j]
    np.dot(X.T, hidden_bar, W1_bar)
    return W1_bar, b1_bar, W2_bar, b2_bar


def for_jax(np, lax):
    def function(W1, b1, W2, b2, X, label):
        logits = np.tanh(X @ W1 + b1) @ W2 + b2
        shifted = logits - lax.stop_gradient(np.max(logits, axis=1, keepdims=True))
        log_total = np.log(np.sum(np.exp(shifted), axis=1))
        picked = np.take_along_axis(shifted, label[:, None], axis=1)[:, 0]
        return np.mean(log_total - picked)

    return function


def for_torch(torch):
    def function(W1, b1, W2, b2, X, label):
        logits = torch.tanh(X @ W1 + b1) @ W2 + b2
        return torch.nn.functional.cross_entropy(logits, label)

    return function


def for_autograd(np):
    def function(W1, b1, W2, b2, X, label):
        logits = np.dot(np.tanh(np.dot(X, W1) + b1), W2) + b2
        shifted = logits - np.max(logits, axis=1, keepdims=True)
        log_total = np.log(np.sum(np.exp(shifted), axis=1))
        return np.mean(log_total - shifted[np.arange(len(label)), label])

    return function
