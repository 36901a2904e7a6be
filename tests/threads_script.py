"""What `test_threads` runs in processes of their own: threads, forks, errors."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
import sys
import threading
import traceback

import gradscribe as gs
import numpy as np


def loss(x, a):
    return np.sum(np.tanh(a * x) * x)


def pick(x, first, second):
    s = 0.0
    for i in range(first.size):
        s += np.sin(x[first[i]])
        s += np.cos(x[second[i]])
    return s


LARGE = np.linspace(-1.0, 1.0, 100_000)
derivative = gs.value_and_grad(loss, wrt=("x", "a"), parallel=True)


def result(x=LARGE):
    """Return a hash of all bits of a result."""
    value, (x_bar, a_bar) = derivative(x, 0.5)
    whole = b"".join(np.asarray(part).tobytes() for part in (value, x_bar, a_bar))
    return hashlib.sha256(whole).hexdigest()


def in_threads(count, function):
    """Run a function in threads that start together."""
    barrier = threading.Barrier(count)
    found = []

    def call():
        barrier.wait()
        found.extend(function())

    every = [threading.Thread(target=call) for _ in range(count)]
    for thread in every:
        thread.start()
    for thread in every:
        thread.join()
    return found


def results(found):
    """Return how many different results there are."""
    return f"{len(set(found))} result"


def first():
    """Call for the first time in eight threads."""
    messages = []
    log = logging.getLogger("gradscribe")
    log.setLevel(logging.INFO)
    log.addHandler(logging.Handler())
    log.handlers[0].emit = lambda record: messages.append(record.getMessage())
    found = in_threads(8, lambda: [result()])
    made = [m for m in messages if "compiled code" in m]
    return f"{results(found)}, compiled {len(made)} times"


def at_once():
    """Call again and again in two threads."""
    result()
    return results(in_threads(2, lambda: [result() for _ in range(200)]))


def child(queue):
    """Send a result from another process."""
    queue.put(result())


def fork():
    """Call, fork, call in both; and fork while another thread calls."""
    wanted = result()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=child, args=(queue,))
    process.start()
    got = queue.get(timeout=60)
    process.join()
    words = {True: "the same", False: "another"}
    here = words[result() == wanted]
    return f"{words[got == wanted]}, exit {process.exitcode}, {here}, {busy(wanted)}"


def busy(wanted):
    """Fork while another thread is in the middle of calls."""
    done = threading.Event()

    def call():
        while not done.is_set():
            result()

    thread = threading.Thread(target=call)
    thread.start()
    exits = []
    for _ in range(5):
        pid = os.fork()
        if not pid:
            os._exit(0 if result() == wanted else 1)
        exits.append(os.waitpid(pid, 0)[1])
    done.set()
    thread.join()
    return f"exits {exits}"


def digest():
    """Return the bits of a result."""
    return result()


def again():
    """Call with arguments at many places, results kept and thrown away."""
    rng = np.random.default_rng(0)
    kept, found = [], []
    for _ in range(200):
        x = LARGE.copy()
        kept.append((x, derivative(x, 0.5), np.empty(rng.integers(1, 200_000))))
        found.append(result(x))
        del kept[: rng.integers(0, 3)]
    return results(found)


def errors():
    """Raise in one iteration, in another, and in two of which one comes first."""
    n = 100_000
    call = gs.grad(pick, wrt="x", parallel=True)
    x, good = np.ones(50), np.zeros(n, dtype=np.int64)
    call(x, good, good)
    lines = []
    for place, other in ((70_000, None), (None, 5), (5, 4 * n // 5)):
        one, two = good.copy(), good.copy()
        if place is not None:
            one[place] = 50
        if other is not None:
            two[other] = -51
        try:
            call(x, one, two)
        except IndexError as error:
            line = traceback.extract_tb(error.__traceback__)[-1].line
            lines.append(f"IndexError at {line}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(globals()[sys.argv[1]]())
