"""What is refused: rows of an example, the message and the fix.

`docs/refusals.md` is this table as a page; ``python tests/refusals.py`` prints it.
An example is the body of ``f(x, y, A, n)``: two vectors of one length, a matrix with
columns of that length, and an integer.
"""

from __future__ import annotations

Row = tuple[str, str, str]

STATEMENTS: list[Row] = [
    (
        "async for v in x:\n    pass\nreturn x",
        "async code is not supported",
        "write a plain function",
    ),
    (
        "async def g():\n    return x\nreturn x",
        "async code is not supported",
        "write a plain function",
    ),
    (
        "async with x:\n    pass\nreturn x",
        "async code is not supported",
        "write a plain function",
    ),
    (
        "y = await x\nreturn y",
        "await: async code is not supported",
        "write a plain function",
    ),
    (
        "class C:\n    pass\nreturn x",
        "a class defined inside a function is not supported",
        "define it outside, or use a function",
    ),
    (
        "@np.vectorize\ndef g(v):\n    return v\nreturn g(x)",
        "a decorated nested function",
        "leave out the decorator",
    ),
    (
        "del x[0]\nreturn x",
        "del of an array element is not supported",
        "leave it out: arrays keep their length",
    ),
    (
        "global counter\nreturn x",
        "global: a function that writes module variables is not supported",
        "pass the value as a parameter and return the new one",
    ),
    (
        "def g():\n    nonlocal y\n    y = x\ng()\nreturn y",
        "nonlocal: a nested function that rebinds outer names is not supported",
        "return the new value instead",
    ),
    (
        "import math\nreturn x",
        "an import inside a function is not supported",
        "import at the head of the file",
    ),
    (
        "from math import exp\nreturn x",
        "an import inside a function is not supported",
        "import at the head of the file",
    ),
    (
        "match n:\n    case 0:\n        return x\nreturn y",
        "match is not supported",
        "write if ... elif ... else",
    ),
    (
        'raise ValueError("no")',
        "raise outside of an if is not supported",
        "guard it: if bad: raise ...",
    ),
    (
        'if n < 0:\n    raise KeyError("n")\nreturn x',
        "raise of this exception is not supported",
        "raise one of ValueError, IndexError, AssertionError",
    ),
    (
        "if n < 0:\n    raise ValueError(n)\nreturn x",
        "a message that is not plain text",
        'write raise X("text")',
    ),
    (
        "try:\n    return x / y\nexcept ZeroDivisionError:\n    return x",
        "try is not supported",
        "test the condition with if before it can fail",
    ),
    (
        "try:\n    return x / y\nexcept* ValueError:\n    return x",
        "try is not supported",
        "test the condition with if before it can fail",
    ),
    (
        'with np.errstate(all="ignore"):\n    return 1 / x',
        "with: a context manager is not supported",
        "move it to the caller, around the call",
    ),
    (
        "yield x[0]",
        "yield: a generator is not supported",
        "fill an array and return it",
    ),
    (
        "yield from x",
        "yield: a generator is not supported",
        "fill an array and return it",
    ),
    (
        "first, *rest = x\nreturn first",
        "a star in an assignment",
        "unpack by index",
    ),
    (
        "x.shape = (n, 1)\nreturn x",
        "a new shape for an array that others than 'x' may hold",
        "write x = x.reshape(...)",
    ),
    (
        "x.size = n\nreturn x",
        "an assignment to an attribute",
        "use a variable; for a shape, x = x.reshape(...)",
    ),
    (
        "A @= A\nreturn A",
        "@= in place",
        "write a[:] = a @ b",
    ),
]

EXPRESSIONS: list[Row] = [
    (
        "p = {n: x}\nreturn p[n]",
        "a dict whose keys are not written out",
        "name the fields in a NamedTuple or a dataclass, or use separate variables",
    ),
    (
        'p = {"x": x, "y": y}\nreturn p["z"]',
        "a key that is not known to be in the dict",
        "name the fields in a NamedTuple or a dataclass, or use separate variables",
    ),
    (
        "p = {k: x[k] for k in range(9)}\nreturn x",
        "a loop over an array in a comprehension",
        "allocate with np.empty and fill it by index",
    ),
    (
        "s = {1, 2}\nreturn x",
        "a set is not supported",
        "use an array or a tuple",
    ),
    (
        "s = {v for v in x}\nreturn x",
        "a set comprehension is not supported",
        "write a loop over an array",
    ),
    (
        "g = (v for v in x)\nreturn sum(g)",
        "a generator expression is not supported",
        "write a loop over an array",
    ),
    (
        "return np.array([v for v in x if v > 0])",
        "a list comprehension with a condition or with two loops over arrays",
        "allocate with np.empty and fill it by index",
    ),
    (
        "return np.array([t := v for v in x])",
        "a walrus in a comprehension",
        "write a loop",
    ),
    (
        "return np.stack([*x])",
        "a star before something that is not a tuple",
        "write the elements out",
    ),
    (
        "return np.sum(A, **y)",
        "** in a call",
        "write the arguments out",
    ),
    (
        "return np.maximum(x + 1j, 0)",
        "maximum of complex operands: they have no order",
        "compare np.abs(z), z.real or z.imag",
    ),
    (
        "return np.floor(x + 1j)",
        "floor of complex operands",
        "apply it to z.real and z.imag, or to np.abs(z)",
    ),
    (
        "x[0] = 1j\nreturn x",
        "a store of complex into float64 drops the imaginary part",
        "take .real, .imag or np.abs() of it",
    ),
    (
        "z = x + 1j\nz.real[:] = y\nreturn z",
        "a write into .real of an array",
        "write whole numbers: z[:] = x + 1j * y",
    ),
    (
        'return x + "a"',
        "an operator on text or None",
        "use numbers or arrays",
    ),
    (
        "return np.where(0 < x < 1, x, 0.0)",
        "a chained comparison of arrays",
        "write (a < b) & (b < c)",
    ),
    (
        "if n in y:\n    return x\nreturn y",
        "'in' of numbers or arrays",
        "use == or a loop",
    ),
    (
        "if x > 0:\n    return x\nreturn y",
        "the truth of an array with several elements",
        "say which is meant: np.any(...) or np.all(...)",
    ),
    (
        "return x[1.5]",
        "an index of type weak_float",
        "indices must be integers: use int()",
    ),
    (
        "return x[0, 0]",
        "too many indices: 2 for an array with 1 axes",
        "give at most one for each axis",
    ),
    (
        "return (x, y)[2]",
        "index 2 of a tuple with 2 items",
        "its items go from 0 to 1",
    ),
    (
        "return x.strides",
        "the attribute .strides is not supported",
        "write it with basic operations",
    ),
    (
        "return undefined(x)",
        "'undefined' is not defined",
        "define 'undefined' or pass it in",
    ),
]

FLOW: list[Row] = [
    (
        "if n > 0:\n    return x",
        "this function may end without a return",
        "add a return at its end",
    ),
    (
        "if n > 0:\n    return x\nreturn x, y",
        "the returns of this function differ in form",
        "return the same number of values, of the same kinds, everywhere",
    ),
    (
        "return x * (y if n > 0 else 2.0)",
        "this conditional expression is of another kind in each branch",
        "give both sides the same kind and shape, or use an if",
    ),
    (
        "if n > 0:\n    s = x\nelse:\n    s = 2.0\nreturn s * y",
        "'s' is of another kind in each branch",
        "use another name, or make 's' the same on every path",
    ),
    (
        "s = x\nfor i in range(n):\n    s = s[:, None]\nreturn s",
        "'s' changes its dtype or its number of axes in the loop",
        "use another name, or make 's' the same on every path",
    ),
    (
        "k = 0\nwhile np.add.at(x, 0, 1.0) is None and k < 3:\n    k += 1\nreturn x",
        "a while condition that writes arrays",
        "compute the condition in the body and use break",
    ),
    (
        "for v in (x, y):\n    if v[0] > 0:\n        break\nreturn v",
        "break, continue or return in a loop over a tuple or list",
        "loop over a range and index an array",
    ),
    (
        "for i in range(n / 2):\n    x[i] = 0.0\nreturn x",
        "a bound of type weak_float",
        "bounds are integers: use int()",
    ),
    (
        "for i in range(0, n, 0):\n    x[i] = 0.0\nreturn x",
        "a range with step 0",
        "range needs another step",
    ),
    (
        "for k, i in enumerate(range(0, 9, n)):\n    x[k] = y[i]\nreturn x",
        "a range with a step that is not a number, counted or reversed",
        "count in a variable",
    ),
    (
        "s = 0.0\nfor v, u in zip(x, (y, A)):\n    s = s + v * u.sum()\nreturn s",
        "zip of an array and a list of arrays",
        "loop over an index",
    ),
    (
        "for i, j in np.ndindex(2, n):\n    if A[i, j] > 0:\n        break\nreturn A",
        "break or else in a loop over all indices of an array",
        "write a loop over a range for each axis",
    ),
    (
        "for k, (i, j) in enumerate(np.ndindex(2, 2)):\n    A[i, j] = k\nreturn A",
        "np.ndindex is not supported",
        "write a loop over a range for each axis",
    ),
    (
        "return x * (x[0] > 0 or y[0])",
        "and, or of truth values and numbers",
        "write x if c else y",
    ),
]

LISTS: list[Row] = [
    (
        "p = []\nfor v in x:\n    if v > 0:\n        p.append(v)\nreturn sum(p)",
        "append to a list under a condition, in an inner loop or in a while loop",
        "append once in every trip of a for loop, or fill an array by index",
    ),
    (
        "p = []\nfor v in x:\n    p.append(v)\n    if v > 0:\n        break\nreturn x",
        "append in a loop with break, continue or return",
        "allocate with np.empty and fill it by index",
    ),
    (
        "p = []\nfor v in x:\n    p.append(v)\n    p.append(2 * v)\nreturn sum(p)",
        "two appends to a list in one loop",
        "allocate with np.empty and fill it by index",
    ),
    (
        "p = []\nfor u in A:\n    for v in u:\n        p.append(v)\nreturn sum(p)",
        "append to a list in an inner loop",
        "allocate with np.empty and fill it by index",
    ),
    (
        "p = []\nq = p\nfor v in x:\n    p.append(v)\nreturn sum(q)",
        "append to a list that has two names",
        "use one name",
    ),
    (
        "p = []\nfor i in range(n):\n    p.append(x[:i])\nreturn np.concatenate(p)",
        "a list of arrays whose lengths vary",
        "allocate with np.empty and fill it by index",
    ),
    (
        "p = []\nfor i in range(n):\n    x[i] = 0.0\n    p.append(x)\nreturn sum(p)",
        "a write into an array that 'p' may also stand for",
        "copy it where 'p' is assigned, with .copy()",
    ),
    (
        "def push(q, v):\n    q.append(v)\n\np = []\npush(p, x)\nreturn sum(p)",
        "append to a list that has two names",
        "use one name",
    ),
    (
        "p = [x, y][:1]\np.append(x)\nreturn p[1]",
        "append to a list that was not made here",
        "make the list where it grows",
    ),
    (
        'p = []\nfor v in x:\n    p.append({"v": v})\nreturn p[0]["v"]',
        "a list that grows of records",
        "use a list for each field",
    ),
    (
        "p = [x, y]\np.pop()\nreturn p[0]",
        "a list that grows or shrinks",
        "allocate with np.empty and fill it by index",
    ),
    (
        "p = [x]\np += [y]\nreturn p[1]",
        "a list that grows",
        "allocate with np.empty and fill it",
    ),
    (
        "p = [x, y]\np[0] = 2 * x\nreturn p[0]",
        "an assignment to an item of a list, tuple or dict",
        "use an array, or make a new tuple or dict",
    ),
    (
        'p = {"x": x}\np["x"] = y\nreturn p["x"]',
        "an assignment to an item of a list, tuple or dict",
        "use an array, or make a new tuple or dict",
    ),
    (
        "p = []\nfor v in x:\n    p.append(v)\nreturn p",
        "a tuple or list where a number or an array is needed",
        "make an array of it: np.array(...)",
    ),
    (
        "return x * y.sum",
        "a method that is not called where a number or an array is needed",
        "use a number or an array here",
    ),
    (
        'return f"{x}"',
        "text where a number or an array is needed",
        "use a number or an array here",
    ),
]

MEMORY: list[Row] = [
    (
        "if n > 0:\n    a = x\nelse:\n    a = y\na[0] = 1.0\nreturn x * y",
        "a write into an array that may be one of several",
        "copy it where it is chosen, with .copy()",
    ),
    (
        "a = x if n > 0 else y\nx[0] = 1.0\nreturn a",
        "a write into an array that 'a' may also stand for",
        "copy it where 'a' is assigned, with .copy()",
    ),
    (
        "a = x\nfor i in range(n):\n    a[0] = 1.0\n    a = y\nreturn a * x",
        "a write into an array that may be one of several",
        "copy it where it is chosen, with .copy()",
    ),
    (
        "a = np.flip(x)\na[0] = 1.0\nreturn a",
        "a write into an array that may be one of several",
        "copy it where it is chosen, with .copy()",
    ),
    (
        "a = A.T.reshape(-1)\na[0] = 1.0\nreturn A * a[0]",
        "a write into an array that may be one of several",
        "copy it where it is chosen, with .copy()",
    ),
    (
        "B = A.T * 2.0\na = B.ravel()\na[0] = 1.0\nreturn B",
        "a write into an array that may be one of several",
        "copy it where it is chosen, with .copy()",
    ),
    (
        "a = np.broadcast_to(x, (2, n))\na[0] = 1.0\nreturn a",
        "a write into an array that may be one of several",
        "copy it where it is chosen, with .copy()",
    ),
    (
        "return np.ascontiguousarray(A.T)",
        "np.ascontiguousarray, which may or may not copy",
        "write x.copy()",
    ),
    (
        "def first(u):\n    u[0] = 2.0\n    return u\n\nx += first(x)\nreturn x",
        "an augmented assignment whose right side writes the same array",
        "compute the right side first, in a statement of its own",
    ),
    (
        "k = np.arange(3)\nk += 0.5\nreturn k",
        "an in-place operation that puts float64 into an array of int64",
        "make it an array of float64 first, with .astype(np.float64)",
    ),
]

CALLS: list[Row] = [
    (
        "return f(x, y, A, n - 1)",
        "'f' calls itself on every path",
        "return without a call of itself where the recursion ends",
    ),
    (
        "return f(x, A, y, n - 1) if n > 0 else x",
        "'f' calls itself with other kinds of arguments in turn",
        "give it the same kinds of arguments at every level",
    ),
    (
        "print(n)\nif n > 0:\n    return f(x, y, A, n - 1)\nreturn y",
        "print in a function that calls itself",
        "print what it returns, where it is called first",
    ),
    (
        "def g(k):\n    return x if k == 0 else y * g(k - 1)\n\nreturn g(n)",
        "a nested function that calls itself",
        "define it in the module, and pass it what it uses",
    ),
    (
        "if n > 0:\n    return f(x, np.exp, A, n - 1)\nreturn x",
        "a function or a list as an argument where 'f' calls itself",
        "pass numbers and arrays, and call a function of the module",
    ),
    (
        "p = []\nfor v in x:\n    p.append(v)\nif n > 0:\n    p = f(x, y, A, n - 1)"
        "\nreturn p",
        "a list that grew as what 'f' returns to itself",
        "return an array: np.array(...)",
    ),
    (
        "if n > 0:\n    return f(x, y, A, n - 1).sum()\nreturn y",
        "the returns of this function differ in form",
        "return the same number of values, of the same kinds, everywhere",
    ),
    (
        "if n > 0:\n    y[0] = x[0]\n    return f(x, x, A, n - 1)\nreturn y",
        "'f', which calls itself, is given arrays that overlap and writes one of them",
        "pass a copy: .copy()",
    ),
    (
        "if n > 0:\n    z = f(x, y, A, n - 1)\n    z[0] = 0.0\n    return z\nreturn y",
        "a write into an array that may be one of several",
        "copy it where it is chosen, with .copy()",
    ),
    (
        "def g(**k):\n    return x\n\nreturn g(a=1)",
        "a function with ** in its parameters",
        "name the parameters",
    ),
    (
        "def g(u):\n    return u\n\nreturn g(x, y)",
        "2 arguments for 1 parameters",
        "give as many as there are",
    ),
    (
        "a, b = x[0], x[1], x[2]\nreturn a",
        "3 values for 2 names",
        "give as many names as there are values",
    ),
    (
        "return np.sum(A, axis=n)",
        "'n' must be a number in the source here",
        "write the number, or give it in a call from another function",
    ),
    (
        "return scipy.linalg.null_space(A)",
        "scipy.linalg.null_space is not supported",
        "it is known up to a rotation: use the projector a @ np.linalg.pinv(a), less"
        " the identity",
    ),
    (
        "return scipy.linalg.schur(A)",
        "scipy.linalg.schur is not supported",
        "differentiate what is computed of the factors: a solution, a determinant",
    ),
    (
        "return np.max(x, where=x > 0)",
        "np.max with where= alone",
        "give initial= as well",
    ),
    (
        "return np.var(x, ddof=1, correction=1)",
        "both ddof= and correction=",
        "they mean the same: give one",
    ),
    (
        "return np.cumulative_sum(A)",
        "np.cumulative_sum without axis=",
        "name the axis: axis=0",
    ),
    (
        "return np.sqrt(x, where=x > 0)",
        "where= without out=",
        "write np.where(c, f(x), 0.0)",
    ),
    (
        "np.putmask(A, A > 0, x)\nreturn A",
        "np.putmask with values of another shape",
        "write x[mask] = ...",
    ),
    (
        'return A.reshape(-1, order="A")',
        "an order= other than 'C' and 'F'",
        "write one of these",
    ),
    (
        "return np.squeeze(A, axis=0)",
        "squeeze of an axis that is not known to have length 1",
        "index it: x[0] or x[:, 0]",
    ),
    (
        "return np.concatenate(x)",
        "an array where a tuple or list of arrays is needed",
        "use x.reshape(...), or write the parts out",
    ),
    (
        'return np.linalg.norm(x, "fro")',
        "a norm of order fro",
        "use 1, 2 or np.inf, or write it out",
    ),
    (
        'return np.einsum("...i->i", A)',
        "np.einsum that sums over '...'",
        "name the axes by letters",
    ),
    (
        "return math.exp(x)",
        "math.exp of an array",
        "use np.exp for arrays",
    ),
    (
        "if isinstance(n, np.int64):\n    return x\nreturn y",
        "isinstance of these",
        "decide it in the caller, with a flag",
    ),
    (
        "return sum(sorted(x))",
        "sorted, which makes a list",
        "use np.sort(x)",
    ),
    (
        'return np.quantile(x, 0.5, method="middle")',
        "this method of quantiles",
        "use one of linear, weibull, hazen, median_unbiased, normal_unbiased,"
        " interpolated_inverted_cdf, lower, higher, nearest, inverted_cdf,"
        " closest_observation, midpoint, averaged_inverted_cdf",
    ),
    (
        "return np.quantile(x, 0.5, weights=y)",
        "weights= of this method",
        'write method="inverted_cdf"',
    ),
    (
        "return np.median(x[0])",
        "np.median of a number",
        "it is the number itself",
    ),
    (
        "return np.nextafter(x, y)",
        "np.nextafter is not supported",
        "write the step: x + eps; it has no derivative at two numbers",
    ),
    (
        "return np.real_if_close(x + 0j)",
        "np.real_if_close of complex numbers",
        "take z.real: whether it does depends on the numbers",
    ),
    (
        "return np.ldexp(x, 0.5)",
        "np.ldexp by a float",
        "write x * 2.0**n",
    ),
    (
        "return np.array_equal(x, A[:, 0])",
        "np.array_equal of arrays whose lengths may differ",
        "compare the shapes first, or write np.all(x == y)",
    ),
    (
        "return np.power.reduce(x)",
        "np.power.reduce is not supported",
        "write a loop: NumPy's own result skips elements",
    ),
    (
        "return np.less.accumulate(x)",
        "np.less.accumulate is not supported",
        "write it with basic operations",
    ),
    (
        "return np.i0(1j * x)",
        "np.i0 of complex numbers",
        "use it on real ones",
    ),
    (
        "return np.maximum.reduceat([n, 2, 3], [0, 2]) * x[:2]",
        "np.maximum.reduceat of integers",
        "convert them with .astype(float)",
    ),
    (
        "return np.histogramdd(A, 3, weights=x)[0]",
        "np.histogramdd of an array",
        "give a list of its columns",
    ),
    (
        "return np.histogram2d(x, y, x)[0]",
        "the bins of np.histogram2d",
        "give a list with one for each column",
    ),
    (
        'return np.choose([0, 1], [x, y], mode="last")',
        "this mode of np.choose",
        'write "raise", "wrap" or "clip"',
    ),
    (
        "return np.linalg.matrix_rank(A @ A.T, hermitian=True) * x",
        "hermitian=True of np.linalg.matrix_rank",
        "leave it out",
    ),
    (
        "return np.linalg.pinv(A @ A.T, 1e-9, True)",
        "hermitian=True of np.linalg.pinv with a cut",
        "leave it out",
    ),
    (
        "return np.polyfit(x, y, 1, rcond=1e-9)",
        "rcond= of np.polyfit",
        "leave it out",
    ),
    (
        "return np.polyfit(x, np.stack((y, y), axis=1), 1, cov=True)[0]",
        "np.polyfit with cov= for several columns",
        "fit one by one",
    ),
    (
        "return np.polynomial.chebyshev.chebfit(x, y, 1, full=True)[0]",
        "full=True of np.polynomial.chebyshev.chebfit",
        "np.polyfit has it",
    ),
    (
        "return np.polynomial.polynomial.polyfit(x, y, [0, 2])",
        "a list of degrees for np.polynomial.polynomial.polyfit",
        "give one degree",
    ),
    (
        'return np.trim_zeros(x, "c")',
        "this trim of np.trim_zeros",
        'write "f", "b" or "fb"',
    ),
    (
        "return np.hypot.reduce(A, axis=None)",
        "np.hypot.reduce over several axes",
        "name one axis",
    ),
    (
        "return np.hypot.reduce(x, initial=1.0)",
        "initial= and where= of np.hypot.reduce",
        "write a loop",
    ),
    (
        "np.multiply.at(A, ([0, 1], [0, 1]), 2.0)\nreturn A",
        "np.multiply.at at several indices",
        "write a loop over them",
    ),
    (
        "np.multiply.at(x, np.array([[0, 1]]), 2.0)\nreturn x",
        "np.multiply.at at indices in a matrix",
        "write a loop over them",
    ),
    (
        "return np.lexsort(A)",
        "np.lexsort of this",
        "give a tuple of vectors",
    ),
    (
        "return np.logspace(0.0, x[0], 5, dtype=np.float32)",
        "the argument dtype= of np.logspace is not supported",
        "leave it out, or write the operation in steps",
    ),
    (
        'return np.pad(x, 1, mode="empty")',
        "np.pad in this mode",
        "store into a larger array",
    ),
    (
        "return x.tolist()",
        "the attribute .tolist is not supported",
        "write it with basic operations",
    ),
]

DRAWS: list[Row] = [
    (
        "rng = np.random.default_rng(n)\nreturn rng.permuted(x)",
        "np.random.Generator.permuted is not supported",
        "write x[rng.permutation(n)], or draw indices outside",
    ),
    (
        "rng = np.random.default_rng(n)\nreturn rng.choice(A, n, axis=1)",
        "the argument axis= of np.random.Generator.choice",
        "draw rng.permutation(n) and index that axis by it",
    ),
    (
        "rng = np.random.default_rng(n)\nreturn x + rng",
        "a generator of random numbers where a number is needed",
        "draw from it: rng.normal()",
    ),
    (
        "return x * np.random.default_rng(0.5).normal()",
        "a seed that is no whole number",
        "write an int, or pass one",
    ),
    (
        "return np.random.normal(A, 1.0, size=n)",
        "a size of np.random.normal that its parameters do not fit",
        "leave it out: as many numbers are drawn as there are parameters",
    ),
    (
        "v = [1.0, 2.0]\nnp.random.shuffle(v)\nreturn x",
        "a list that is shuffled",
        "make an array: np.array(...)",
    ),
]

SECTIONS: dict[str, list[Row]] = {
    "Statements": STATEMENTS,
    "Expressions": EXPRESSIONS,
    "Control flow": FLOW,
    "Lists": LISTS,
    "Memory": MEMORY,
    "Calls": CALLS,
    "Random draws": DRAWS,
}

HEAD = """\
# What is refused

A program is differentiated right or it is refused: with the file, the line, a caret
and a line of help. Every row below is a test. The examples are bodies of
`f(x, y, A, n)`: two vectors of one length, a matrix with columns of that length, and an
integer.
"""


def page(functions: dict[str, str]) -> str:
    """The table as a page; ``functions`` are NumPy's with their help."""
    lines = [HEAD]
    for title, rows in SECTIONS.items():
        lines += [f"## {title}", "", "| example | message | fix |", "|---|---|---|"]
        lines += [f"| {_code(e)} | {_cell(m)} | {_cell(f)} |" for e, m, f in rows]
        lines.append("")
    lines += ["## Functions of NumPy", "", "| function | fix |", "|---|---|"]
    lines += [f"| `np.{name}` | {_cell(fix)} |" for name, fix in functions.items()]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    lines = (line.replace("|", "\\|") for line in text.split("\n") if line)
    return "<br>".join(f"`{line}`" for line in lines)


def _cell(text: str) -> str:
    marks = {"|": "\\|", "<": "&lt;", "*": "\\*", "_": "\\_"}
    return "".join(marks.get(c, c) for c in text)


if __name__ == "__main__":
    from gradscribe.transpile.read.language import NUMPY_HELP

    print(page(dict(NUMPY_HELP)), end="")
