"""Whether two gradients agree."""

from __future__ import annotations

from typing import Any

import numpy as np


def on_host(result: Any) -> tuple[np.ndarray, ...]:
    """Return a gradient as NumPy arrays."""
    many = result if isinstance(result, (tuple, list)) else (result,)
    return tuple(np.asarray(part) for part in many)


def wrong(got: Any, expected: Any) -> str | None:
    """Say how a gradient differs from the expected one, or None.

    The greatest error counts, relative to the greatest element of its array.
    """
    got, expected = on_host(got), on_host(expected)
    if len(got) != len(expected):
        return f"{len(got)} results for {len(expected)}"
    for k, (a, b) in enumerate(zip(got, expected, strict=True)):
        if a.shape != b.shape:
            return f"result {k} has shape {a.shape} for {b.shape}"
        single = np.float32 in (a.dtype, b.dtype)
        scale = np.max(np.abs(b), initial=0.0)
        error = np.max(np.abs(a - b), initial=0.0)
        if not error <= (1e-3 if single else 1e-8) * scale:
            return f"result {k} is off by {error / (scale or 1.0):.1e}"
    return None
