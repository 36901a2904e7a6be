"""Train on scikit-learn's digits with the generated gradient."""

import numpy as np
from mlp_grad import cross_entropy_value_and_grad
from scipy.optimize import minimize
from sklearn.datasets import load_digits

SHAPES = ((64, 32), (32,), (32, 10), (10,))


def unpack(p):
    """Cut a flat vector into the four parameters."""
    parts = []
    for shape in SHAPES:
        size = int(np.prod(shape))
        parts.append(p[:size].reshape(shape))
        p = p[size:]
    return parts


def main() -> None:
    X, label = load_digits(return_X_y=True)
    X = X / 16.0
    train, test = slice(None, 1400), slice(1400, None)

    def objective(p):
        value, gradients = cross_entropy_value_and_grad(
            *unpack(p), X[train], label[train]
        )
        return value, np.concatenate([g.ravel() for g in gradients])

    rng = np.random.default_rng(0)
    start = 0.1 * rng.standard_normal(sum(int(np.prod(s)) for s in SHAPES))
    fit = minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}
    )
    W1, b1, W2, b2 = unpack(fit.x)
    predicted = np.argmax(np.tanh(X[test] @ W1 + b1) @ W2 + b2, axis=1)
    print(f"loss {fit.fun:.6f} after {fit.nit} iterations")
    print(f"accuracy on unseen digits {np.mean(predicted == label[test]):.4f}")


if __name__ == "__main__":
    main()
