"""The cheapest cut, against all cuts."""

from __future__ import annotations

from itertools import combinations

from gradscribe.transpile.reverse.cut import cheapest_cut
from hypothesis import given, settings
from hypothesis import strategies as st

Inputs = dict[int, list[int] | None]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Inputs, list[int], dict[int, int]]:
    """Draw what each node is computed from, what is wanted, and the weights."""
    count = draw(st.integers(1, 7))
    inputs: Inputs = {}
    for node in range(count):
        sources = st.lists(st.integers(0, max(0, node - 1)), max_size=3 if node else 0)
        inputs[node] = draw(st.none() | sources)
    wanted = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3))
    weight = {node: draw(st.integers(1, 5)) for node in range(count)}
    return inputs, wanted, weight


def follows(node: int, saved: set[int], inputs: Inputs) -> bool:
    """Whether a node is saved, or is computed from what follows."""
    sources = inputs[node]
    if node in saved:
        return True
    return sources is not None and all(follows(s, saved, inputs) for s in sources)


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_no_other_set_is_cheaper(graph: tuple[Inputs, list[int], dict[int, int]]):
    inputs, wanted, weight = graph
    cut = cheapest_cut(inputs, wanted, weight)
    assert all(follows(node, set(cut), inputs) for node in wanted)
    every = (set(c) for k in range(len(inputs) + 1) for c in combinations(inputs, k))
    least = min(
        sum(weight[n] for n in chosen)
        for chosen in every
        if all(follows(node, chosen, inputs) for node in wanted)
    )
    assert sum(weight[n] for n in cut) == least


def test_of_equal_cuts_the_first():
    inputs: Inputs = {0: None, 1: [0], 2: [1]}
    assert cheapest_cut(inputs, [2], {0: 1, 1: 1, 2: 1}) == [0]
    assert cheapest_cut(inputs, [2], {0: 2, 1: 1, 2: 1}) == [1]
