"""The corpus, parsed and printed: the user's text, or one that means the same."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap

import numpy as np
import pytest
from corpus import Case, load
from gradscribe.transpile.emit.numpy import emit_numpy
from gradscribe.transpile.errors import TranspileError
from gradscribe.transpile.graph.ir import Program, Type
from gradscribe.transpile.graph.linear import Linear, Size
from gradscribe.transpile.parse import parse
from gradscribe.transpile.read.live import from_function

CASES = {case.name: case for case in load()}
# Specialised away while parsing, or in need of an argument that is captured.
NOT_RUN = {
    "branches.none_parameter",
    "helpers.module_constants",
    "custom.given_for_two",
}


def kind(name: str, arg: object) -> Type:
    if isinstance(arg, np.ndarray):
        sizes = (
            Linear.number(1) if length == 1 else Linear.of(Size(f"{name}_{k}"))
            for k, length in enumerate(arg.shape)
        )
        return Type(arg.dtype.name, tuple(sizes))
    plain = {bool: "bool", int: "weak_int", complex: "complex128"}
    return Type(plain.get(type(arg), "float64"))


def parsed(case: Case) -> Program:
    args = case.arguments()
    kinds = {n: kind(n, a) for n, a in zip(case.parameters, args, strict=False)}
    try:
        return parse(from_function(case.function), kinds)
    except TranspileError as refused:
        pytest.skip(f"refused: {refused}".splitlines()[0])


def source_of(case: Case) -> str:
    text = textwrap.dedent(inspect.getsource(case.function))
    node = ast.parse(text).body[0]
    return "\n".join(text.split("\n")[node.lineno - 1 :]).strip()


def flat(value: object) -> list[object]:
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in flat(part)]
    return [] if value is None else [value]


@pytest.mark.parametrize("name", sorted(set(CASES) - NOT_RUN))
def test_means_the_same(name: str) -> None:
    case = CASES[name]
    program = parsed(case)
    space: dict[str, object] = {"np": np}
    exec(emit_numpy(program).text, space)
    ours, theirs = (copy.deepcopy(case.arguments()) for _ in "ab")
    with np.errstate(all="ignore"):
        made = space[program.entry.name](*ours)  # type: ignore[operator]
        found, expected = flat(made), flat(case.function(*theirs))
    found += [a for a in ours if isinstance(a, np.ndarray)]
    expected += [a for a in theirs if isinstance(a, np.ndarray)]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)
        assert np.asarray(one).dtype == np.asarray(other).dtype


SAME = """
adversarial.swap_names adversarial.float_function adversarial.shadowed_counter
branches.branch_in_loop branches.chained_comparison branches.compare_counters
branches.conditional_expression branches.logical_operators branches.nested_branches
exits.break_before_update exits.break_inner_only exits.break_on_sum
exits.continue_and_break exits.continue_on_negative exits.nested_condition_break
exits.two_breaks exits.two_returns hard.newton_with_break
hard.swapped_mutating_helper hard.view_written_read_under_both helpers.call_on_a_view
linalg.cholesky linalg.lu_loops loops.descending loops.descending_by_two
loops.fibonacci_rotation loops.nested loops.running_sum loops.triangular_nest
loops.two_carries mutation.conditional_write recurrences.tanh_scalar
reductions.harmonic_mean stats.huber stats.mixture_loops stats.online_variance
stencils.heat_2d stores.augmented_slice views.view_in_a_loop whiles.newton_while
whiles.nested_whiles whiles.while_true_with_break whiles.while_with_continue
""".split()


@pytest.mark.parametrize("name", SAME)
def test_is_the_same(name: str) -> None:
    made = emit_numpy(parsed(CASES[name])).text
    expected = source_of(CASES[name]).removeprefix("def ")
    assert ("\n" + made).rpartition("\ndef ")[2].strip() == expected
