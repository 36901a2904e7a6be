"""Minimum cuts: what to save so that all that is needed can be computed again.

Ford and Fulkerson's theorem: the cheapest set of nodes that separates what cannot be
had again from what is needed has the weight of a maximum flow (Edmonds and Karp,
"Theoretical improvements in algorithmic efficiency for network flow problems", 1972).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)
ENDLESS = 1 << 62


def cheapest_cut(
    inputs: Mapping[Node, Iterable[Node] | None],
    wanted: Iterable[Node],
    weight: Mapping[Node, int],
) -> list[Node]:
    """Return the nodes of least total weight from which all wanted ones follow.

    ``inputs`` are what a node is computed from; None says that it cannot be. Of cuts
    of equal weight, the one nearest to what cannot be computed is taken. The order is
    that of ``inputs``.
    """
    flow = _Flow()
    for node, sources in inputs.items():
        flow.connect((node, 0), (node, 1), weight[node])
        if sources is None:
            flow.connect(None, (node, 0), ENDLESS)
        for source in sources or ():
            flow.connect((source, 1), (node, 0), ENDLESS)
    end = object()
    for node in wanted:
        flow.connect((node, 1), end, ENDLESS)
    flow.fill(None, end)
    reached = flow.reached(None)
    return [n for n in inputs if (n, 0) in reached and (n, 1) not in reached]


class _Flow:
    """A network: for each node, what may still flow to its neighbours."""

    def __init__(self) -> None:
        self.room: dict[Hashable, dict[Hashable, int]] = {}

    def connect(self, one: Hashable, other: Hashable, room: int) -> None:
        ahead = self.room.setdefault(one, {})
        ahead[other] = ahead.get(other, 0) + room
        self.room.setdefault(other, {}).setdefault(one, 0)

    def fill(self, start: Hashable, end: Hashable) -> None:
        """Send as much as can flow, along shortest ways."""
        self.room.setdefault(start, {})
        while end in (before := self.reached(start)):
            way = [end]
            while way[-1] is not start:
                way.append(before[way[-1]])
            steps = list(zip(way[1:], way, strict=False))
            most = min(self.room[a][b] for a, b in steps)
            for a, b in steps:
                self.room[a][b] -= most
                self.room[b][a] += most

    def reached(self, start: Hashable) -> dict[Hashable, Hashable]:
        """Return what something may still flow to, each with the node before it."""
        before: dict[Hashable, Hashable] = {start: start}
        ahead = deque([start])
        while ahead:
            node = ahead.popleft()
            for other, room in self.room.get(node, {}).items():
                if room > 0 and other not in before:
                    before[other] = node
                    ahead.append(other)
        return before
