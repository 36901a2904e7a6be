"""Find the coefficients that made a noisy series, with the generated gradient."""

import numpy as np
from recurrence_grad import prediction_error_value_and_grad
from scipy.optimize import minimize

TRUTH = (0.8, 0.5, -0.1)


def main() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(500)
    y = np.empty(500)
    h = 0.0
    for t in range(500):
        h = np.tanh(TRUTH[0] * h + TRUTH[1] * x[t] + TRUTH[2])
        y[t] = h
    y += 0.02 * rng.standard_normal(500)

    def objective(p):
        value, gradient = prediction_error_value_and_grad(p[0], p[1], p[2], x, y)
        return value, np.array(gradient)

    fit = minimize(objective, np.zeros(3), jac=True, method="BFGS")
    print(f"mean squared error {fit.fun:.6f} after {fit.nit} iterations")
    print("a, b, c =", ", ".join(f"{v:.4f}" for v in fit.x), "made with", TRUTH)


if __name__ == "__main__":
    main()
