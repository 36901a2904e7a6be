"""Find the branch lengths of a tree from sequences, with the generated gradient."""

import numpy as np
from phylogeny_grad import surprise_value_and_grad
from scipy.optimize import minimize

# Five taxa (0 to 4); the last node is the root.
CHILDREN = np.array([[-1, -1]] * 5 + [[0, 1], [2, 3], [5, 6], [7, 4]])
LENGTHS = np.array([0.1, 0.2, 0.15, 0.3, 0.4, 0.1, 0.2, 0.1, 1.0])


def evolved(node, bases, found, rng):
    """Note the bases of the taxa below a node that has some."""
    found[node] = bases
    for child in CHILDREN[node]:
        if child >= 0:
            fresh = rng.random(len(bases)) > np.exp(-4.0 / 3.0 * LENGTHS[child])
            drawn = rng.integers(0, 4, len(bases))
            evolved(child, np.where(fresh, drawn, bases), found, rng)


def main() -> None:
    rng = np.random.default_rng(0)
    found = {}
    evolved(8, rng.integers(0, 4, 20000), found, rng)
    leaves = np.stack([np.eye(4)[found[taxon]] for taxon in range(5)])
    fit = minimize(
        surprise_value_and_grad,
        np.log(np.full(9, 0.2)),
        args=(CHILDREN, leaves),
        jac=True,
        method="L-BFGS-B",
    )
    lengths = np.exp(fit.x)
    # The two branches at the root are one: only their sum can be told.
    lengths[4], lengths[7] = 0.5 * (lengths[4] + lengths[7]) + [0.15, -0.15]
    print("branch lengths", " ".join(f"{length:.3f}" for length in lengths[:8]))
    print("made with     ", " ".join(f"{length:.3f}" for length in LENGTHS[:8]))
    error = np.max(np.abs(lengths[:8] - LENGTHS[:8]))
    print(f"greatest error {error:.4f} after {fit.nit} iterations")


if __name__ == "__main__":
    main()
