"""A sign of life on a terminal, once something takes long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 1.0


@contextmanager
def shown(message: str, patience: float = PATIENCE) -> Iterator[None]:
    """Show a message on stderr, if it is a terminal, after so many seconds."""
    if not sys.stderr.isatty():
        yield
        return
    started: list[object] = []
    timer = threading.Timer(patience, _start, (message, started))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for status in started:
            status.stop()  # type: ignore[attr-defined]


def _start(message: str, started: list[object]) -> None:
    try:
        from rich.console import Console
    except ImportError:
        return
    status = Console(stderr=True).status(message)
    status.start()
    started.append(status)
