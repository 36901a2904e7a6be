"""CUDA from the loops: kernels as text, and Python that starts them through CuPy.

    text of loops -> infer (as for C) -> places -> loops -> kernel, host -> unit

Loops whose iterations are independent become threads, or warps where they have such loops
inside; what stands between loops stays on the host if it depends on lengths and numbers
given, else it is computed by one thread on the device, so that nothing is copied back.
"""
