"""CUDA from the loops: kernels as text, and Python that starts them through CuPy.

    text of loops -> infer (as for C) -> places -> loops, private, columns -> dealing
    -> lanes, kernel -> host, unit

Loops whose iterations are independent become threads, or warps where they have such
loops inside; what stands between loops stays on the host if it depends on lengths
and numbers given, else one thread of the device computes it. The host reads back what
decides about memory or about work for many threads, and nothing else.
"""
