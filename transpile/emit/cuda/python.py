"""The Python that every file of kernels has: arguments, starts, errors."""

from __future__ import annotations

START = '''\
def _start(name, count, arguments):
    """Start a kernel with a thread for each of so many iterations, within reason."""
    blocks = int(min(max((count + 255) // 256, 1), 4096))
    threads = 256 if count > 1 else 1
    kernel = _module.get_function(name)
    kernel((blocks,), (threads,), tuple(map(_given, arguments)))


def _given(value):
    """Return a number as wide as the kernels take it."""
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return np.int64(value)
    return np.float64(value) if isinstance(value, float) else value
'''
REDUCE = '''\
def _reduce(name, count, arguments, results):
    """Start a kernel whose blocks leave parts of results; put these together."""
    blocks = int(min(max((count + 255) // 256, 1), 1024))
    parts = [cp.empty(blocks, result.dtype) for _, result in results]
    kernel = _module.get_function(name)
    kernel((blocks,), (256,), tuple(map(_given, (*arguments, *parts))))
    for part, (finish, result) in zip(parts, results):
        kernel = _module.get_function(finish)
        kernel((1,), (256,), (part, np.int64(blocks), result))
'''
CHECK = '''\
def _check(status):
    """Raise what a kernel found; this waits for the device."""
    code = int(status[0])
    if code:
        kind, text = _ERRORS[code - 1]
        raise kind(text)
'''
TAKE = '''\
def _array(value, name, dtype, rank):
    """Return an array of the device, in rows side by side."""
    if isinstance(value, np.ndarray):
        raise TypeError(f"{name} is a NumPy array; write cupy.asarray({name})")
    if not isinstance(value, cp.ndarray):
        if hasattr(value, "__cuda_array_interface__"):
            value = cp.asarray(value)
        elif hasattr(value, "__dlpack__"):
            value = cp.from_dlpack(value)
        else:
            raise TypeError(f"{name} is a {type(value).__name__}, not a CuPy array")
    if value.dtype != dtype or value.ndim != rank:
        raise TypeError(
            f"{name} is {value.dtype} with {value.ndim} axes; {dtype} with {rank} is needed"
        )
    if value.device != cp.cuda.Device():
        raise ValueError(f"{name} is on another device than the current one")
    return cp.ascontiguousarray(value)
'''
FAILED = """\
/* Leave word of an error for the host; the first one counts. */
INLINE void failed(int *status, int code)
{
    atomicCAS(status, 0, code);
}
"""
