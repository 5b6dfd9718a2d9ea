# The machinery around the kernels, written once: each _loops_<rung>.pyx includes this file and is compiled for its
# instruction set.
#
# A kernel computes whole vectors, y = f(x): a loop over the activation's C function on vectors. Setup.py renders the
# kernels from the rows, in a file for each family. The machinery, one function for each element type, hands the kernel
# the whole vectors of contiguous operands where they are. All else (other strides, the last elements) it gathers into
# small contiguous blocks, which it hands to the same kernel, and scatters the results. So a result depends on the
# element's value alone. For each ufunc and dtype NumPy calls a loop of a line, which is rendered too and hands over to
# the machinery.

cimport numpy as cnp
from cpython.object cimport Py_TYPE
from libc.math cimport INFINITY
from libc.string cimport memcpy
from numpy cimport npy_intp

cnp.import_array()
cnp.import_umath()

cdef extern from "loops/environment.h" nogil:
    ctypedef struct fa_environment:
        pass
    const unsigned int FA_OVERFLOW
    fa_environment fa_environment_enter()
    void fa_environment_leave(fa_environment saved, unsigned int genuine)

ctypedef unsigned short half  # float16, in memory

cdef extern from "loops/strided.h" nogil:
    enum:
        INPUTS "FA_INPUTS"  # at most
        OUTPUTS "FA_OUTPUTS"  # at most
        BLOCK "FA_BLOCK"  # elements
    ctypedef struct fa_room:
        char bytes[1]
    ctypedef struct fa_vectors:
        char bytes[1]
    void fa_scatter8(char *, npy_intp, const void *, int)
    void fa_copy_vector(void *, const void *, int)

cdef extern from "numpy/ndarraytypes.h":
    enum:
        NPY_HALF

cdef extern from "numpy/dtype_api.h":
    ctypedef struct PyArray_DTypeMeta:
        pass
    ctypedef enum NPY_ARRAYMETHOD_FLAGS:
        NPY_METH_NO_FLOATINGPOINT_ERRORS
    enum:
        NPY_METH_strided_loop
    ctypedef struct PyType_Slot:
        int slot
        void *pfunc
    ctypedef struct PyArrayMethod_Spec:
        const char *name
        int nin, nout
        cnp.NPY_CASTING casting
        NPY_ARRAYMETHOD_FLAGS flags
        PyArray_DTypeMeta **dtypes
        PyType_Slot *slots

cdef extern from "numpy/ufuncobject.h":
    ctypedef struct PyUFuncObject:
        int ntypes
        const char *types
    int PyUFunc_AddLoopFromSpec(object, PyArrayMethod_Spec *) except -1

cdef extern from "vec/vec.h" nogil:
    const npy_intp FA_F32_LANES
    const npy_intp FA_F64_LANES
    void fa_stream(void *, const void *, int)
    void fa_streamed()

# A kernel reads each x[k] vector by vector, `step[k]` elements apart (0: the same vector each time), and writes the n
# elements of each y[k]. The pointers are to elements of the type that the kernel is for.
ctypedef void (*kernel)(const void **x, const npy_intp *step, void **y, npy_intp n) noexcept nogil

ctypedef fused element:
    half
    float
    double

cdef enum:
    PIECE = 256  # elements of strided operands: few enough that one's stores go on while the next one is computed
    LINE = 64  # bytes of a cache line
    MANY = 4096  # elements: from so many on, a chunk that ends at a cache line pays
    FAR = 1 << 25  # bytes: so large an output is written past the caches, unless the input brings its lines there


cdef inline npy_intp lanes(const element *_) noexcept nogil:
    if element is double:
        return FA_F64_LANES
    else:
        return FA_F32_LANES


cdef inline npy_intp up_to(npy_intp multiple, npy_intp n) noexcept nogil:
    """The least multiple that is not less than n."""
    return (n + multiple - 1) // multiple * multiple


cdef inline void gather(element *block, const char *x, npy_intp step, npy_intp n) noexcept nogil:
    """Fill a block with n elements, and with the first of them again up to a whole vector."""
    cdef npy_intp i, whole = n - n % 4
    for i in range(0, whole, 4):  # four at a time: the loop's own counting costs as much as a load and a store
        block[i] = (<const element *> x)[0]
        block[i + 1] = (<const element *> (x + step))[0]
        block[i + 2] = (<const element *> (x + 2 * step))[0]
        block[i + 3] = (<const element *> (x + 3 * step))[0]
        x += 4 * step
    for i in range(whole, n):
        block[i] = (<const element *> (x + (i - whole) * step))[0]
    for i in range(n, up_to(lanes(block), n)):
        block[i] = block[0]


cdef inline void scatter(char *y, npy_intp step, const element *block, npy_intp n) noexcept nogil:
    cdef npy_intp i, whole = n - n % 8
    for i in range(0, whole, 8):
        fa_scatter8(y, step, block + i, sizeof(element))
        y += 8 * step
    for i in range(whole, n):
        (<element *> (y + (i - whole) * step))[0] = block[i]


cdef inline void fill(element *block, const char *x) noexcept nogil:
    """Fill a vector with one element."""
    cdef npy_intp i
    cdef element value = (<const element *> x)[0]
    for i in range(lanes(block)):
        block[i] = value


cdef inline npy_intp next_chunk(
    const element *_, const char *y, bint in_place, npy_intp most, npy_intp n
) noexcept nogil:
    """How many of the n elements that are left to do at once, `most` at most."""
    cdef npy_intp ahead = -<npy_intp> y & (LINE - 1)
    if in_place and n >= MANY and ahead:
        return ahead // <npy_intp> sizeof(element)  # then the outputs' vectors do not straddle cache lines
    if n > most:
        return most
    return n if n < lanes(_) or not in_place else n - n % lanes(_)


cdef inline bint at_once(
    const element *_, kernel f, int inputs, int outputs, char **args, npy_intp n, const npy_intp *steps
) noexcept nogil:
    """Compute a small call, if all operands are contiguous or numbers, the quickest way; return whether it was one."""
    cdef fa_vectors room
    cdef element *vectors = <element *> room.bytes
    cdef const void *x[INPUTS]
    cdef npy_intp step[INPUTS]
    cdef void *y[OUTPUTS]
    cdef npy_intp rest = n % lanes(_), whole = n - rest
    cdef int k
    if n == 0 or n >= MANY or (inputs == 2 and args[0] + steps[0] == args[2]):
        return False
    for k in range(outputs):
        y[k] = args[inputs + k]
        if steps[inputs + k] != sizeof(element):
            return False
    for k in range(inputs):
        x[k], step[k] = args[k], lanes(_)
        if steps[k] == 0:
            fill(vectors + k * lanes(_), args[k])
            x[k], step[k] = vectors + k * lanes(_), 0
        elif steps[k] != sizeof(element):
            return False
    if rest == 0:
        f(x, step, y, n)
    else:
        with_rest(_, f, inputs, outputs, x, step, y, whole, rest)
    return True


cdef inline void with_rest(
    const element *_, kernel f, int inputs, int outputs, const void **x, const npy_intp *step, void **y,
    npy_intp whole, npy_intp rest
) noexcept nogil:
    """Compute whole vectors, and the rest in a vector of its own, behind the elements before it, if there are any.

    What that vector reads is copied first: in place, results would be computed once more, and an overflow reported.
    """
    cdef fa_vectors room
    cdef element *last = <element *> room.bytes
    cdef const void *last_x[INPUTS]
    cdef void *last_y[OUTPUTS]
    cdef npy_intp before = lanes(_) - rest if whole else 0
    cdef int k, size = sizeof(element)
    for k in range(inputs):
        last_x[k] = last + k * lanes(_)
        if step[k] == 0:
            last_x[k] = x[k]
        elif whole:
            fa_copy_vector(last + k * lanes(_), <const char *> x[k] + (whole - before) * size, size)
        else:
            fill(last + k * lanes(_), <const char *> x[k])
            memcpy(last + k * lanes(_), x[k], rest * size)
    for k in range(outputs):
        last_y[k] = last + (inputs + k) * lanes(_)
    f(last_x, step, last_y, lanes(_))
    if whole:
        f(x, step, y, whole)
    for k in range(outputs):
        memcpy(<char *> y[k] + whole * size, <char *> last_y[k] + before * size, rest * size)


cdef void in_pieces(
    const element *_, kernel f, int inputs, int outputs, char **args, npy_intp n, const npy_intp *steps
) noexcept nogil:
    """Compute any call, piece by piece."""
    cdef fa_room room
    cdef element *block = <element *> room.bytes  # one for each input, then one for each output
    cdef element *results = block + inputs * BLOCK
    cdef const void *x[INPUTS]
    cdef npy_intp step[INPUTS]
    cdef void *y[OUTPUTS]
    cdef char **outs = args + inputs
    cdef const npy_intp *out_steps = steps + inputs
    cdef npy_intp m, most, done = 0, late = 0
    cdef int k
    cdef bint whole, direct, in_place = True, far
    # reduce and accumulate: each element needs the one before
    cdef bint one_by_one = inputs == 2 and args[0] + steps[0] == outs[0] and steps[0] == steps[2] and outputs == 1

    for k in range(inputs):
        in_place = in_place and (steps[k] == sizeof(element) or steps[k] == 0)
        step[k] = lanes(_) if steps[k] else 0
        if steps[k] == 0:
            fill(block + k * BLOCK, args[k])
    for k in range(outputs):
        in_place = in_place and out_steps[k] == sizeof(element)
    far = in_place and n * <npy_intp> sizeof(element) >= FAR
    for k in range(inputs):
        far = far and args[k] != outs[0]
    for k in range(1, outputs):
        far = far and (<npy_intp> outs[k] - <npy_intp> outs[0]) % LINE == 0
    most = BLOCK if far else n if in_place else PIECE
    # A block is scattered after the next one is gathered: loads wait for stores before them that are not done yet and
    # whose addresses have the same low 12 bits, as those of neighbouring arrays often have.
    while done < n or late:
        m = 1 if one_by_one else next_chunk(_, outs[0] + done * out_steps[0], in_place, most, n - done)
        whole = m % lanes(_) == 0
        for k in range(inputs):
            x[k] = block + k * BLOCK
            if steps[k] == sizeof(element) and whole:
                x[k] = args[k] + done * steps[k]
            elif steps[k] != 0 or one_by_one:
                gather(block + k * BLOCK, args[k] + done * steps[k], steps[k], m)
        if late:
            for k in range(outputs):
                scatter(outs[k] + (done - late) * out_steps[k], out_steps[k], results + k * BLOCK, late)
            late = 0
        direct = in_place and whole and not far
        for k in range(outputs):
            y[k] = outs[k] + done * out_steps[k] if direct else <char *> (results + k * BLOCK)
        f(x, step, y, up_to(lanes(_), m))
        if far and m == BLOCK:
            for k in range(outputs):
                fa_stream(outs[k] + done * out_steps[k], y[k], BLOCK * sizeof(element))
        elif one_by_one:
            (<element *> (outs[0] + done * out_steps[0]))[0] = (<element *> y[0])[0]
        elif not direct:
            late = m
        done += m
    if far:
        fa_streamed()


cdef int elementwise(
    const element *_, kernel f, int inputs, int outputs, char **args, npy_intp n, const npy_intp *steps,
    unsigned int genuine
) noexcept nogil:
    """The machinery of an element type. It returns 0, so that a loop hands over to it with a jump."""
    cdef fa_environment saved = fa_environment_enter()
    if not at_once(_, f, inputs, outputs, args, n, steps):
        in_pieces(_, f, inputs, outputs, args, n, steps)
    fa_environment_leave(saved, genuine)
    return 0


# The gufuncs' loops are in C, since a vector has other lanes there: src_c/loops/rows.
cdef extern from "loops/rows.h" nogil:
    enum fa_element:
        FA_HALF
        FA_FLOAT
        FA_DOUBLE
    void fa_rows(int, fa_element, float, float, char **, const npy_intp *, const npy_intp *)


ctypedef int (*inner_loop)(void *, char **, const npy_intp *, const npy_intp *, void *) noexcept nogil

cdef enum:
    DTYPES = 3  # float16, float32, float64, in this order, as NumPy's own functions have them
    INTEGERS = 10  # from signed char to unsigned long long, likewise

cdef struct entry:
    # What a ufunc is made of. NumPy looks at the floating-point flags only after loops that can raise one.
    int inputs, outputs
    bint raises
    inner_loop[DTYPES] loops
    inner_loop[INTEGERS] of_integers  # NULL where integers become floats

cdef list alive = []  # NumPy keeps pointers to names, docstrings and types
cdef dict places = {}  # by name: where the entry is, its signature, and its operands' letters
cdef int entered = 0


cdef enter(str name, str operands, int inputs, str signature, bint raises, inner_loop e, inner_loop f, inner_loop d):
    """Keep what the ufunc of this name is made of.

    Operands have a letter each: that of their dtype, "?" or "d" in all loops, or "-" for that of the loop.
    """
    global entered
    cdef entry *made_of = &entries[entered]
    made_of.inputs, made_of.outputs, made_of.raises = inputs, len(operands) - inputs, raises
    made_of.loops = [e, f, d]
    places[name] = entered, signature, operands
    entered += 1


cdef enter_integers(str name, inner_loop[INTEGERS] loops):
    """Keep what computes integers without making them floats."""
    cdef int i
    for i in range(INTEGERS):
        entries[<int> places[name][0]].of_integers[i] = loops[i]


def ufunc(str name not None, str doc not None):
    """Return a new ufunc of this name, with this docstring."""
    place, signature, letters = places[name]
    cdef entry *made_of = &entries[<int> place]
    cdef int operands = made_of.inputs + made_of.outputs, i, k
    cdef dict fixed = {"?": cnp.NPY_BOOL, "d": cnp.NPY_DOUBLE}
    cdef bint whole = made_of.of_integers[0] != NULL
    cdef tuple loops = (*(range(cnp.NPY_BYTE, cnp.NPY_BYTE + INTEGERS) if whole else ()), NPY_HALF, cnp.NPY_FLOAT,
                        cnp.NPY_DOUBLE)
    cdef list numbers = [[fixed.get(one, loop) for one in letters] for loop in loops]
    cdef PyArray_DTypeMeta *dtypes[INPUTS + OUTPUTS]
    cdef PyType_Slot[2] slots = [PyType_Slot(NPY_METH_strided_loop, NULL), PyType_Slot(0, NULL)]
    cdef PyArrayMethod_Spec spec
    cdef bytes c_name = name.encode(), c_doc = doc.encode(), c_signature = signature.encode()
    cdef bytes types = bytes([number for loop in numbers for number in loop])
    alive.extend((c_name, c_doc, c_signature, types))
    made = cnp.PyUFunc_FromFuncAndDataAndSignature(
        NULL, NULL, NULL, 0, made_of.inputs, made_of.outputs, cnp.PyUFunc_None, c_name, c_doc, 0,
        <const char *> c_signature if signature else NULL)
    spec.name, spec.nin, spec.nout, spec.casting = c_name, made_of.inputs, made_of.outputs, cnp.NPY_NO_CASTING
    spec.flags = <NPY_ARRAYMETHOD_FLAGS> 0 if made_of.raises else NPY_METH_NO_FLOATINGPOINT_ERRORS
    spec.dtypes, spec.slots = dtypes, slots
    for i in range(len(loops)):
        for k in range(operands):
            dtypes[k] = <PyArray_DTypeMeta *> Py_TYPE(cnp.PyArray_DescrFromType(numbers[i][k]))
        k = i - INTEGERS * whole
        slots[0].pfunc = <void *> (made_of.of_integers[i] if k < 0 else made_of.loops[k])
        PyUFunc_AddLoopFromSpec(made, &spec)
    # What other types are promoted to, and ufunc.types, NumPy takes from here.
    (<PyUFuncObject *> made).types = types
    (<PyUFuncObject *> made).ntypes = len(loops)
    return made


include "_entries.pxi"

NAMES = frozenset(places)
