"""What a sparse transform returns: a matrix of SciPy's, from few columns."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, ParamSpec

import numpy as np

from .colours import Pattern, find_pattern
from .derivative import Derivative

log = logging.getLogger("gradscribe")

P = ParamSpec("P")
KEPT = 8  # patterns
# A product with the Jacobian from the left takes a call of its own, and two to four
# times as long as one column among several.
ROW = 4


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
    adjoint : Derivative or None
        Takes a cotangent, and then the arguments: it times the Jacobian. It is used
        where rows need far fewer colours than columns.
    """

    def __init__(
        self,
        name: str,
        primal: Callable[P, object],
        numbers: Derivative[..., Any],
        marks: Derivative[..., Any],
        adjoint: Derivative[..., Any] | None,
        place: str,
        maker: Callable[..., Any],
        options: Mapping[str, Any],
    ) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = getattr(primal, "__module__", "__main__")
        self.__doc__ = f"{name}: made by gradscribe at its first call."
        self.primal, self.numbers, self.marks = primal, numbers, marks
        self.adjoint = adjoint
        self._place, self._maker, self._options = place, maker, dict(options)
        self._kept: dict[object, Pattern] = {}
        self._lock = threading.RLock()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Return the matrix."""
        found, x = self._pattern(args, kwargs)
        if not found.count:
            return found.filled(np.zeros(0, np.result_type(np.asarray(x), np.float32)))
        if found.by_rows:
            return found.matrix(self._rows(found, args, kwargs))
        seeds = found.seeds.reshape(*np.shape(x), found.count)
        numbers = self.numbers(seeds, *args, **kwargs)
        return found.matrix(np.reshape(numbers, (found.shape[0], found.count)))

    def _rows(
        self, found: Pattern, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> np.ndarray:
        """Return the sums of rows of one colour, each as a column."""
        assert self.adjoint is not None
        rows = [seed.reshape(found.results) for seed in found.seeds.T]
        return np.stack([np.ravel(self.adjoint(r, *args, **kwargs)) for r in rows], 1)

    def _by_rows(
        self, found: Pattern, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> bool:
        """Whether a matrix with such a pattern is computed by rows, and can be."""
        if self.adjoint is None or found.turned().count * ROW >= found.count:
            return False
        try:
            self.adjoint(np.zeros(found.results), *args, **kwargs)
        except Exception as error:  # a rule for forward mode alone, say: columns do
            log.info("%s is computed by columns: %s", self.__name__, error)
            return False
        return True

    def pattern(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Return where the matrix may have numbers, as a matrix of booleans.

        It fits ``jac_sparsity`` of ``scipy.optimize.least_squares`` and of
        ``scipy.integrate.solve_ivp``.
        """
        found, _ = self._pattern(args, kwargs)
        return found.filled(np.ones(len(found.rows), dtype=bool))

    def colours(self, *args: P.args, **kwargs: P.kwargs) -> int:
        """Return how many columns, or rows, are computed for the matrix."""
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
                if self._by_rows(found, args, kwargs):
                    found = found.turned()
                if len(self._kept) == KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = found
        return found, x


def _remake(maker: Callable[..., Any], primal: object, options: dict[str, Any]) -> Any:
    return maker(primal, **options)


def _key(value: Any, read: bool) -> object:
    array = np.asarray(value)
    return array.shape, array.tobytes() if read else None
