"""``scipy.linalg``, and systems of equations in NumPy's other spellings."""

import numpy as np
import scipy.linalg
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from corpus import case, dominant, plane, spd


@case(dominant(3), (3,), (3, 2))
def triangular_systems(A, b, B):
    low = solve_triangular(A, B, lower=True)
    return (
        low,
        solve_triangular(A, b, trans="T"),
        solve_triangular(A, b, unit_diagonal=True, trans=1, lower=True),
    )


@case(dominant(3), plane(3), analytic=False, heavy=True)
def triangular_systems_complex(A, b):
    return solve_triangular(A * (1 + 0.5j), b, trans="C")


@case(spd(3), (3,), analytic=False)
def factor_and_solve(A, b):
    factor = cho_factor(A, lower=True)
    upper = scipy.linalg.cholesky(A)
    return cho_solve(factor, b), upper, factor[0], np.linalg.cholesky(A, upper=True)


@case(spd(3), (3,), analytic=False, heavy=True)
def assumptions(A, b):
    both = scipy.linalg.solve(A, b, assume_a="pos")
    sym = scipy.linalg.solve(A, b, assume_a="sym", lower=True)
    return both, sym, scipy.linalg.solve(A, b, transposed=True), scipy.linalg.inv(A)


@case((3, 3), 1.3, analytic=False)
def flow_of_a_linear_system(A, t):
    return scipy.linalg.expm(A * t)


@case(plane(2, 2), (2, 3, 3), analytic=False, heavy=True)
def exponentials(A, B):
    return scipy.linalg.expm(A), scipy.linalg.expm(3.0 * B)


@case((2, 3), (3, 4), (4, 2), (3,))
def many_products(A, B, C, v):
    return np.linalg.multi_dot([A, B, C]), np.linalg.multi_dot([v, B, C])


@case((2, 3, 6), (2, 3), (2, 3, 3, 2), heavy=True)
def tensor_equations(A, b, C):
    return np.linalg.tensorsolve(A, b), np.linalg.tensorinv(C)


@case((2, 3, 3), heavy=True)
def powers_of_stacks(A):
    return np.linalg.matrix_power(A, 3), np.linalg.matrix_power(A, -2)
