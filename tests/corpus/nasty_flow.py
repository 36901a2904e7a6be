"""Control flow as scientists and judges write it."""

import numpy as np

from corpus import case


@case((4,), 0, 2.5)
def or_and_with_values(x, n, a):
    m = n or int(x[0] > 100) or 3
    w = a and 2 or x[0]
    b = x[0] > 100 or x[1] > -100
    c = n and x[100] or 0.25
    return x * m * w + b * x[2] + c


@case((4,), 0.5)
def or_of_parameters(x, a):
    scale = a or x[0]
    both = x[1] and a
    return np.sum(x * scale) + both
