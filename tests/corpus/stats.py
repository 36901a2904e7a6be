"""Statistics and likelihoods."""

import numpy as np

from corpus import case, mask, positive, unit


@case((5, 3))
def covariance(X):
    X = X - X.mean(axis=0)
    return X.T @ X / (X.shape[0] - 1)


@case((6, 3), analytic=False)
def correlation(data):
    mean = np.mean(data, axis=0)
    std = np.std(data, axis=0)
    z = (data - mean) / (np.sqrt(6.0) * std)
    corr = np.eye(3)
    for i in range(2):
        corr[i + 1 :, i] = corr[i, i + 1 :] = z[:, i] @ z[:, i + 1 :]
    return corr


@case((7,), 0.3, 1.2)
def gaussian_likelihood(x, mu, sigma):
    z = (x - mu) / sigma
    return -0.5 * np.sum(z**2) - len(x) * np.log(sigma * np.sqrt(2.0 * np.pi))


@case((6, 3), (3,), mask(6), wrt="w", float32=True)
def logistic_likelihood(X, w, y):
    mu = 1 / (1 + np.exp(-X.dot(w)))
    return -(y * np.log(mu) + (1 - y) * np.log(1 - mu)).sum()


@case((3,), 0.2, (6, 3), unit(6), 0.1, wrt="w,b,l2", float32=True, analytic=False)
def ridge_logistic(w, b, X, y, l2):
    z = X @ w + b
    losses = np.logaddexp(0.0, z) - y * z
    return np.mean(losses) + 0.5 * l2 * np.sum(w * w)


@case((5, 3), (3,), (5,))
def least_squares(X, w, y):
    r = X @ w - y
    return 0.5 * r @ r


@case((5, 2), (3, 2))
def pairwise_distances(X, Y):
    d = X[:, None, :] - Y[None, :, :]
    return np.sqrt((d**2).sum(axis=2))


@case((5, 2), (3, 2))
def pairwise_by_loops(X, Y):
    D = np.zeros((5, 3))
    for i in range(5):
        for j in range(3):
            s = 0.0
            for k in range(2):
                s += (X[i, k] - Y[j, k]) ** 2
            D[i, j] = np.sqrt(s)
    return D


@case((3,), (3, 2), (6, 2))
def mixture_loops(logits, means, X):
    """A mixture of unit Gaussians; max-shifted by hand."""
    total = 0.0
    for i in range(len(X)):
        terms = np.empty(3)
        for k in range(3):
            d = X[i] - means[k]
            terms[k] = logits[k] - 0.5 * d @ d
        top = terms.max()
        total += top + np.log(np.sum(np.exp(terms - top)))
    m = logits.max()
    return total - len(X) * (m + np.log(np.sum(np.exp(logits - m))))


@case((6, 4), (4,), analytic=False)
def huber(X, w):
    r = X @ w
    a = np.abs(r)
    return np.mean(np.where(a < 1.0, 0.5 * r**2, a - 0.5))


@case((5, 3), (3, 4))
def cross_entropy(X, W):
    logits = X @ W
    logits = logits - logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -logp[np.arange(5), np.array([0, 3, 1, 1, 2])].mean()


@case((8,), analytic=False)
def online_variance(x):
    """Welford's method."""
    mean = 0.0
    m2 = 0.0
    for i in range(len(x)):
        delta = x[i] - mean
        mean += delta / (i + 1)
        m2 += delta * (x[i] - mean)
    return m2 / (len(x) - 1)


@case((6,))
def compensated_sum(x):
    """Kahan's summation."""
    s = 0.0
    c = 0.0
    for i in range(len(x)):
        y = x[i] * x[i] - c
        t = s + y
        c = (t - s) - y
        s = t
    return s


@case(positive(4), 0.7)
def poisson_likelihood(x, rate):
    k = np.array([0, 2, 1, 3])
    lam = rate * x
    return np.sum(k * np.log(lam) - lam)
