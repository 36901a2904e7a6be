"""Derivatives of any order against central differences, along random directions."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .checking import SHORTER, Maker, copied, random_like, renewed
from .derivative import Derivative


@dataclass(frozen=True)
class Checked:
    """A function, or a derivative of one, at the arguments where it is checked.

    ``given`` is what a derivative takes before the arguments: cotangents, tangents.
    ``any`` is some derivative of the function, which knows how arguments are made.
    """

    f: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: tuple[str, ...]
    options: Mapping[str, Any]
    any: Derivative[..., Any]
    given: tuple[Any, ...] = ()

    def derived(self, maker: Maker) -> Checked:
        """Return the derivative that a transform makes, along a random direction."""
        made = maker(self.f, wrt=self.wrt, **self.options)
        random = np.random.default_rng(len(self.given) + 1)
        if made.besides[-1].startswith("cotangent"):
            direction = self.cotangent(self.outputs(), random)
        else:
            direction = self.tangents(random)
        return replace(self, f=made, given=(direction, *self.given))

    # ---- directions ----

    def tangents(self, random: np.random.Generator) -> tuple[Any, ...]:
        """Return a random tangent for each parameter that is differentiated by."""
        drawn = self._changed(lambda place, leaf: random_like(leaf, random))
        # A place is the expression of a part: `p.w`, `p["w"][0]`.
        return tuple(eval(place, {"__builtins__": {}}, drawn) for place in self.wrt)

    def cotangent(self, outputs: Sequence[Any], random: np.random.Generator) -> Any:
        """Return random cotangents of the outputs, structured as they are."""
        taker = self.any.taker
        drawn = [
            taker.rebuilt("", part, lambda place, leaf: random_like(leaf, random))
            for part in outputs
        ]
        kept = [part for part in drawn if taker.leaves({"": part})]
        return kept[0] if len(kept) == 1 else tuple(kept)

    # ---- values ----

    def outputs(self, changed: Mapping[str, Any] | None = None) -> list[Any]:
        """Return what the function returns, and then each array that it writes.

        The arguments are those of `moved`, or as they are.
        """
        bound = self.any.bound(self.args)
        made = bound.arguments if changed is None else changed
        taker = self.any.taker
        copies = OrderedDict(
            (name, taker.rebuilt(name, value, lambda _, leaf: copied(leaf)))
            for name, value in made.items()
        )
        call = type(bound)(bound.signature, copies)
        if isinstance(self.f, Derivative):
            first = len(self.any.given)
            return [self.f(*self.given, *call.args[first:], **call.kwargs)]
        returned = self.any.plain(*call.args, **call.kwargs)
        after = taker.leaves(copies)
        written = self.any.written_by(bound.arguments)
        return [returned, *(after[place] for place in written)]

    def fresh(self) -> list[Any]:
        """Return the arguments, of which a call changes nothing."""
        return renewed(self.any.taker, self.args)

    def leaves(self, value: Any) -> list[Any]:
        """Return the arrays and numbers in a value."""
        return list(self.any.taker.leaves({"": value}).values())

    def moved(self, tangents: Sequence[Any], by: float) -> Mapping[str, Any]:
        """Return the arguments, moved along tangents."""
        taker = self.any.taker
        pairs = zip(self.wrt, tangents, strict=True)
        moves = taker.leaves(dict(pairs))

        def change(place: str, leaf: Any) -> Any:
            return leaf if place not in moves else leaf + by * moves[place]

        return self._changed(change)

    def _changed(self, change: Callable[[str, Any], Any]) -> OrderedDict[str, Any]:
        """Return the arguments by parameter, every array and number changed."""
        taker, given = self.any.taker, self.any.bound(self.args).arguments
        pairs = given.items()
        return OrderedDict((n, taker.rebuilt(n, v, change)) for n, v in pairs)


def check_tangent(checked: Checked, jvp: Maker) -> None:
    """Raise AssertionError where a tangent differs from central differences."""
    random = np.random.default_rng(7)
    tangents = checked.tangents(random)
    made = jvp(checked.f, wrt=checked.wrt, **checked.options)
    _, dots = made(tangents, *checked.given, *checked.fresh())
    got = checked.leaves(dots)

    def value(k: int, by: float) -> Any:
        outputs = checked.outputs(checked.moved(tangents, by))
        return np.asarray(
            [leaf for part in outputs for leaf in checked.leaves(part)][k]
        )

    for k, dot in enumerate(got):
        problem = _differs(np.asarray(dot), functools.partial(value, k))
        if problem:
            raise AssertionError(
                f"{made.__name__}: output {k} along a tangent{problem}"
            )


def check_cotangent(checked: Checked, vjp: Maker) -> None:
    """Raise AssertionError where a product with a cotangent is not as differences."""
    random = np.random.default_rng(8)
    tangents = checked.tangents(random)
    seeds = checked.cotangent(checked.outputs(), random)
    made = vjp(checked.f, wrt=checked.wrt, **checked.options)
    found = made(seeds, *checked.given, *checked.fresh())
    pairs = [
        (checked.leaves(bar), checked.leaves(dot))
        for bar, dot in zip(found, tangents, strict=True)
    ]
    got = sum(
        _product(b, d) for bars, dots in pairs for b, d in zip(bars, dots, strict=True)
    )
    weights = checked.leaves(seeds)

    def weighted(by: float) -> Any:
        outputs = checked.outputs(checked.moved(tangents, by))
        leaves = [leaf for part in outputs for leaf in checked.leaves(part)]
        return sum(_product(w, o) for w, o in zip(weights, leaves, strict=True))

    problem = _differs(np.asarray(got), lambda by: np.asarray(weighted(by)))
    if problem:
        raise AssertionError(f"{made.__name__}: along a tangent{problem}")


def _product(one: Any, other: Any) -> float:
    return float(np.real(np.sum(np.conj(one) * other)))


def _differs(got: Any, value: Callable[[float], Any]) -> str:
    """Return where a derivative agrees with none of some differences, and how."""
    first = ""
    for expected, allowed in _differences(value, got.dtype):
        if expected.shape != got.shape:
            return f" has shape {got.shape}, not {expected.shape}"
        wrong = ~(np.abs(got - expected) <= allowed)
        if not np.any(wrong):
            return ""
        where = tuple(int(k) for k in np.argwhere(np.atleast_1d(wrong))[0])
        place = f" at {list(where)}" if got.ndim else ""
        first = first or (
            f"{place} is {np.atleast_1d(got)[where]!r},"
            f" central differences give {np.atleast_1d(expected)[where]!r}"
        )
    return first


def _differences(
    value: Callable[[float], Any], dtype: Any
) -> Iterator[tuple[Any, Any]]:
    """Give central differences of fourth order, and what they may be wrong by."""
    precision = float(np.finfo(dtype).eps) if dtype.kind in "fc" else 1e-16
    with np.errstate(all="ignore"):
        size = np.abs(value(0.0))
        for shorter in SHORTER:
            step = precision ** (1 / 4) * shorter
            near = value(step) - value(-step)
            far = value(2 * step) - value(-2 * step)
            expected = (8 * near - far) / (12 * step)
            noise = 64 * precision * (1 + size) / step
            yield expected, 20 * precision ** (2 / 3) * (1 + np.abs(expected)) + noise
