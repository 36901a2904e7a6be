"""Loops over independent samples in blocks, the samples innermost."""

from __future__ import annotations

import fuzz
import gradscribe as gs
import numpy as np
import pytest
from fuzz_programs import program
from gradscribe.transpile.fuse import blocks

pytestmark = pytest.mark.usefixtures("loops_in_python")


def mixture(means, weights, x):
    """A small mixture: work of its own for every sample, in inner loops."""
    n, d = x.shape
    k = len(weights)
    terms = np.empty(k)
    total = 0.0
    for i in range(n):
        for j in range(k):
            centred = x[i] - means[j]
            terms[j] = weights[j] - 0.5 * np.sum(centred * centred)
        top = np.max(terms)
        total += top + np.log(np.sum(np.exp(terms - top)))
    return total


def labelled(means, labels, x, out):
    """Sums under indices that are the sample's own, and elements of its own."""
    total = 0.0
    for i in range(len(labels)):
        part = np.empty(2)
        for j in range(2):
            part[j] = (x[i, j] - means[labels[i], j]) ** 2
        out[i] = part[0] * part[1]
        if part[0] > part[1]:
            total += np.sqrt(1.0 + part[0])
        else:
            total += part[1] * out[i]
    return total


def wrapped(x, a):
    """The first index is -1, and so is that of the last sample."""
    t = np.zeros(len(x))
    total = 0.0
    for i in range(len(x) + 1):
        part = np.empty(2)
        for j in range(2):
            part[j] = a * x[i - 1] * (j + 1)
        t[i - 1] = part[0] * part[1] + t[i - 1] * 0.5
        total += part[0] * t[i - 1]
    return total


def arguments(n):
    rng = np.random.default_rng(n)
    means, x = rng.standard_normal((3, 2)), rng.standard_normal((n, 2))
    return means, x, rng.integers(0, 3, n)


def text_of(f, wrt, *args):
    gradient = gs.value_and_grad(f, wrt=wrt)
    gradient(*args)
    return gradient.source_for("cpu")


@pytest.mark.compiled
@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 200])
def test_a_mixture_in_blocks(n):
    means, x, _ = arguments(n)
    args = (means, np.array([0.1, 0.4, -0.2]), x)
    wrt = ("means", "weights", "x")
    ours = gs.value_and_grad(mixture, wrt=wrt)(*args)
    theirs = gs.value_and_grad(mixture, wrt=wrt, target="numpy")(*args)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-13, atol=1e-13)
    for got, expected in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


def test_a_mixture_is_in_blocks_and_strictly_it_is_not():
    means, x, _ = arguments(5)
    args = (means, np.array([0.1, 0.4, -0.2]), x)
    assert "for lane in range(size)" in text_of(mixture, "means", *args)
    strict = gs.grad(mixture, wrt="means", strict=True)
    strict(*args)
    assert "lane" not in strict.source_for("cpu")


@pytest.mark.parametrize("n", [1, 64, 130])
def test_sums_under_indices_of_the_sample(n):
    means, x, labels = arguments(n)
    args = (means, labels, x, np.zeros(n))
    seeds = (0.7, np.linspace(-1.0, 1.0, n))
    ours = gs.vjp(labelled, wrt=("means", "x"))(seeds, *args)
    theirs = gs.vjp(labelled, wrt=("means", "x"), target="numpy")(seeds, *args)
    for got, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


def test_an_index_that_wraps_is_not_one_of_the_sample_alone():
    x = np.array([0.3, -0.2, 0.9])
    ours = gs.value_and_grad(wrapped, wrt=("x", "a"))(x, 0.7)
    theirs = gs.value_and_grad(wrapped, wrt=("x", "a"), target="numpy")(x, 0.7)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-13)
    np.testing.assert_allclose(ours[1][0], theirs[1][0], rtol=1e-12)
    np.testing.assert_allclose(ours[1][1], theirs[1][1], rtol=1e-12)


def windows(x, w):
    """The rows of a window, of which the last ones have fewer."""
    total = 0.0
    for i in range(len(x)):
        part = np.zeros(len(w))
        for m in range(min(i + 3, len(x)) - i):
            for r in range(len(w)):
                part[r] += x[i + m] * w[r]
        total += np.sum(part**2)
    return total


def nearest(centres, points):
    """Rows of points are read for every centre."""
    total = 0.0
    for i in range(len(points)):
        distances = np.empty(len(centres))
        for j in range(len(centres)):
            distances[j] = np.sum((points[i] - centres[j]) ** 2)
        total += np.min(distances) + np.sum(np.sqrt(distances))
    return total


@pytest.mark.parametrize(("n", "d"), [(0, 2), (1, 2), (65, 3), (130, 2)])
def test_rows_of_samples_lie_side_by_side(n, d):
    rng = np.random.default_rng(n)
    centres, points = rng.standard_normal((4, d)), rng.standard_normal((n, d))
    wrt = ("centres", "points")
    text = text_of(nearest, wrt, centres, points)
    assert "points_row[k, lane] = points[i, k]" in text
    for x in (points, np.asfortranarray(points), np.repeat(points, 2, 0)[::2]):
        ours = gs.grad(nearest, wrt=wrt)(centres, x)
        theirs = gs.grad(nearest, wrt=wrt, target="numpy")(centres, x)
        for got, expected in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


def past_the_end(centres, points, w):
    """The last sample has no row, and reads none."""
    total = 0.0
    for i in range(len(w)):
        terms = np.zeros(len(centres))
        if i < len(points):
            for j in range(len(centres)):
                for k in range(points.shape[1]):
                    terms[j] += (points[i, k] - centres[j, k]) ** 2
        total += w[i] * np.sum(terms * terms)
    return total


def test_rows_that_may_not_be_there_are_not_copied():
    rng = np.random.default_rng(0)
    args = rng.standard_normal((3, 2)), rng.standard_normal((70, 2)), np.ones(71)
    assert "points_row" not in text_of(past_the_end, ("centres",), *args)
    ours = gs.grad(past_the_end, wrt="centres")(*args)
    theirs = gs.grad(past_the_end, wrt="centres", target="numpy")(*args)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def kept(centres, points):
    """Differences are read again; some from the end, and some that were zeros."""
    total = 0.0
    for i in range(len(points)):
        apart = np.empty(centres.shape)
        padded = np.zeros((len(centres), points.shape[1] + 1))
        distances = np.empty(len(centres))
        for j in range(len(centres)):
            distances[j] = 0.0
            for k in range(centres.shape[1]):
                apart[j, k] = points[i, k] - centres[j, k]
                padded[j, k] = points[i, k] * centres[j, k]
                distances[j] += apart[j, k] ** 2
        nearest = np.min(distances)
        for j in range(len(centres)):
            for k in range(centres.shape[1] + 1):
                total += padded[j, k] ** 3 * nearest
            for k in range(1, centres.shape[1] + 1):
                total += apart[j, k - 1] * distances[j] + apart[j, -k] * nearest
    return total


def again(centres, points):
    """As `kept`, with differences that are only read from the front."""
    total = 0.0
    for i in range(len(points)):
        apart = np.empty(centres.shape)
        distances = np.empty(len(centres))
        for j in range(len(centres)):
            distances[j] = 0.0
            for k in range(centres.shape[1]):
                apart[j, k] = points[i, k] - centres[j, k]
                distances[j] += apart[j, k] ** 2
        nearest = np.min(distances)
        for j in range(len(centres)):
            for k in range(centres.shape[1]):
                total += apart[j, k] ** 3 * nearest
    return total


def test_what_is_read_from_the_end_or_before_it_is_written_is_kept():
    rng = np.random.default_rng(1)
    compiled = gs.jit(kept)
    for width in (3, 5):  # a row of points may be longer than one of differences
        args = rng.standard_normal((4, 3)), rng.standard_normal((70, width))
        np.testing.assert_allclose(compiled(*args), kept(*args), rtol=1e-12)
    text = compiled.source_for("cpu")
    assert "for block" in text
    assert "apart = np.empty" in text
    assert "padded = np.empty" in text


@pytest.mark.compiled
def test_what_is_cheap_is_computed_again():
    rng = np.random.default_rng(1)
    args = rng.standard_normal((4, 3)), rng.standard_normal((70, 5))
    compiled = gs.jit(again)
    np.testing.assert_allclose(compiled(*args), again(*args), rtol=1e-12)
    text = compiled.source_for("cpu")
    assert "for block" in text
    assert "apart = np.empty" not in text


def layers(images, weights):
    """For each place the samples once more, which may be few."""
    total = 0.0
    for place in range(images.shape[1]):
        total *= 0.5 * total
        for i in range(images.shape[0]):
            made = np.zeros(weights.shape[1])
            for k in range(weights.shape[0]):
                made += images[i, place, k] * weights[k]
            total += np.sum(np.sqrt(1.0 + made * made)) + np.min(made)
    return total


@pytest.mark.parametrize(("n", "outputs"), [(0, 3), (2, 0), (2, 3), (70, 3), (3, 70)])
def test_few_samples_stay_as_they_are(n, outputs):
    rng = np.random.default_rng(n)
    args = rng.standard_normal((n, 2, 4)), rng.standard_normal((4, outputs))
    wrt = ("images", "weights")
    if not outputs and n:
        with pytest.raises(ValueError, match="zero-size"):
            gs.grad(layers, wrt=wrt)(*args)
        return
    text = text_of(layers, wrt, *args)
    assert "> weights.shape[1]:" in text
    ours = gs.grad(layers, wrt=wrt)(*args)
    theirs = gs.grad(layers, wrt=wrt, target="numpy")(*args)
    for got, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


def test_nests_of_other_lengths_for_each_sample_are_not_in_blocks():
    """They would be inside the loop over the lanes, and no vector code."""
    x, w = np.arange(6.0), np.ones(4)
    text = text_of(windows, ("x", "w"), x, w)
    assert "lane" not in text
    gs.check_grads(windows, x, w, wrt=("x", "w"), modes=("rev",))


@pytest.mark.parametrize("seed", [*range(95000, 95020), 96095, 8411])
def test_all_loops_in_blocks_of_two(seed, monkeypatch):
    """Whether it is worth it or not: the numbers stay right."""
    monkeypatch.setattr(blocks, "SIZE", 2)
    monkeypatch.setattr(blocks, "_is_worth", lambda eq: True)
    result = fuzz.trial(program(seed), seed, "loops")
    assert result.split()[0].rstrip(":") in ("ok", "refused", "unfit"), result
