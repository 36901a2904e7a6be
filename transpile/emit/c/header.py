"""The header of a library in C, and what its callers may ask."""

from __future__ import annotations

TOLD = """\
const char *%(name)s_message(int status)
{
    static const char *const texts[] = {
        %(texts)s};
    return status >= 1 && status <= %(count)d ? texts[status - 1] : "";
}

void %(name)s_free(struct workspace *memory)
{
    free_all(memory);
}
"""
HEADER = """\
/* %(remark)s

   Arrays are contiguous, rows side by side; their lengths follow them. Results are written
   to memory of the caller's. Each function returns 0, or what %(name)s_message explains. */
#ifndef %(guard)s
#define %(guard)s

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <complex.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

%(workspace)s
%(functions)s

/* What a status other than 0 means. */
const char *%(name)s_message(int status);

/* Free the memory of a workspace; it may be used again. */
void %(name)s_free(struct workspace *memory);

#ifdef __cplusplus
}
#endif
#endif
"""
