"""What is compared: each tool makes, of a workload, a call without arguments."""

from __future__ import annotations

import inspect
import os
import types
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

Call = Callable[[], Any]
FLAGS = {"contract", "reassoc", "nsz", "arcp"}


class Missing(Exception):
    """A workload that a tool cannot do, with the reason."""


def places(workload: ModuleType) -> list[int]:
    """Return the places of the differentiated parameters."""
    parameters = list(inspect.signature(workload.primal).parameters)
    return [parameters.index(name) for name in workload.WRT]


def version(workload: ModuleType, name: str) -> Any:
    """Return a workload's function for one tool."""
    found = getattr(workload, name, None)
    if found is None:
        raise Missing("not written")
    return found


def gradscribe(
    workload: ModuleType, args: tuple[Any, ...], parallel: bool, target: str = "cpu"
) -> Call:
    """The compiled gradient; in threads where gradscribe can."""
    import gradscribe as gs

    options = {"target": target, "parallel": True} if parallel else {"target": target}
    gradient = gs.grad(workload.primal, wrt=workload.WRT, **options)
    return lambda: gradient(*args)


def primal(workload: ModuleType, args: tuple[Any, ...], parallel: bool) -> Call:
    """The function itself, compiled by gradscribe."""
    import gradscribe as gs

    options = {"parallel": True} if parallel else {}
    function = gs.jit(workload.primal, **options)
    return lambda: function(*args)


def jax(workload: ModuleType, args: tuple[Any, ...], parallel: bool) -> Call:
    """``jit(grad)``, its arguments on the device and its results waited for."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    static = [k for k, a in enumerate(args) if isinstance(a, int)]
    function = version(workload, "for_jax")(jnp, jax.lax)
    wrt = tuple(places(workload))
    gradient = jax.jit(jax.grad(function, argnums=wrt), static_argnums=static)
    moved = [a if k in static else jnp.asarray(a) for k, a in enumerate(args)]
    return lambda: jax.block_until_ready(gradient(*moved))


def torch(
    workload: ModuleType,
    args: tuple[Any, ...],
    parallel: bool,
    compiled: bool = False,
) -> Call:
    """``autograd.grad``, eager or of the compiled function."""
    import torch

    torch.set_num_threads(os.cpu_count() or 1 if parallel else 1)
    function = version(workload, "for_torch")(torch)
    if compiled:
        function = torch.compile(function)
    wrt = places(workload)
    moved = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in args]
    for k in wrt:
        moved[k] = torch.tensor(np.asarray(args[k]), requires_grad=True)
    inputs = [moved[k] for k in wrt]
    return lambda: torch.autograd.grad(function(*moved), inputs)


def torch_compiled(workload: ModuleType, args: tuple[Any, ...], parallel: bool) -> Call:
    """The gradient of PyTorch's compiled function."""
    return torch(workload, args, parallel, compiled=True)


def autograd(workload: ModuleType, args: tuple[Any, ...], parallel: bool) -> Call:
    """The gradient of the autograd package."""
    import autograd
    import autograd.numpy as anp

    function = version(workload, "for_autograd")(anp)
    gradient = autograd.grad(function, argnum=tuple(places(workload)))
    return lambda: gradient(*args)


def numpy(workload: ModuleType, args: tuple[Any, ...], parallel: bool) -> Call:
    """The gradient written by hand in NumPy."""
    function = version(workload, "by_hand_numpy")
    return lambda: function(*args)


def numba(workload: ModuleType, args: tuple[Any, ...], parallel: bool) -> Call:
    """The gradient written by hand in loops, compiled by Numba."""
    function = jitted(version(workload, "by_hand_numba"), parallel)
    return lambda: function(*args)


def jitted(function: types.FunctionType, parallel: bool) -> Any:
    """Compile a function and those of its module that it calls."""
    import numba

    scope = dict(function.__globals__)
    for name in function.__code__.co_names:
        helper = scope.get(name)
        if isinstance(helper, types.FunctionType) and helper is not function:
            if helper.__module__ == function.__module__:
                scope[name] = jitted(helper, parallel)
    again = types.FunctionType(
        function.__code__, scope, function.__name__, function.__defaults__
    )
    threads = parallel and "prange" in function.__code__.co_names
    return numba.njit(error_model="numpy", fastmath=FLAGS, parallel=threads)(again)


TOOLS: dict[str, Callable[[ModuleType, tuple[Any, ...], bool], Call]] = {
    "gradscribe": gradscribe,
    "primal": primal,
    "jax": jax,
    "torch": torch,
    "torch.compile": torch_compiled,
    "autograd": autograd,
    "numpy": numpy,
    "numba": numba,
}
