"""What a sparse transform returns: a matrix of SciPy's, from few columns."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, ParamSpec

import numpy as np

from .colours import Pattern, find_pattern
from .derivative import Derivative

P = ParamSpec("P")
KEPT = 8  # patterns


class Sparse(Generic[P]):
    """A Jacobian or a Hessian with few numbers, as a ``scipy.sparse.csr_array``.

    Attributes
    ----------
    primal : callable
        The function that was transformed.
    numbers : Derivative
        Takes seeds, and then the arguments: the Jacobian times a matrix.
    marks : Derivative
        Takes sets of inputs as a matrix of booleans, and then the arguments: which
        elements of the result depend on which sets.
    """

    def __init__(
        self,
        name: str,
        primal: Callable[P, object],
        numbers: Derivative[..., Any],
        marks: Derivative[..., Any],
        place: str,
        maker: Callable[..., Any],
        options: Mapping[str, Any],
    ) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = getattr(primal, "__module__", "__main__")
        self.__doc__ = f"{name}: made by gradscribe at its first call."
        self.primal, self.numbers, self.marks = primal, numbers, marks
        self._place, self._maker, self._options = place, maker, dict(options)
        self._kept: dict[object, Pattern] = {}
        self._lock = threading.RLock()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Return the matrix."""
        found, x = self._pattern(args, kwargs)
        if not found.count:
            return found.filled(np.zeros(0, np.result_type(np.asarray(x), np.float32)))
        seeds = found.seeds.reshape(*np.shape(x), found.count)
        numbers = self.numbers(seeds, *args, **kwargs)
        return found.matrix(np.reshape(numbers, (found.shape[0], found.count)))

    def pattern(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Return where the matrix may have numbers, as a matrix of booleans.

        It fits ``jac_sparsity`` of ``scipy.optimize.least_squares`` and of
        ``scipy.integrate.solve_ivp``.
        """
        found, _ = self._pattern(args, kwargs)
        return found.filled(np.ones(len(found.rows), dtype=bool))

    def colours(self, *args: P.args, **kwargs: P.kwargs) -> int:
        """Return how many columns are computed for the matrix."""
        return self._pattern(args, kwargs)[0].count

    @property
    def source(self) -> str:
        """The readable NumPy source of the numbers; ``marks.source`` is the other."""
        return self.numbers.source

    @property
    def __signature__(self) -> inspect.Signature:
        """The signature of the primal."""
        signature = inspect.signature(self.numbers)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def __reduce__(self) -> tuple[Any, ...]:
        return _remake, (self._maker, self.primal, self._options)

    def __repr__(self) -> str:
        return f"<gradscribe.Sparse {self.__qualname__}>"

    def _pattern(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Pattern, Any]:
        """Return the pattern for such arguments, and what is differentiated by.

        It is found again where what it follows from changes: the lengths of all
        arguments, and the values of those that ``marks`` reads.
        """
        made, leaves = self.marks.prepared((None, *args), kwargs)
        x = leaves[made.place(self._place)]
        key = (made, *(_key(value, read) for value, read in made.needed(leaves)))
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                shape = np.shape(x)
                found = find_pattern(lambda s: self.marks(s, *args, **kwargs), shape)
                if len(self._kept) == KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = found
        return found, x


def _remake(maker: Callable[..., Any], primal: object, options: dict[str, Any]) -> Any:
    return maker(primal, **options)


def _key(value: Any, read: bool) -> object:
    array = np.asarray(value)
    return array.shape, array.tobytes() if read else None
