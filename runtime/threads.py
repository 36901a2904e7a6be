"""Calls of compiled code that runs in threads: from many threads, and after a fork.

Numba has a pool of threads in each process, in one of three libraries. Its own
(``workqueue``) ends the process if two threads use it at once, so calls take turns
there. In a forked process the threads of the pool are missing, and GNU's OpenMP ends
a process that asks for them. There the same code runs in one thread: chunks and
sums are the same, and so is the result.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import AbstractContextManager, nullcontext

_turn = threading.Lock()
_is_forked = False


def run_alone() -> bool:
    """Whether this process must do without the pool of threads."""
    return _is_forked


def turn() -> AbstractContextManager[object]:
    """Return what to hold during a call."""
    numba = sys.modules["numba"]
    try:
        safe = numba.threading_layer() != "workqueue"
    except ValueError:  # no pool yet: the call makes it
        safe = False
    return nullcontext() if safe else _turn


def _has_pool() -> bool:
    pool = sys.modules.get("numba.np.ufunc.parallel")
    return pool is not None and bool(getattr(pool, "_is_initialized", False))


def _after_fork() -> None:
    """Note that the pool stayed behind; a turn may have been another thread's."""
    global _turn, _is_forked
    _turn = threading.Lock()
    _is_forked = _is_forked or _has_pool()


def _was_forked() -> bool:
    """Whether this process may have been forked with a pool before we are imported."""
    process = sys.modules.get("multiprocessing.process")
    return _has_pool() and process is not None and process.parent_process() is not None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
    _is_forked = _was_forked()
