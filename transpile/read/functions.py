"""Functions as objects: the Python function behind one, its text, a library's name."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import sys
import types

import numpy as np

from ..errors import refuse
from .classes import GIVEN
from .lambdas import UNNAMED, is_lambda
from .library import is_library
from .source import FunctionNode, functions_of


def python_function(function: object) -> types.FunctionType:
    """Return the Python function behind an object, or say why there is none."""
    while isinstance(function, (types.MethodType, functools.partial)):
        bound = isinstance(function, types.MethodType)
        function = getattr(function, "__func__" if bound else "func")
    function = getattr(function, "py_func", function)  # a Numba dispatcher
    if isinstance(function, types.FunctionType):
        return function
    name = getattr(function, "__qualname__", None) or repr(function)
    if hasattr(function, "primal"):
        help = "write it to a file with .save(...) and transform the function there"
    elif hasattr(function, "__wrapped__") and name_in_library(function) is None:
        help = f"transform the function inside: {name}.__wrapped__"
    elif _is_called(function):
        help = "pass its method __call__, as in gs.grad(model.__call__)"
    elif callable(function):
        help = f"write a function around it: def f(x): return {_call_name(function)}(x)"
    else:
        help = "pass a function that is written with def"
    raise refuse(f"{name} is not a function written in Python", help)


def _is_called(value: object) -> bool:
    """Whether a value is an object of a class with a ``__call__`` in Python."""
    method = inspect.getattr_static(type(value), "__call__", None)
    return isinstance(method, types.FunctionType)


def _call_name(function: object) -> str:
    name: str = getattr(function, "__name__", "g")
    return f"np.{name}" if getattr(np, name, None) is function else name


def name_of(function: object) -> str:
    """Return the name of a function, that of a lambda made up."""
    plain = python_function(function)
    return UNNAMED if is_lambda(plain) else plain.__name__


def file_text(function: types.FunctionType) -> str:
    """Return the text of the file or notebook cell in which a function stands."""
    file = function.__code__.co_filename
    text = "".join(linecache.getlines(file, function.__globals__))
    if not text:
        raise refuse(
            f"the source of {function.__name__} cannot be found",
            "save the function in a file, or define it in a notebook cell without"
            " %%time or the like: Python does not keep what was typed at a prompt or"
            " made by exec",
            file=file,
        )
    return text


def find_node(function: types.FunctionType, text: str) -> FunctionNode:
    """Return the syntax tree of a function, making sure that it is the right one."""
    code = function.__code__
    try:
        functions = functions_of(text)
    except SyntaxError:
        functions = ()
    for _, node in functions:
        if node.name == code.co_name and _starts_at(node, code.co_firstlineno):
            if isinstance(node, ast.AsyncFunctionDef):
                place = f"{code.co_filename}:{node.lineno}"
                help = "write it with a plain def"
                raise refuse(f"{code.co_name} is async", help, file=place)
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            if tuple(names) == code.co_varnames[: code.co_argcount]:
                return node
    raise refuse(
        f"the source of {function.__name__} has changed since it was imported",
        "import the module again",
        file=code.co_filename,
    )


def _starts_at(node: FunctionNode, line: int) -> bool:
    starts = [node.lineno, *(d.lineno for d in node.decorator_list)]
    return line == min(starts)


def name_in_library(value: object) -> str | None:
    """Return the dotted name of a library's function or type: ``numpy.linalg.norm``.

    Examples
    --------
    >>> import math
    >>> name_in_library(np.exp), name_in_library(len), name_in_library(math.sin)
    ('numpy.exp', 'builtins.len', 'math.sin')
    """
    if hasattr(value, GIVEN):
        return None  # the user says more of it
    module = getattr(value, "__module__", None)
    name = getattr(value, "__name__", None)
    if isinstance(value, np.ufunc) and hasattr(np, value.__name__):
        return f"numpy.{name}"
    for home in ("scipy.special", "scipy.linalg"):
        if getattr(sys.modules.get(home), str(name), None) is value:
            return f"{home}.{name}"
    if getattr(sys.modules.get("numba"), str(name), None) is value:
        return f"numba.{name}"
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    if not is_library(module) or module == "__main__":
        return None
    if module == "gradscribe" and not hasattr(sys.modules[module], name):
        return None  # written in one of its examples
    top = module.startswith("numpy") and getattr(np, name, None) is value
    public = "numpy" if top else module
    return f"{public}.{name}"
