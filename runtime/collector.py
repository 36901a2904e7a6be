"""Python's cyclic collector, kept from running while much is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Collect nothing for a while.

    A graph or what a compiler makes is hundreds of thousands of objects. The collector
    would go over all of them again and again, a tenth of the time, and find little.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
