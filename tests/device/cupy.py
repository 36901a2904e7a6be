"""As much of CuPy as generated files use, over NumPy and `shim.h`, without a GPU.

Kernels are compiled by the host's compiler and run thread by thread.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy import (  # noqa: F401
    bool_,
    complex64,
    complex128,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)

HERE = Path(__file__).parent
# How often kernels were started, and memory asked for.
counts: Counter[str] = Counter()
# One for all that import this in a process, which clears it away.
_folder = Path(tempfile.gettempdir()) / f"shim-of-cupy-{os.getpid()}"
_folder.mkdir(mode=0o700, exist_ok=True)
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
_KERNEL = re.compile(r"^KERNEL (\w+)\(([^)]*)\)", re.M)


PLAIN = ("shape", "dtype", "ndim", "strides", "itemsize", "size", "nbytes")


class ndarray:  # noqa: N801
    """An array of the device: NumPy's, that is none for NumPy."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __getattr__(self, name: str) -> Any:
        if name == "__cuda_array_interface__":
            held = self.held
            return {"shape": held.shape, "typestr": held.dtype.str}
        if name in PLAIN:
            return getattr(self.held, name)
        if name in ("T", "real", "imag"):
            return ndarray(getattr(self.held, name))
        if name == "device":
            return _device
        if name == "fill":
            return lambda value: _run(lambda: self.held.fill(value))
        if name in ("reshape", "ravel", "transpose", "copy", "conj", "astype"):
            return lambda *given: ndarray(getattr(self.held, name)(*given))
        raise AttributeError(name)

    def __getitem__(self, place: Any) -> Any:
        return ndarray(np.asarray(self.held[place])) if self.held.ndim else self

    def __int__(self) -> int:
        return int(self.get())

    def __bool__(self) -> bool:
        return bool(self.get())

    def __float__(self) -> float:
        return float(self.get())

    def __setitem__(self, place: Any, value: ndarray) -> None:
        _run(lambda: self.held.__setitem__(place, value.held))

    def __len__(self) -> int:
        return len(self.held)

    def __matmul__(self, other: ndarray) -> ndarray:
        return ndarray(np.ascontiguousarray(self.held @ other.held))

    def get(self) -> Any:
        """Return a copy for the host."""
        _refuse_in_capture("waiting for the device")
        return np.array(self.held)


class Graph:
    """What a stream has recorded."""

    def __init__(self, recorded: list[Callable[[], None]]) -> None:
        self.recorded = recorded

    def launch(self, stream: Any = None) -> None:
        counts["graphs"] += 1
        for run in self.recorded:
            run()


class Stream:
    """A stream; what is started while it captures is kept, and not run."""

    def __init__(self, non_blocking: bool = False) -> None:
        self.recorded: list[Callable[[], None]] | None = None

    def __enter__(self) -> Stream:
        _streams.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _streams.pop()

    def begin_capture(self) -> None:
        assert self is not _streams[0], "cannot capture on the default stream"
        self.recorded = []

    def end_capture(self) -> Graph:
        assert self.recorded is not None
        made, self.recorded = Graph(self.recorded), None
        return made

    def is_capturing(self) -> bool:
        return self.recorded is not None

    def synchronize(self) -> None:
        pass


_streams = [Stream()]


def _run(work: Callable[[], None]) -> None:
    """Do work on the current stream."""
    recorded = _streams[-1].recorded
    if recorded is None:
        work()
    else:
        recorded.append(work)


def _refuse_in_capture(what: str) -> None:
    if _streams[-1].is_capturing():
        raise NotImplementedError(f"{what} during stream capture")


_device = object()
cuda = SimpleNamespace(
    Device=lambda: _device,
    Stream=Stream,
    get_current_stream=lambda: _streams[-1],
    runtime=SimpleNamespace(getDeviceProperties=lambda _: {"name": b"the host"}),
)


def asarray(value: Any) -> ndarray:
    if hasattr(value, "__cuda_array_interface__") and not isinstance(value, ndarray):
        value = value.__cuda_array_interface__  # here: the array itself
    return value if isinstance(value, ndarray) else ndarray(np.array(value, order="K"))


def from_dlpack(value: Any) -> ndarray:
    found = value.__dlpack__()  # here: the array itself
    assert isinstance(found, ndarray)
    return found


def ascontiguousarray(value: ndarray) -> ndarray:
    return ndarray(np.ascontiguousarray(value.held)) if value.ndim else value


def empty(shape: Any, dtype: Any = np.float64) -> ndarray:
    counts["arrays"] += 1
    _refuse_in_capture("asking for memory")
    made = np.empty(shape, dtype)
    made.fill(np.nan if made.dtype.kind in "fc" else 7)
    return ndarray(made)


def zeros(shape: Any, dtype: Any = np.float64) -> ndarray:
    _refuse_in_capture("asking for memory")
    return ndarray(np.zeros(shape, dtype))


def ones(shape: Any, dtype: Any = np.float64) -> ndarray:
    _refuse_in_capture("asking for memory")
    return ndarray(np.ones(shape, dtype))


def empty_like(value: ndarray) -> ndarray:
    return empty(value.shape, value.dtype)


def full(shape: Any, value: Any, dtype: Any) -> ndarray:
    _refuse_in_capture("asking for memory")
    return ndarray(np.full(shape, value, dtype))


def reshape(value: ndarray, *shape: Any) -> ndarray:
    return value.reshape(*shape)


def ravel(value: ndarray) -> ndarray:
    return value.ravel()


def matmul(a: ndarray, b: ndarray, out: ndarray | None = None) -> ndarray:
    _refuse_in_capture("calling cuBLAS API")
    if out is None:
        return a @ b
    out.held[...] = a.held @ b.held
    return out


def argsort(value: ndarray, axis: int = -1) -> ndarray:
    return ndarray(np.argsort(value.held, axis, kind="stable"))


def _transformed(name: str) -> Callable[..., ndarray]:
    def call(value: ndarray, norm: str | None = None) -> ndarray:
        _refuse_in_capture(f"fft.{name}")
        made = getattr(np.fft, name)(value.held, norm=norm)
        return ndarray(made.astype(np.result_type(value.dtype, np.complex64)))

    return call


fft = SimpleNamespace(fft=_transformed("fft"), ifft=_transformed("ifft"))


def searchsorted(table: ndarray, value: ndarray, side: str = "left") -> ndarray:
    return ndarray(np.searchsorted(table.held, value.held, side))


def transpose(value: ndarray, axes: Any = None) -> ndarray:
    return ndarray(value.held.transpose(axes))


_state = {"linalg": "ignore"}


@contextmanager
def errstate(linalg: str) -> Iterator[None]:
    """Say what becomes of failures of solvers (``cupyx.errstate``)."""
    before = _state["linalg"]
    _state["linalg"] = linalg
    yield
    _state["linalg"] = before


def _of_numpy(name: str) -> Callable[..., Any]:
    def call(*given: Any, **options: Any) -> Any:
        _refuse_in_capture(f"linalg.{name}")
        assert _state["linalg"] == "raise", "nobody would hear that a solver failed"
        found = getattr(np.linalg, name)(*(_plain(g) for g in given), **options)
        made = tuple(map(_in_columns, found)) if isinstance(found, tuple) else found
        return made if isinstance(found, tuple) else _in_columns(made)

    return call


def _in_columns(found: Any) -> ndarray:
    """Return a matrix with its columns side by side, as cuSOLVER leaves it."""
    return ndarray(np.asfortranarray(found) if np.ndim(found) else np.asarray(found))


def _plain(value: Any) -> Any:
    return value.held if isinstance(value, ndarray) else value


FACTORED = "solve inv cholesky svd eigh eigvalsh pinv qr det slogdet".split()
linalg = SimpleNamespace(**{name: _of_numpy(name) for name in FACTORED})


FLAGS = ["-std=c++17", "-O1", "-w", "-fPIC"]


def _header() -> Path:
    """Return the folder of shim.h, compiled once for all kernels."""
    header, made = _folder / "shim.h", _folder / "shim.h.gch"
    if not made.exists():
        header.write_text((HERE / "shim.h").read_text())
        command = ["g++", *FLAGS, "-x", "c++-header", str(header), "-o", str(made)]
        subprocess.run(command, check=True)
    return _folder


class RawModule:
    """Kernels, compiled for the host."""

    def __init__(self, code: str, options: Any = ()) -> None:
        found = {name: parameters for name, parameters in _KERNEL.findall(code)}
        stubs = [_stub(n, p, _yields(code, n)) for n, p in found.items()]
        text = '#include "shim.h"\n' + code + "\n".join(stubs)
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        library = _folder / f"{name}.so"
        if not library.exists():
            source = library.with_suffix(".cpp")
            source.write_text(text)
            command = ["g++", *FLAGS, "-shared", f"-I{_header()}", str(source)]
            command += ["-o", str(library)]
            done = subprocess.run(command, capture_output=True, text=True)
            assert not done.returncode, "\n".join(re.findall("error:.*", done.stderr))
        self._library = ctypes.CDLL(str(library))
        self._types = {n: _types(p) for n, p in found.items()}
        self._strided = {n: _strided(p) for n, p in found.items()}

    def get_function(self, name: str) -> Any:
        run, types = getattr(self._library, f"run_{name}"), self._types[name]

        def start(grid: Any, block: Any, given: Any) -> None:
            counts["kernels"] += 1
            assert len(given) == len(types), (name, len(given), types)
            assert isinstance(grid, tuple) and isinstance(block, tuple)
            assert 0 < grid[0] < 2**31 and 0 < block[0] <= 1024
            held = [
                _held(kind, value) for kind, value in zip(types, given, strict=True)
            ]
            strided = self._strided[name]
            for k, value in enumerate(given):
                if isinstance(value, ndarray) and k not in strided:
                    assert value.held.flags.c_contiguous, f"gaps in {types[k]}, {k}"
            pointers = [ctypes.addressof(one) for one in held]
            places = (ctypes.c_void_p * max(len(held), 1))(*pointers)

            def work() -> None:
                _ = held, given  # what the pointers point to
                run(int(grid[0]), int(block[0]), places)

            _run(work)

        return start


def _types(parameters: str) -> list[str]:
    every = [p.strip() for p in parameters.replace("\n", " ").split(",") if p.strip()]
    return [re.sub(r"\s*\w+$", "", p) for p in every]


def _strided(parameters: str) -> set[int]:
    """Return which parameters are arrays that come with strides."""
    names = re.findall(r"(\w+)\s*(?:,|$)", parameters)
    return {
        k
        for k, name in enumerate(names)
        if any(re.fullmatch(rf"{name}_s\d*", other) for other in names)
    }


def _yields(code: str, name: str) -> bool:
    """Whether a kernel has barriers or shuffles."""
    start = code.index(f"KERNEL {name}(")
    body = code[start : code.index("\n}\n", start)]
    return bool(re.search(r"__sync|__shfl|\b(warp|block|total)_", body))


def _stub(name: str, parameters: str, yields: bool) -> str:
    types = _types(parameters)
    given = ", ".join(
        f"*({kind.replace('__restrict__', '').replace('const', '')} *)given[{k}]"
        for k, kind in enumerate(types)
    )
    return (
        f'\nextern "C" void run_{name}(unsigned grid, unsigned block, void **given)\n'
        f"{{\n    shim::launch(grid, block, {str(yields).lower()},"
        f" [&] {{ {name}({given}); }});\n}}\n"
    )


NUMBERS = {
    "double": ctypes.c_double,
    "float": ctypes.c_float,
    "bool": ctypes.c_bool,
    "int64_t": ctypes.c_int64,
    "int": ctypes.c_int,
    "complex128": lambda z: (ctypes.c_double * 2)(z.real, z.imag),
    "complex64": lambda z: (ctypes.c_float * 2)(z.real, z.imag),
}
# What the elements of an array are that is given for a pointer.
ELEMENTS = {
    "double": np.float64,
    "float": np.float32,
    "bool": np.bool_,
    "int": np.int32,
    "complex128": np.complex128,
    "complex64": np.complex64,
    **{
        f"{sign}int{bits}_t": f"{sign}int{bits}"
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    },
}
# What CuPy makes of a number is as wide as the kernel takes it.
WIDE = {
    "double": float,
    "float": np.float32,
    "bool": np.bool_,
    "int64_t": int,
    "complex128": complex,
    "complex64": np.complex64,
}


def _held(kind: str, value: Any) -> Any:
    if "*" in kind:
        assert isinstance(value, ndarray), f"{type(value)} for {kind}"
        element = re.sub(r"const|\*|__restrict__", "", kind).strip()
        assert value.dtype == ELEMENTS[element], f"{value.dtype} for {kind}"
        return ctypes.c_void_p(value.held.ctypes.data)
    plain = kind.replace("const", "").strip()
    wide = (WIDE[plain], np.int64) if plain == "int64_t" else WIDE[plain]
    fits = isinstance(value, wide) and not (plain != "bool" and isinstance(value, bool))
    assert fits, f"{type(value)} for {kind}"
    return NUMBERS[plain](value)
