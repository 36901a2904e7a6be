"""Functions of parameters that hold parts, as programs have them: packed inside.

The corpus gives arrays, so each function packs them for one that takes a structure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from . import case, positive


class Orbit(NamedTuple):
    position: np.ndarray
    velocity: np.ndarray

    def moved(self, dt):
        acceleration = -self.position / np.sum(self.position**2) ** 1.5
        velocity = self.velocity + dt * acceleration
        return Orbit(self.position + dt * velocity, velocity)


@dataclass(frozen=True)
class Kernel:
    scale: float
    width: np.ndarray
    kind: str = "gauss"

    def of(self, x, y):
        r = (x[:, None] - y[None, :]) / self.width
        if self.kind == "gauss":
            return self.scale * np.exp(-0.5 * r**2)
        return self.scale / (1.0 + r**2)


@case((2,), (2,))
def orbit_of_records(x, v):
    state = Orbit(x + np.array([2.0, 0.0]), v)
    for _ in range(5):
        state = state.moved(0.1)
    return np.sum(state.position * state.velocity)


@case((4, 3), (3, 5), (5,), (5, 2), (2,), core=True)
def network_of_lists(x, w1, b1, w2, b2):
    layers = [(w1, b1), (w2, b2)]
    for i in range(len(layers)):
        w, b = layers[i]
        x = x @ w + b
        if i < len(layers) - 1:
            x = np.tanh(x)
    return x


@case((4,), 1.5, positive(3), (3,), core=True)
def kernels_of_dataclasses(x, scale, width, y):
    first = Kernel(scale, width)
    other = replace(first, kind="cauchy", scale=2.0 * first.scale)
    return first.of(x, y) + other.of(x, y)


def _energy(p, x):
    p = {**p, "bias": p["bias"] + p.get("shift", 1.0)}
    return np.sum(p["weight"] * x) + p["bias"] * p["scale"]


@case((4,), (4,), 0.5, 2.0)
def dicts_that_grow(w, x, b, s):
    p = dict(weight=w, bias=b)
    return _energy({**p, "scale": s}, x) * _energy(dict(p, scale=s, shift=b), x * x)


@case((4,), (3,), 0.3)
def updated_dicts(w, g, rate):
    p = {"w": w, "b": 2.0 * g}
    slope = {"w": w[::-1], "b": g * g}
    for _ in range(2):
        p = {k: p[k] - rate * slope[k] for k in p}
    total = {k: np.sum(v**2) for k, v in p.items() if k != "none"}
    return total["w"] * total["b"]


@case((3,), (3,), (3,))
def chosen_by_counter(a, b, c):
    parts = (a, b, c)
    total = 0.0
    for k in range(1, 3):
        total = total + np.sum(parts[k] * parts[k - 1] ** k)
    return total * np.sum(np.stack([parts[k] * k for k in range(3)]) ** 2)
