"""Derivatives of NumPy functions, as readable source and as compiled code.

>>> import numpy as np
>>> import gradscribe as gs
>>> def loss(w, X, y):
...     r = X @ w - y
...     return np.sum(r * r)
>>> dloss = gs.grad(loss, wrt="w", target="numpy")
>>> dloss(np.ones(2), np.eye(2), np.zeros(2))
array([2., 2.])
"""

from __future__ import annotations

from .api.checking import check_grads
from .api.constants import custom_derivative, edit_gradient, stop_gradient
from .api.first import grad, jit, value_and_grad, vjp
from .api.higher import hessian, hvp, jacobian, jvp, value_and_jacobian
from .api.options import Options
from .api.sparse import sparse_hessian, sparse_jacobian
from .runtime.derivative import Derivative
from .runtime.sparse import Sparse
from .transpile.errors import Problem, TranspileError

__version__ = "0.1.0"
__all__ = [
    "Derivative",
    "Options",
    "Problem",
    "Sparse",
    "TranspileError",
    "check_grads",
    "custom_derivative",
    "edit_gradient",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jit",
    "jvp",
    "sparse_hessian",
    "sparse_jacobian",
    "stop_gradient",
    "value_and_grad",
    "value_and_jacobian",
    "vjp",
]
