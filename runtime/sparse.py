"""What a sparse transform returns: a matrix of SciPy's, from few columns."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, ParamSpec

import numpy as np

from .colours import Pattern, find_pattern
from .derivative import Derivative, reduced
from .plans import Plan, by_columns, plans

log = logging.getLogger("gradscribe")

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
    adjoint : Derivative or None
        Takes a cotangent, and then the arguments: it times the Jacobian. It is used
        for rows that are full.
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
        self._kept: dict[object, Plan] = {}
        self._lock = threading.RLock()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Return the matrix."""
        plan, x = self._plan(args, kwargs)
        kind = np.result_type(np.asarray(x), np.float32)
        parts = []
        if plan.columns.count:
            found = self._columns(plan.columns, x, args, kwargs)
            parts.append((~plan.taken, found))
        if plan.rows.count:
            parts.append((plan.taken, self._rows(plan.rows, args, kwargs)))
        kinds = [numbers.dtype for _, numbers in parts] or [kind]
        data = np.zeros(len(plan.taken), dtype=np.result_type(*kinds))
        for where, numbers in parts:
            data[where] = numbers
        return plan.whole.filled(data)

    def _columns(
        self, found: Pattern, x: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> np.ndarray:
        """Return the numbers of a pattern, computed by columns."""
        seeds = found.seeds.reshape(*np.shape(x), found.count)
        numbers = self.numbers(seeds, *args, **kwargs)
        return found.apart(np.reshape(numbers, (found.shape[0], found.count)))

    def _rows(
        self, found: Pattern, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> np.ndarray:
        """Return the numbers of a pattern, computed by rows."""
        assert self.adjoint is not None
        rows = [seed.reshape(found.results) for seed in found.seeds.T]
        sums = [np.ravel(self.adjoint(row, *args, **kwargs)) for row in rows]
        return found.apart(np.stack(sums, 1))

    def _has_rows(
        self, found: Pattern, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> bool:
        """Whether rows can be computed."""
        if self.adjoint is None:
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
        found = self._plan(args, kwargs)[0].whole
        return found.filled(np.ones(len(found.rows), dtype=bool))

    def colours(self, *args: P.args, **kwargs: P.kwargs) -> int:
        """Return how many columns and rows are computed for the matrix."""
        return self._plan(args, kwargs)[0].count

    @property
    def source(self) -> str:
        """The readable NumPy source of the numbers; ``marks.source`` is the other."""
        return self.numbers.source

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the readable NumPy source, with what finds the pattern, to a file."""
        self.numbers.save(path, force=force)

    @property
    def __signature__(self) -> inspect.Signature:
        """The signature of the primal."""
        signature = inspect.signature(self.numbers)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self._maker, self.primal, self._options)

    def __repr__(self) -> str:
        return f"<gradscribe.Sparse {self.__qualname__}>"

    def _plan(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Plan, Any]:
        """Return the plan for such arguments, and what is differentiated by.

        The pattern is found again where what it follows from changes: the lengths of
        all arguments, and the values of those that ``marks`` reads.
        """
        made, leaves = self.marks.prepared((None, *args), kwargs)
        x = leaves[made.place(self._place)]
        key = (made, *(_key(value, read) for value, read in made.needed(leaves)))
        with self._lock:
            plan = self._kept.get(key)
            if plan is None:
                shape = np.shape(x)
                found = find_pattern(lambda s: self.marks(s, *args, **kwargs), shape)
                plan, *others = plans(found) if self.adjoint else [by_columns(found)]
                best = min([plan, *others], key=lambda each: each.cost)
                if best is not plan and self._has_rows(found, args, kwargs):
                    plan = best
                if len(self._kept) == KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = plan
        return plan, x


def _key(value: Any, read: bool) -> object:
    array = np.asarray(value)
    return array.shape, array.tobytes() if read else None
