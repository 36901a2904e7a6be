"""How far apart the snapshots of a loop are: Revolve's rule, as a helper function.

With s snapshots, each iteration run at most r times again, C(s + r, s) iterations can
be reversed. From one snapshot to the next the rule goes as far as it may for the least
such r (Griewank and Walther, Algorithm 799, ACM TOMS 26, 2000).
"""

from __future__ import annotations

from types import MappingProxyType

from ..graph.build import Builder
from ..graph.ir import LEAF, Equation, Function, Region, Type, Value
from .split import parameters_of

NAME = "_stride"
DOC = "How many steps to run to the next snapshot: Griewank and Walther's Revolve."
INTEGER = Type("int64")


def stride_function() -> Function:
    """Return the graph of the helper.

    ::

        def _stride(steps, snapshots):
            if snapshots > 1:
                repeats, reach = 1, snapshots + 1
                while reach < steps:
                    repeats += 1
                    reach = reach * (snapshots + repeats) // repeats
                shorter = reach * repeats // (snapshots + repeats)
                rest = shorter * snapshots // (snapshots + repeats - 1)
                steps = min(shorter, steps - rest)
            return steps

    ``reach`` is C(s + r, s), ``shorter`` C(s + r - 1, s), ``rest`` C(s + r - 2, s - 1).
    """
    steps, snapshots = Value(INTEGER, "steps"), Value(INTEGER, "snapshots")
    builder = Builder()
    several = builder.emit("greater", snapshots, builder.constant(1))
    chosen = Region((), *_chosen(steps, snapshots))
    result = Value(INTEGER, "steps")
    builder.append("if", (several,), (result,), (chosen, Region((), (), (steps,))))
    params = (steps, snapshots)
    return Function(
        NAME,
        parameters_of(params, "steps"),
        Region(params, tuple(builder.equations), (result,)),
        LEAF,
        doc=DOC,
        attrs=MappingProxyType({"docstring": [DOC]}),
    )


def _chosen(
    steps: Value, snapshots: Value
) -> tuple[tuple[Equation, ...], tuple[Value, ...]]:
    builder = Builder()
    one = builder.constant(1)
    repeats = builder.constant(1, "int64")
    reach = builder.emit("add", snapshots, one, name="reach")
    repeats, reach = _search(builder, steps, snapshots, repeats, reach)
    both = builder.emit("add", snapshots, repeats)
    shorter = builder.emit("multiply", reach, repeats)
    shorter = builder.emit("floor_divide", shorter, both, name="shorter")
    rest = builder.emit("multiply", shorter, snapshots)
    less = builder.emit("subtract", builder.emit("add", snapshots, repeats), one)
    rest = builder.emit("floor_divide", rest, less, name="rest")
    left = builder.emit("subtract", steps, rest)
    chosen = builder.emit("minimum", shorter, left, name="steps")
    return tuple(builder.equations), (chosen,)


def _search(
    builder: Builder, steps: Value, snapshots: Value, repeats: Value, reach: Value
) -> tuple[Value, Value]:
    """Emit the loop that finds the least number of repeats that suffices."""

    def carried() -> tuple[Value, Value]:
        return Value(INTEGER, "repeats"), Value(INTEGER, "reach")

    test, body = Builder(), Builder()
    seen = carried()
    condition = Region(seen, (), (test.emit("less", seen[1], steps),))
    condition = Region(seen, tuple(test.equations), condition.results)
    many, far = carried()
    more = body.emit("add", many, body.constant(1), name="repeats")
    further = body.emit("multiply", far, body.emit("add", snapshots, more))
    further = body.emit("floor_divide", further, more, name="reach")
    again = Region((many, far), tuple(body.equations), (more, further))
    ends = carried()
    builder.append("while", (repeats, reach), ends, (condition, again))
    return ends
