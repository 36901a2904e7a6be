"""Names that a file of C has already, or its caller's program."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import glue, library, linear, solvers
from .arguments import PARTS
from .support import FUNCTIONS

WORDS = """
auto break case char const continue default do double else enum extern float for goto
if inline int long register restrict return short signed sizeof static struct switch
typedef union unsigned void volatile while bool true false complex I NAN INFINITY NULL
asm typeof main errno memory status take area marked release free_all malloc free
memcpy memset CLONES INLINE TRY block workspace mark
pow powf cpow cpowf fabs llabs cabs creal cimag conj ldexp signbit carg cargf
own used start
class new delete this template namespace operator private public protected friend
virtual try catch throw using typename explicit export mutable and or not xor bitand
bitor compl not_eq and_eq or_eq xor_eq wchar_t nullptr constexpr decltype
concept requires
threadIdx blockIdx blockDim gridDim warpSize LANE ALL KERNEL next failed
""".split()
TABLES = (library.REAL, library.COMPLEX, library.OURS, library.TESTS)
TAKEN = frozenset(
    {
        *WORDS,
        *FUNCTIONS,
        *(name + suffix for name in solvers.SOLVERS for suffix in solvers.NUMBERS),
        *(name + suffix for name in linear.PRODUCTS for suffix in linear.KINDS),
        *(n + f for table in TABLES for n in table.values() for f in ("", "f")),
    }
)
# Functions of the C library: one of a file's own would take their place in a program.
PROGRAMS = frozenset(
    """
    abort abs accept access alarm atexit atof atoi atol bind brk bsearch calloc chdir
    chmod chown clearerr clock close connect creat ctime daemon difftime div drem dup
    environ exec execl execv exit fclose fdim fdopen feof ferror fflush fgetc fgets
    fileno fma fopen fork fprintf fputc fputs fread frexp fscanf fseek fstat ftell
    fwrite gamma getc getchar getenv getopt gets gmtime ilogb index ioctl isalnum
    isalpha isascii iscntrl isdigit isgraph islower isprint ispunct isspace isupper
    isxdigit j0 j1 jn kill labs ldiv lgamma link listen llrint llround localtime logb
    longjmp lrint lround lseek malloc mkdir mktime modf mount nan nearbyint nice open
    pause perror pipe poll printf putc putchar puts qsort raise rand random read
    realloc recv remainder remove remquo rename rewind rindex rmdir round scalb
    scalbln scalbn scanf select send setjmp setenv shutdown signal significand sleep
    socket sprintf srand srandom sscanf stat stdin stdout stderr strcat strchr strcmp
    strcpy strlen strncmp strncpy strstr strtod strtok strtol swab sync system tgamma
    time times tmpfile tmpnam toascii tolower toupper truncate umask uname ungetc
    unlink usleep utime vfork vfprintf vprintf wait warn write y0 y1 yn
    """.split()
)
# Of the Python module around the file, which includes its header.
AROUND = frozenset(
    re.findall(
        r"^static (?:const )?(?:struct )?\w+ (?:\*|const )*(\w+)",
        "\n".join((glue.GLUE, glue.MATMUL, glue.MODULE, PARTS)),
        re.M,
    )
) | frozenset(
    """
    message_kinds message_texts methods state found v r result memory status caller
    thread module args count names whole leaf row more best most fit every k made_here
    done
    """.split()
)
# What a function brings along.
FAMILY = """
{0} {0}_run {0}_parameters {0}_names {0}_naming {0}_parts python_{0} choose_{0}
"""


def public_names(module: str, names: Sequence[str]) -> list[str]:
    """Return names for the functions of a file: their own, or with the module's before.

    Examples
    --------
    >>> public_names("fast", ["loss", "loss", "matvec", "read", "free"])
    ['loss', 'loss_2', 'fast_matvec', 'fast_read', 'fast_free_2']
    """
    used = TAKEN | PROGRAMS | AROUND | {f"{module}_free", f"{module}_message"}
    found = []
    for name in names:
        plain = name if name not in TAKEN | PROGRAMS | AROUND else f"{module}_{name}"
        own, count = plain, 1
        while not used.isdisjoint(FAMILY.format(own).split()):
            count += 1
            own = f"{plain}_{count}"
        used |= set(FAMILY.format(own).split())
        found.append(own)
    return found
