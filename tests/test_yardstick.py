"""The logistic yardstick, right at every logit in value and gradient."""

from __future__ import annotations

import functools
import re
import warnings

import gradscribe as gs
import mpmath
import numpy as np
import pytest

LOGITS = np.arange(-1000.0, 1001.0)


def logistic(w, X, y):
    eta = X.dot(w)
    mu = 1 / (1 + np.exp(-eta))
    return -(y * np.log(mu) + (1 - y) * np.log(1 - mu)).sum()


@functools.cache
def _exact(logit: float) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Softplus and sigmoid of a logit."""
    t = mpmath.mpf(float(logit))
    return mpmath.log1p(mpmath.exp(t)), 1 / (1 + mpmath.exp(-t))


def _bound(dtype: str, terms: list[mpmath.mpf]) -> float:
    info = np.finfo(dtype)
    return float(8 * mpmath.mpf(float(info.eps)) * sum(map(abs, terms)) + info.tiny)


@pytest.mark.parametrize("target", ["numpy", "cpu"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
def test_each_logit(target: str, dtype: str, y: float) -> None:
    call = gs.value_and_grad(logistic, wrt="w", target=target)
    X = np.ones((1, 1), dtype)
    label = np.full(1, y, dtype)
    with np.errstate(all="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        results = [call(np.full(1, t, dtype), X, label) for t in LOGITS]
    with mpmath.workdps(500):
        for t, (value, gradient) in zip(LOGITS, results, strict=True):
            softplus, sigmoid = _exact(t)
            assert gradient.dtype == dtype
            error = abs(mpmath.mpf(float(value)) - (softplus - y * t))
            assert error <= _bound(dtype, [softplus, mpmath.mpf(y * t)]), t
            error = abs(mpmath.mpf(float(gradient[0])) - (sigmoid - y))
            assert error <= _bound(dtype, [sigmoid, mpmath.mpf(y)]), t


@pytest.mark.parametrize("target", ["numpy", "cpu"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_all_logits_at_once(target: str, dtype: str) -> None:
    call = gs.value_and_grad(logistic, wrt="w", target=target)
    X = LOGITS[:, None].astype(dtype)
    labels = (np.arange(len(LOGITS)) % 2).astype(dtype)
    with np.errstate(all="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        value, gradient = call(np.ones(1, dtype), X, labels)
    with mpmath.workdps(500):
        values, slopes = [], []
        for t, y in zip(LOGITS, labels, strict=True):
            softplus, sigmoid = _exact(t)
            values += [softplus, -mpmath.mpf(float(y * t))]
            slopes += [t * sigmoid, -mpmath.mpf(float(y * t))]
        assert abs(float(value) - sum(values)) <= _bound(dtype, values)
        assert abs(float(gradient[0]) - sum(slopes)) <= _bound(dtype, slopes)


def test_the_text_is_the_line_derived_by_hand() -> None:
    w, X, y = np.zeros(2), np.zeros((3, 2)), np.zeros(3)
    call = gs.value_and_grad(logistic, wrt="w", target="numpy")
    call(w, X, y)
    text = re.sub(r"#.*", "", call.source.split("# Backward", 1)[1])
    assert re.search(r"X\.T @ \(mu - y\)|= mu - y\n\s*\w+ = X\.T @", text), text
    gradient = text.split("return")[0].split("\n", 1)[1]
    assert not re.search(r"/|exp|log|softplus", gradient), gradient
