"""The fixed part of a Python module in C: taking arguments, making results.

Stable ABI of Python 3.11; arrays through the buffer protocol, so that no header of NumPy
is needed. New arrays come from ``numpy.empty``.
"""

from __future__ import annotations

GLUE = r"""#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <complex.h>
#include <stdint.h>
#include <string.h>

/* What an argument has to be. An array has at least one axis; a number has none, and may
   have a default. */
struct parameter {
    const char *name;
    const char *dtype;  /* as NumPy calls it */
    const char *format; /* as a buffer has it */
    int rank;
    int written;
    int optional;
    int64_t whole;
    double real, imaginary;
};

/* An argument: a number, or the memory of an array. */
struct value {
    Py_buffer view;
    int held;
    PyObject *copy;
    int64_t whole;
    double real, imaginary;
};

struct state {
    PyObject *empty, *ascontiguousarray, *matmul, *ndarray;
    PyObject *dtypes[16];
};

static const char *const DTYPES[] = {
    "float64", "float32", "int64", "bool", "complex128", "complex64", "int32", "int16", "int8",
    "uint8", "uint16", "uint32", NULL};

static int place_of(const char *dtype)
{
    int k = 0;
    while (strcmp(DTYPES[k], dtype) != 0)
        k++;
    return k;
}

static int is_format(const char *format, const char *wanted)
{
    if (format == NULL)
        return 0;
    if (format[0] == '@' || format[0] == '=')
        format++;
    if (strcmp(format, wanted) == 0)
        return 1;
    /* Both are eight bytes here. */
    return wanted[0] == 'l' && strcmp(format, "q") == 0;
}

static void dropped(struct value *values, int count)
{
    for (int k = 0; k < count; k++) {
        if (values[k].held)
            PyBuffer_Release(&values[k].view);
        Py_XDECREF(values[k].copy);
    }
}

/* What a function's parameters are called, how many may be given without their names, and
   which have a default. */
struct naming {
    const char *function;
    int wanted, positional;
    const char *const *names;
    const char *optional;
};

/* Put arguments in the order of parameters; NULL for those that have their default. */
static int bound(const struct naming *own, PyObject *const *args, Py_ssize_t count,
                 PyObject *names, PyObject **found)
{
    const Py_ssize_t named = names == NULL ? 0 : PyTuple_Size(names);
    const int wanted = own->wanted;
    if (count > own->positional) {
        PyErr_Format(PyExc_TypeError, "%s() takes %d positional arguments but %zd were given",
                     own->function, own->positional, count);
        return 0;
    }
    for (int k = 0; k < wanted; k++)
        found[k] = k < count ? args[k] : NULL;
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *name = PyTuple_GetItem(names, i);
        int k = 0;
        while (k < wanted && PyUnicode_CompareWithASCIIString(name, own->names[k]) != 0)
            k++;
        if (k == wanted || found[k] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         k == wanted ? "%s() got an unexpected keyword argument '%U'"
                                     : "%s() got multiple values for argument '%U'",
                         own->function, name);
            return 0;
        }
        found[k] = args[count + i];
    }
    for (int k = 0; k < wanted; k++)
        if (found[k] == NULL && own->optional[k] != '1') {
            PyErr_Format(PyExc_TypeError, "%s() missing argument '%s'", own->function,
                         own->names[k]);
            return 0;
        }
    return 1;
}

static int number_taken(const struct parameter *p, PyObject *given, struct value *value)
{
    const char first = p->format[0];
    if (given == NULL) {
        value->whole = p->whole;
        value->real = p->real;
        value->imaginary = p->imaginary;
        return 1;
    }
    if (first == 'l') {
        PyObject *index = PyNumber_Index(given);
        if (index != NULL) {
            value->whole = PyLong_AsLongLong(index);
            Py_DECREF(index);
        }
    } else if (first == '?') {
        value->whole = PyObject_IsTrue(given);
    } else if (first == 'Z') {
        PyObject *pair = PyObject_CallFunctionObjArgs((PyObject *)&PyComplex_Type, given, NULL);
        if (pair != NULL) {
            value->real = PyComplex_RealAsDouble(pair);
            value->imaginary = PyComplex_ImagAsDouble(pair);
            Py_DECREF(pair);
        }
    } else {
        value->real = PyFloat_AsDouble(given);
    }
    if (!PyErr_Occurred())
        return 1;
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s: expected a number (%s), got %R", p->name, p->dtype,
                     (PyObject *)Py_TYPE(given));
    }
    return 0;
}

static int array_taken(struct state *state, const struct parameter *p, PyObject *given,
                       struct value *value, int strict)
{
    const int flags = PyBUF_FORMAT | PyBUF_STRIDES | (p->written ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(given, &value->view, flags) < 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "%s: expected a NumPy array, got %R; write "
                         "numpy.asarray(%s)", p->name, (PyObject *)Py_TYPE(given), p->name);
        }
        return 0;
    }
    value->held = 1;
    if (value->view.ndim != p->rank || !is_format(value->view.format, p->format)) {
        PyErr_Format(PyExc_TypeError,
                     "%s: expected an array of %s with %d %s, got format '%s' with %d",
                     p->name, p->dtype, p->rank, p->rank == 1 ? "axis" : "axes",
                     value->view.format == NULL ? "?" : value->view.format, value->view.ndim);
        return 0;
    }
    /* Complex numbers are pairs, of at most eight bytes each. */
    const uintptr_t unit = value->view.itemsize > 8 ? 8 : (uintptr_t)value->view.itemsize;
    if ((uintptr_t)value->view.buf % unit != 0) {
        PyErr_Format(PyExc_ValueError, "%s: expected aligned memory; write %s.copy()", p->name,
                     p->name);
        return 0;
    }
    if (PyBuffer_IsContiguous(&value->view, 'C'))
        return 1;
    if (strict || p->written) {
        PyErr_Format(PyExc_ValueError, "%s: expected contiguous memory; write "
                     "numpy.ascontiguousarray(%s)", p->name, p->name);
        return 0;
    }
    PyBuffer_Release(&value->view);
    value->held = 0;
    value->copy = PyObject_CallFunctionObjArgs(state->ascontiguousarray, given, NULL);
    if (value->copy == NULL || PyObject_GetBuffer(value->copy, &value->view,
                                                  PyBUF_FORMAT | PyBUF_STRIDES) < 0)
        return 0;
    value->held = 1;
    return 1;
}

static int taken(struct state *state, const struct parameter *parameters, int count,
                 PyObject **found, struct value *values, int strict)
{
    for (int k = 0; k < count; k++) {
        const struct parameter *p = &parameters[k];
        const int good = p->rank == 0 ? number_taken(p, found[k], &values[k])
                                      : array_taken(state, p, found[k], &values[k], strict);
        if (!good)
            return 0;
    }
    return 1;
}

/* How many arguments, from the first, have the dtypes and ranks that a function is for. */
static int fitting(const struct parameter *parameters, int count, PyObject **found)
{
    for (int k = 0; k < count; k++) {
        Py_buffer view;
        if (found[k] == NULL)
            continue;
        if (PyObject_GetBuffer(found[k], &view, PyBUF_FORMAT | PyBUF_STRIDES) < 0) {
            PyErr_Clear();
            if (parameters[k].rank != 0)
                return k;
            continue;
        }
        const int good = view.ndim == parameters[k].rank
            && (view.ndim == 0 || is_format(view.format, parameters[k].format));
        PyBuffer_Release(&view);
        if (!good)
            return k;
    }
    return count;
}

static int same_length(int64_t found, int64_t wanted, const char *name, int axis)
{
    if (found == wanted)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s.shape[%d] is %lld, but %lld is needed here", name, axis,
                 (long long)found, (long long)wanted);
    return 0;
}

/* A new array, and where its elements are. */
static void *made(struct state *state, const char *dtype, int rank, const int64_t *shape,
                  PyObject **array)
{
    PyObject *lengths = PyTuple_New(rank);
    for (int k = 0; lengths != NULL && k < rank; k++) {
        PyObject *length = PyLong_FromLongLong(shape[k] < 0 ? 0 : shape[k]);
        if (length == NULL)
            Py_CLEAR(lengths);
        else
            PyTuple_SetItem(lengths, k, length);
    }
    if (lengths == NULL)
        return NULL;
    *array = PyObject_CallFunctionObjArgs(state->empty, lengths,
                                          state->dtypes[place_of(dtype)], NULL);
    Py_DECREF(lengths);
    Py_buffer view;
    if (*array == NULL || PyObject_GetBuffer(*array, &view, PyBUF_STRIDES | PyBUF_WRITABLE) < 0)
        return NULL;
    void *memory = view.buf;
    PyBuffer_Release(&view);
    return memory;
}

/* A NumPy scalar. */
static PyObject *scalar(struct state *state, const char *dtype, PyObject *number)
{
    if (number == NULL)
        return NULL;
    PyObject *one = PyObject_CallFunctionObjArgs(state->dtypes[place_of(dtype)], number, NULL);
    Py_DECREF(number);
    return one;
}

static void raised(int status)
{
    PyObject *kinds[] = {PyExc_MemoryError, PyExc_IndexError, PyExc_ValueError,
                         PyExc_OverflowError, PyExc_RecursionError, PyExc_ZeroDivisionError,
                         PyExc_TypeError, PyExc_AssertionError, PyExc_RuntimeError,
                         PyExc_KeyError, PyExc_FloatingPointError, PyExc_ArithmeticError,
                         PyExc_NotImplementedError};
    if (status > 0)
        PyErr_SetString(kinds[message_kinds[status - 1]], message_texts[status - 1]);
}
"""
MATMUL = r"""
/* Large products are NumPy's. */
struct caller {
    struct state *state;
    PyThreadState *thread;
};

static PyObject *matrix(struct state *state, const void *memory, const char *dtype,
                        int64_t rows, int64_t columns, int64_t down, int64_t along)
{
    const int64_t size = dtype[0] == 'c' ? (dtype[7] == '1' ? 16 : 8) : dtype[5] == '6' ? 8 : 4;
    const int64_t count = (rows - 1) * down + (columns - 1) * along + 1;
    PyObject *view = PyMemoryView_FromMemory((char *)memory, (Py_ssize_t)(count * size),
                                             PyBUF_WRITE);
    if (view == NULL)
        return NULL;
    PyObject *array = PyObject_CallFunction(
        state->ndarray, "(LL)sOi(LL)", (long long)rows, (long long)columns, dtype, view, 0,
        (long long)(down * size), (long long)(along * size));
    Py_DECREF(view);
    return array;
}

static int multiplied(void *given, int kind, const void *a, const void *b, void *out,
                      const int64_t *sizes)
{
    static const char *const dtypes[] = {"float64", "float32", "complex128", "complex64"};
    struct caller *caller = given;
    struct state *state = caller->state;
    const int64_t m = sizes[0], n = sizes[1], columns = sizes[2];
    PyEval_RestoreThread(caller->thread);
    PyObject *left = matrix(state, a, dtypes[kind], m, n, sizes[3], sizes[4]);
    PyObject *right = matrix(state, b, dtypes[kind], n, columns, sizes[5], sizes[6]);
    PyObject *made = matrix(state, out, dtypes[kind], m, columns, columns, 1);
    PyObject *done = NULL;
    if (left != NULL && right != NULL && made != NULL)
        done = PyObject_CallFunctionObjArgs(state->matmul, left, right, made, NULL);
    Py_XDECREF(left);
    Py_XDECREF(right);
    Py_XDECREF(made);
    Py_XDECREF(done);
    caller->thread = PyEval_SaveThread();
    return done == NULL ? -1 : 0;
}
"""
MODULE = r"""
static int filled(PyObject *module)
{
    struct state *state = PyModule_GetState(module);
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (numpy == NULL)
        return -1;
    state->empty = PyObject_GetAttrString(numpy, "empty");
    state->ascontiguousarray = PyObject_GetAttrString(numpy, "ascontiguousarray");
    state->matmul = PyObject_GetAttrString(numpy, "matmul");
    state->ndarray = PyObject_GetAttrString(numpy, "ndarray");
    int good = state->empty && state->ascontiguousarray && state->matmul && state->ndarray;
    for (int k = 0; good && DTYPES[k] != NULL; k++) {
        const char *name = strcmp(DTYPES[k], "bool") == 0 ? "bool_" : DTYPES[k];
        state->dtypes[k] = PyObject_GetAttrString(numpy, name);
        good = state->dtypes[k] != NULL;
    }
    Py_DECREF(numpy);
    return good ? 0 : -1;
}

static int visited(PyObject *module, visitproc visit, void *arg)
{
    struct state *state = PyModule_GetState(module);
    PyObject **every = (PyObject **)state;
    for (size_t k = 0; k < sizeof *state / sizeof *every; k++)
        Py_VISIT(every[k]);
    return 0;
}

static int cleared(PyObject *module)
{
    struct state *state = PyModule_GetState(module);
    PyObject **every = (PyObject **)state;
    for (size_t k = 0; k < sizeof *state / sizeof *every; k++)
        Py_CLEAR(every[k]);
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, filled}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "%(name)s", %(doc)s, sizeof(struct state), methods, slots,
    visited, cleared, NULL};

PyMODINIT_FUNC PyInit_%(name)s(void)
{
    return PyModuleDef_Init(&definition);
}
"""
