"""Jacobians and Hessians with few numbers, as matrices of ``scipy.sparse``."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, Unpack, overload

from ..runtime.sparse import Sparse
from .first import grad, vjp
from .options import Decorator, Options, P, R, make


@overload
def sparse_jacobian(
    f: Callable[P, R], wrt: str | int | None = ..., **options: Unpack[Options]
) -> Sparse[P]: ...
@overload
def sparse_jacobian(
    f: None = ..., wrt: str | int | None = ..., **options: Unpack[Options]
) -> Decorator: ...
def sparse_jacobian(
    f: Any = None, wrt: str | int | None = None, **options: Unpack[Options]
) -> Any:
    """Return the Jacobian of a function, as a sparse matrix.

    For a function that returns one array, of one array of floats. Element ``[i, j]``
    of the matrix, a ``scipy.sparse.csr_array``, is the derivative of ``y.ravel()[i]``
    by ``x.ravel()[j]``. Where it may have numbers is found by following which elements
    depend on which, whatever the numbers are: a derivative that happens to be zero is
    stored as a zero. Columns that have no row in common are computed as one in
    forward mode, so the cost is that of ``.colours(x)`` directional derivatives. Rows
    that are full are computed in reverse mode, where that is cheaper.

    The pattern is kept. It is found again when the shape of an argument changes, or
    the value of one that the pattern depends on: an index, a number of iterations, an
    array that a branch is taken by, a matrix whose zeros count.

    Parameters
    ----------
    f : function, optional
        A Python function written with NumPy. Without it, a decorator is returned.
    wrt : str or int, optional
        The parameter to differentiate by; by default the first.
    **options
        See `gradscribe.Options`.

    Returns
    -------
    Sparse
        Takes the arguments of ``f``; ``.pattern`` and ``.colours`` take them, too.
        ``.source`` shows the text for the numbers, ``.marks.source`` that for the
        pattern.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def slopes(x):
    ...     return x[1:] ** 2 - x[:-1]
    >>> matrix = gs.sparse_jacobian(slopes, target="numpy")
    >>> matrix(np.array([1.0, 2.0, 3.0])).toarray()
    array([[-1.,  4.,  0.],
           [ 0., -1.,  6.]])
    >>> matrix.colours(np.ones(1000))
    2
    """
    if f is None:
        return Decorator(sparse_jacobian, {"wrt": wrt, **options})
    return _sparse(sparse_jacobian, f, f, wrt, options, vjp)


@overload
def sparse_hessian(
    f: Callable[P, R], wrt: str | int | None = ..., **options: Unpack[Options]
) -> Sparse[P]: ...
@overload
def sparse_hessian(
    f: None = ..., wrt: str | int | None = ..., **options: Unpack[Options]
) -> Decorator: ...
def sparse_hessian(
    f: Any = None, wrt: str | int | None = None, **options: Unpack[Options]
) -> Any:
    """Return the Hessian of a function that returns one number, as a sparse matrix.

    It is the sparse Jacobian of the gradient: see `sparse_jacobian`.

    Examples
    --------
    >>> import numpy as np
    >>> import gradscribe as gs
    >>> def energy(x):
    ...     return np.sum((x[1:] - x[:-1] ** 2) ** 2)
    >>> matrix = gs.sparse_hessian(energy, target="numpy")
    >>> matrix(np.array([1.0, 2.0, 3.0])).toarray()
    array([[ 4., -4.,  0.],
           [-4., 38., -8.],
           [ 0., -8.,  2.]])
    >>> matrix.colours(np.ones(1000))
    3
    """
    if f is None:
        return Decorator(sparse_hessian, {"wrt": wrt, **options})
    slope = grad(f, wrt, **options)
    return _sparse(sparse_hessian, f, slope, wrt, options)


def _sparse(
    maker: Callable[..., Any],
    f: Any,
    inner: Any,
    wrt: Any,
    options: Options,
    left: Callable[..., Any] | None = None,
) -> Sparse[Any]:
    mode = maker.__name__
    if wrt is not None and not isinstance(wrt, (str, int)):
        raise TypeError(f"{mode} is with respect to one parameter; wrt={wrt!r}")
    if importlib.util.find_spec("scipy") is None:
        raise ImportError(f"{mode} returns matrices of scipy.sparse: install scipy")
    numbers = _compressed(inner, wrt, **options)
    in_numpy: Options = {**options, "target": "numpy"}
    marks = _marks(inner, wrt, **in_numpy)
    given = {"wrt": wrt, **options}
    name = f"{getattr(f, '__name__', 'f')}_{mode}"
    adjoint = None if left is None else left(f, wrt, **options)
    place = numbers.transform.step.wrt[0]
    return Sparse(name, f, numbers, marks, adjoint, place, maker, given)


def _compressed(f: Any, wrt: Any, **options: Unpack[Options]) -> Any:
    """Return what takes seeds and gives the Jacobian times them."""
    return make(_compressed, "compressed", f, wrt, options)


def _marks(f: Any, wrt: Any, **options: Unpack[Options]) -> Any:
    """Return what takes sets of inputs and says what depends on them."""
    return make(_marks, "pattern", f, wrt, options)
