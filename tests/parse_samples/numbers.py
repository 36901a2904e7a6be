"""Numbers, dtypes and library functions."""

N = 3
SCALE = 2.5
