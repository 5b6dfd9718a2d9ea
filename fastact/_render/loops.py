"""The Cython text of the kernels, a file for each family, and of the ufuncs' inner loops."""

from string import Template

HEAD = "# Rendered from fastact/_rows by setup.py.\n"
DIRECTIVES = "# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True\n"
INTEGERS = {  # by NumPy's letter, in its order
    "b": "signed char",
    "B": "unsigned char",
    "h": "short",
    "H": "unsigned short",
    "i": "int",
    "I": "unsigned int",
    "l": "long",
    "L": "unsigned long",
    "q": "long long",
    "Q": "unsigned long long",
}
# By NumPy's letter: the element's C type, the vector that it is computed in, the ends of the names of load and store.
DTYPES = {"e": ("half", "f32", "_half"), "f": ("float", "f32", ""), "d": ("double", "f64", "")}

FAMILY = Template("""\
$directives$head
from numpy cimport npy_intp

ctypedef unsigned short half  # float16, in memory

cdef extern from "vec/vec.h" nogil:
    ctypedef struct vf32:
        pass
    ctypedef struct vf64:
        pass
    vf32 vf32_set1(float)
    vf64 vf64_set1(double)
    vf32 vf32_later(vf32)
    vf64 vf64_later(vf64)
    const npy_intp FA_F32_LANES
    const npy_intp FA_F64_LANES
    vf32 vf32_load(const float *)
    vf64 vf64_load(const double *)
    vf32 vf32_load_half(const half *)
    void vf32_store(float *, vf32)
    void vf64_store(double *, vf64)
    void vf32_store_half(half *, vf32)

cdef extern from "activations/$family.h" nogil:
$declared
$kernels""")

KERNEL = Template("""
cdef public void $name(
    const $real **x, const npy_intp *step, $real **y, npy_intp n
) noexcept nogil:
    cdef npy_intp i = 0
$declared
$loops
""")

# Contiguous ones apart: these a compiler makes vectors of.
OF_INTEGERS = Template("""
cdef public void $name(char *x, npy_intp step, char *y, npy_intp out_step, npy_intp n) noexcept nogil:
    cdef npy_intp i
    if step == out_step == sizeof($type):
        for i in range(n):
            (<$type *> y)[i] = $function((<const $type *> x)[i])
    else:
        for i in range(n):
            (<$type *> (y + i * out_step))[0] = $function((<const $type *> (x + i * step))[0])
""")


def kernels_of(ufuncs):
    """Return the ufuncs that elementwise kernels are made for, one for each kernel, by its name."""
    return {ufunc.kernel: ufunc for ufunc in ufuncs if ufunc.row.compiled and not ufunc.row.axis}


def calls(ufunc):
    """Yield the C functions that a kernel calls: the name, what it is given, and the numbers of its results.

    What has parts calls that of the value, and that of the gradient with a `dy` of 1: in one loop, a compiler computes
    once what both need.
    """
    operands, count = [f"v{k}" for k in range(ufunc.nin)], len(ufunc.arrays)
    if not ufunc.parts:
        yield ufunc.kernel, operands, range(ufunc.nout)
        return
    value, grad = ufunc.parts
    yield value, operands, range(1)
    yield grad, [*operands[:count], "one", *operands[count:]], range(1, ufunc.nout)


def declaration(name, operands, results, bits):
    """Return the Cython declaration of a C function: one result is returned, several go where pointers say."""
    vector = f"v{bits}"
    pointers = [f"{vector} *"] * len(results) if len(results) > 1 else []
    returned = "void" if pointers else vector
    return f"    {returned} fa_{name}_{bits}({', '.join([vector] * len(operands) + pointers)})"


def call(name, operands, results, bits):
    """Return the Cython text of the call of a C function."""
    if len(results) == 1:
        return f"r{results[0]} = fa_{name}_{bits}({', '.join(operands)})"
    return f"fa_{name}_{bits}({', '.join([*operands, *(f'&r{k}' for k in results)])})"


def kernel(ufunc, letter):
    """Return the Cython text of a kernel: its loop over whole vectors.

    Where there is little to compute, a loop of its own is for parameters that are numbers, which are loaded once.
    """
    real, bits, _ = DTYPES[letter]
    inputs, outputs, count = range(ufunc.nin), range(ufunc.nout), len(ufunc.arrays)
    declared = [f"    cdef const {real} *x{k} = x[{k}]" for k in inputs]
    declared += [f"    cdef {real} *y{k} = y[{k}]" for k in outputs]
    declared.append(f"    cdef npy_intp {', '.join(f'step{k} = step[{k}]' for k in inputs)}")
    declared.append(f"    cdef v{bits} {', '.join(f'v{k}' for k in inputs)}, {', '.join(f'r{k}' for k in outputs)}")
    if ufunc.parts:
        declared.append(f"    cdef v{bits} one = v{bits}_set1(1.0)")
    loops = []
    if ufunc.others and ufunc.piecewise and not ufunc.parts:
        numbers = inputs[count:]
        loops += [f"    if {' == '.join(f'step{k}' for k in numbers)} == 0:"]
        loops += [f"        {loaded(k, letter)}" for k in numbers]
        loops += [f"        {line}" for line in loop_over(ufunc, letter, inputs[:count])]
        loops += ["        return"]
    loops += [f"    {line}" for line in loop_over(ufunc, letter, inputs)]
    return KERNEL.substitute(
        name=kernel_name(ufunc, letter), real=real, declared="\n".join(declared), loops="\n".join(loops)
    )


def loaded(k, letter):
    """Return the text that loads a vector of an input."""
    _, bits, end = DTYPES[letter]
    return f"v{k} = v{bits}_load{end}(x{k})"


def loop_over(ufunc, letter, inputs):
    """Yield the lines of a kernel's loop, which loads these of its inputs.

    All of a vector are loaded before an output is stored: they may be the same memory.
    """
    _, bits, end = DTYPES[letter]
    yield "while i < n:"
    yield from (f"    {loaded(k, letter)}" for k in inputs)
    for done, (name, operands, results) in enumerate(calls(ufunc)):
        if done and ufunc.row.apart:
            yield from (f"    v{k} = v{bits}_later(v{k})" for k in range(len(ufunc.arrays)))
        yield f"    {call(name, operands, results, bits)}"
        yield from (f"    v{bits}_store{end}(y{k} + i, r{k})" for k in results)
    yield f"    i += FA_{bits.upper()}_LANES"
    yield from (f"    x{k} += step{k}" for k in inputs)


def of_integers(ufunc, letter):
    """Return the Cython text of a loop over integers."""
    function = f"fa_{ufunc.kernel}_integer_{letter}"
    return OF_INTEGERS.substitute(name=kernel_name(ufunc, letter), type=INTEGERS[letter], function=function)


def integer_declaration(ufunc, letter):
    """Return the Cython declaration of the macro for integers, as if it were a function of one type."""
    name, c_type = f"fa_{ufunc.kernel}_integer", INTEGERS[letter]
    return f'    {c_type} {name}_{letter} "{name}"({c_type})'


def kernel_name(ufunc, letter):
    """Return the name of a kernel for the vectors of an element type."""
    return f"fa_kernel_{ufunc.kernel}_{letter}"


def families(ufuncs):
    """Return for each family the Cython text of its kernels."""
    texts = {}
    for family in dict.fromkeys(ufunc.family for ufunc in kernels_of(ufuncs).values()):
        own = [ufunc for ufunc in kernels_of(ufuncs).values() if ufunc.family == family]
        whole = [(ufunc, letter) for ufunc in own if ufunc.integers for letter in INTEGERS]
        texts[family] = FAMILY.substitute(
            directives=DIRECTIVES,
            head=HEAD,
            family=family,
            declared="\n".join(
                dict.fromkeys(
                    [declaration(*one, bits) for ufunc in own for one in calls(ufunc) for bits in ("f32", "f64")]
                    + [integer_declaration(*one) for one in whole]
                )
            ),
            kernels="\n".join(
                [kernel(ufunc, letter) for ufunc in own for letter in DTYPES] + [of_integers(*one) for one in whole]
            ),
        )
    return texts


def entries(ufuncs):
    """Return the Cython text of the inner loops, of a line each, and of the list of what ufuncs are made of."""
    compiled = [ufunc for ufunc in ufuncs if ufunc.row.compiled]
    most = max(ufunc.nin for ufunc in compiled), max(ufunc.nout for ufunc in compiled)
    kernels = [kernel_name(ufunc, letter) for ufunc in kernels_of(ufuncs).values() for letter in DTYPES]
    forms = [f"        FA_{ufunc.kernel.upper()}\n" for ufunc in compiled if ufunc.row.axis]
    whole = [ufunc for ufunc in compiled if ufunc.integers]
    of_whole = [kernel_name(ufunc, letter) for ufunc in whole for letter in INTEGERS]
    entered = [
        f'enter("{ufunc.name}", "{letters(ufunc)}", {ufunc.nin}, "{ufunc.signature}", {bool(ufunc.form.raises)}, '
        f"{', '.join(f'{ufunc.loop}_{letter}' for letter in DTYPES)})\n"
        for ufunc in compiled
    ]
    entered += [
        f'enter_integers("{ufunc.name}", [{", ".join(f"{ufunc.loop}_{letter}" for letter in INTEGERS)}])\n'
        for ufunc in whole
    ]
    return "".join(
        [
            HEAD,
            'cdef extern from * nogil:\n    """\n',
            f"    _Static_assert({most[0]} <= FA_INPUTS && {most[1]} <= FA_OUTPUTS, "
            '"a row has more operands than src_c/loops/strided.h has room for");\n',
            *(f"    extern void {name}(const void **, const Py_ssize_t *, void **, Py_ssize_t);\n" for name in kernels),
            *(f"    extern void {n}(const char *, Py_ssize_t, char *, Py_ssize_t, Py_ssize_t);\n" for n in of_whole),
            '    """\n',
            *(f"    void {name}(const void **, const npy_intp *, void **, npy_intp)\n" for name in kernels),
            *(f"    void {name}(const char *, npy_intp, char *, npy_intp, npy_intp)\n" for name in of_whole),
            'cdef extern from "loops/rows.h" nogil:\n    enum fa_form:\n',
            *forms,
            *(loop(ufunc, letter) for ufunc in compiled for letter in DTYPES),
            *(loop(ufunc, letter) for ufunc in whole for letter in INTEGERS),
            f"\ncdef entry[{len(compiled)}] entries\n",
            *entered,
        ]
    )


def letters(ufunc):
    """Return a letter for each operand of a ufunc: that of its dtype where all loops have the same, or a hyphen.

    A mask is of bools, and parameters of rows are in float64, so that nothing is lost of them.
    """
    fixed = {"where": "?"} | {parameter.name: "d" for parameter in ufunc.row.parameters}
    return "".join(fixed.get(one, "-") if ufunc.row.axis else "-" for one in ufunc.operands) + "-" * ufunc.nout


def in_cython(number):
    """Return the text of a number that may be infinite."""
    return repr(number).replace("inf", "INFINITY")


def loop(ufunc, letter):
    """Return the Cython text of one inner loop."""
    if ufunc.row.axis:
        element = DTYPES[letter][0].upper()
        masks = f"{in_cython(ufunc.stand_in)}, {in_cython(ufunc.masked)}"
        call = f"fa_rows(FA_{ufunc.kernel.upper()}, FA_{element}, {masks}, args, n, steps)\n    return 0"
    elif letter in INTEGERS:
        call = f"{kernel_name(ufunc, letter)}(args[0], steps[0], args[1], steps[1], n[0])\n    return 0"
    else:
        genuine = f"FA_{ufunc.form.raises.upper()}" if ufunc.form.raises else "0"
        arguments = f"{kernel_name(ufunc, letter)}, {ufunc.nin}, {ufunc.nout}, args, n[0], steps, {genuine}"
        call = f"return elementwise(<const {DTYPES[letter][0]} *> NULL, {arguments})"
    return (
        f"\ncdef int {ufunc.loop}_{letter}(void *_, char **args, const npy_intp *n, const npy_intp *steps, void *__) "
        f"noexcept nogil:\n    {call}\n"
    )
