"""Linear algebra of benchmark suites, in our own words."""

import numpy as np

from corpus import case, dominant, normal, positive, spd


@case(spd(4), writes=("A",), analytic=False)
def factor_keeping_the_rest(A):
    """Cholesky's factor below the diagonal, the matrix itself above."""
    A[:] = np.linalg.cholesky(A) + np.triu(A, k=1)


@case((4,), positive(3), positive(4), analytic=False, heavy=True)
def log_likelihood_of_a_process(y, theta, t):
    """A Gaussian process with a squared exponential kernel."""
    gap = t[:, None] - t
    K = theta[0] * np.exp(-0.5 * (gap / theta[1]) ** 2) + theta[2] * np.eye(len(t))
    L = np.linalg.cholesky(K)
    z = np.linalg.solve(L, y)
    return -0.5 * z @ z - np.sum(np.log(np.diag(L)))


@case(dominant(3), (3,), (3, 2), heavy=True)
def newton_corrections(J, r, R):
    step = np.linalg.solve(J, -r)
    several = np.linalg.solve(J.T, R)
    return step, several


@case(dominant(3), (3,), (3, 2), heavy=True)
def newton_corrections_in_a_helper(J, r, R):
    step, several = newton_corrections(J, r, R)
    return np.sum(step**2) + np.sum(several**3)


@case((2,), spd(2), normal(2, 2, scale=0.4), (1, 2), positive(1, 1), (3,), heavy=True)
def kalman_with_matrices(x, P, F, H, R, y):
    """Predict and correct; the gain inverts the innovation's covariance."""
    for observed in y:
        x = F @ x
        P = F @ P @ F.T + 0.1 * np.eye(2)
        S = H @ P @ H.T + R
        gain = P @ H.T @ np.linalg.inv(S)
        x = x + gain @ (observed - H @ x)
        P = (np.eye(2) - gain @ H) @ P
    return x, P
