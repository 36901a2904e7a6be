"""The Python that every file of kernels has: arguments, starts, errors."""

from __future__ import annotations

KERNEL = '''\
@functools.cache
def _kernel(name):
    """Return a kernel; CuPy compiles the module at its first use, for each device."""
    return _module.get_function(name)
'''
START = '''\
def _start(name, count, arguments):
    """Start a kernel with a thread for each of so many iterations, within reason."""
    blocks = min(max((count + 255) // 256, 1), 4096)
    _kernel(name)((blocks,), (256,), arguments)
'''
REDUCE = '''\
def _reduce(name, count, arguments, parts, results):
    """Start a kernel whose blocks leave parts of results; put these together."""
    blocks = min(max((count + 255) // 256, 1), 1024)
    _kernel(name)((blocks,), (256,), (*arguments, parts))
    _kernel(name + "_end")((1,), (256,), (parts, blocks, *results))
'''
REPEAT = '''\
def _repeat(step, count):
    """Run a step so many times: captured as a CUDA graph if that is worth it."""
    stream = cp.cuda.get_current_stream()
    if count < 8 or stream.is_capturing():
        for _ in range(count):
            step()
        return
    step()  # once as it is: this compiles what was not compiled
    with cp.cuda.Stream(non_blocking=True) as other:
        other.begin_capture()
        try:
            step()
        finally:
            graph = other.end_capture()
    for _ in range(count - 1):
        graph.launch(stream)
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
# Over a function that calls solvers.
RAISING = """\
# A solver that fails raises, as NumPy's does; asking it waits for the device.
@cupyx.errstate(linalg="raise")"""
FAILED = """\
/* Leave word of an error for the host; the first one counts. */
INLINE void failed(int *status, int code)
{
    atomicCAS(status, 0, code);
}
"""
# What makes a number given be of the kind that kernels take.
NUMBERS = {
    "bool": "np.bool_",
    "int64": "operator.index",
    "float32": "np.float32",
    "float64": "float",
    "complex64": "np.complex64",
    "complex128": "complex",
}
