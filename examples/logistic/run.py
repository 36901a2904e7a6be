"""Train on scikit-learn's breast-cancer data with the generated gradient."""

import numpy as np
from logistic_grad import logistic_loss_value_and_grad
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer


def main() -> None:
    X, labels = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = labels.astype(float)

    def objective(p):
        value, (w_bar, b_bar) = logistic_loss_value_and_grad(p[:-1], p[-1], X, y, 1e-3)
        return value, np.append(w_bar, b_bar)

    fit = minimize(objective, np.zeros(X.shape[1] + 1), jac=True, method="L-BFGS-B")
    predicted = X @ fit.x[:-1] + fit.x[-1] > 0
    print(f"loss {fit.fun:.6f} after {fit.nit} iterations")
    print(f"accuracy {np.mean(predicted == labels):.4f}")


if __name__ == "__main__":
    main()
