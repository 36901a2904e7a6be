"""Dicts, NamedTuples and dataclasses inside of programs, and their methods."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from . import case


class Layer(NamedTuple):
    W: np.ndarray
    b: float = 0.5

    def apply(self, x):
        return np.tanh(self.W * x + self.b)


@dataclass
class State:
    q: np.ndarray
    p: np.ndarray
    t: float = 0.0

    def energy(self):
        return np.sum(self.q**2) + 0.5 * np.sum(self.p**2) * self.t

    def moved(self, h):
        return State(self.q + h * self.p, self.p - h * self.q**3, self.t + h)


Pair = namedtuple("Pair", "u v")


@case((4,))
def layer_with_method(x):
    layer = Layer(x * 2)
    return layer.apply(x) * layer.b


@case((4,), (4,))
def moved_states(q, p):
    state = State(q, p**2, 1.0)
    for _ in range(3):
        state = state.moved(0.1)
    return state.energy()


@case((4,))
def dict_of_parameters(x):
    params = {"w": x * 2, "b": x[0]}
    y = params["w"] * params["b"]
    for key, value in params.items():
        if key != "w":
            y = y + value
    return y * len(params)


@case((4,))
def pair_from_branches(x):
    pair = Pair(x, v=x[1])
    if x[0] > 0:
        pair = Pair(pair.u * 2, pair.v)
    else:
        pair = pair._replace(v=3.0)
    u, v = pair
    return u * v + pair[1]


@case((4,))
def replaced_field(x):
    state = State(x, x * 3)
    state = replace(state, q=state.p * 2)
    return state.q * state.t + state.p * state.q


@case((4,))
def dict_for_helper(x):
    first = _linear({"w": x, "b": x[0]}, 2.0)
    return first + _linear({"w": x * x, "b": x[1]}, 3.0)


def _linear(params, k):
    return params["w"] * k + params["b"]


@case((4,))
def write_through_field(x):
    state = State(x.copy(), x)
    state.q[0] = x[1] * x[2]
    state.q[1:] *= 2.0
    return state.q * state.p


@case((3, 4))
def list_of_layers(A):
    layers = [Layer(A[0], 0.1), Layer(A[1]), Layer(A[2], A[0, 0])]
    h = A[0] * A[1]
    for layer in layers:
        h = layer.apply(h)
    return h
