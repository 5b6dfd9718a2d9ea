# The typed loops, written once: each _loops_<rung>.pyx includes this file and is compiled for its instruction set.
#
# A kernel is a C function on whole vectors. A loop runs over the whole vectors of contiguous operands in place; all
# else (other strides, the last elements) is gathered into small contiguous blocks, run through the same kernel and
# scattered. So a result depends on the element's value alone. float16 is converted as the vectors are loaded and
# stored. The flat list of entries, one for each ufunc and dtype, is rendered from fastact/_table.py by setup.py.

cimport numpy as cnp
from cpython.object cimport Py_TYPE
from libc.math cimport INFINITY, NAN
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
    ctypedef struct fa_room:
        char bytes[1]
    void fa_scatter8(char *, npy_intp, const void *, int)

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
    ctypedef struct vf32:
        pass
    ctypedef struct vf64:
        pass
    const npy_intp FA_F32_LANES
    const npy_intp FA_F64_LANES
    vf32 vf32_load(const float *)
    vf64 vf64_load(const double *)
    vf32 vf32_load_half(const half *)
    void vf32_store(float *, vf32)
    void vf64_store(double *, vf64)
    void vf32_store_half(half *, vf32)
    void fa_stream(void *, const void *, int)
    void fa_streamed()

# An operation on vectors takes three operands, the last of them unused where an activation has fewer inputs.
ctypedef vf32 (*operation32)(vf32, vf32, vf32) noexcept nogil
ctypedef vf64 (*operation64)(vf64, vf64, vf64) noexcept nogil

ctypedef fused element:
    half
    float
    double

cdef enum:
    BLOCK = 512  # elements; three inputs and an output fit in the first-level cache
    PIECE = 256  # elements of strided operands: few enough that the stores of one go on beside the next one's vectors
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


cdef inline void whole_vectors(
    element *y, const element *a, const element *b, const element *c, npy_intp step_a, npy_intp step_b, npy_intp step_c,
    npy_intp n, operation32 f32, operation64 f64
) noexcept nogil:
    """y = f(a, b, c) on n elements, whole vectors all; a step of 0 reads the same vector each time."""
    cdef npy_intp i = 0
    while i < n:
        if element is double:
            vf64_store(y + i, f64(vf64_load(a), vf64_load(b), vf64_load(c)))
        elif element is float:
            vf32_store(y + i, f32(vf32_load(a), vf32_load(b), vf32_load(c)))
        else:
            vf32_store_half(y + i, f32(vf32_load_half(a), vf32_load_half(b), vf32_load_half(c)))
        i += lanes(y)
        a += step_a
        b += step_b
        c += step_c


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


cdef inline npy_intp next_chunk(const element *_, const char *y, bint in_place, bint far, npy_intp n) noexcept nogil:
    """How many of the n elements that are left to do at once."""
    cdef npy_intp ahead = -<npy_intp> y & (LINE - 1)
    if in_place and n >= MANY and ahead:
        return ahead // <npy_intp> sizeof(element)  # then the outputs' vectors do not straddle cache lines
    if far or not in_place:
        return min(<npy_intp> (BLOCK if far else PIECE), n)
    return n if n < lanes(_) else n - n % lanes(_)


cdef inline void elementwise(
    const element *_, int inputs, char **args, npy_intp n, const npy_intp *steps,
    operation32 f32, operation64 f64, unsigned int genuine
) noexcept nogil:
    """One call of a ufunc's inner loop. Whole vectors of contiguous operands are read and written in place."""
    cdef fa_room room
    cdef element *block = <element *> room.bytes  # one for each input and one for the output
    cdef const element *x[3]
    cdef npy_intp step[3]
    cdef element *y
    cdef char *out = args[inputs]
    cdef npy_intp m, done = 0, late = 0
    cdef int k
    cdef bint whole, in_place = steps[inputs] == sizeof(element), far
    # reduce and accumulate: each element needs the one before
    cdef bint one_by_one = inputs == 2 and args[0] + steps[0] == out and steps[0] == steps[2]
    cdef fa_environment saved = fa_environment_enter()

    for k in range(inputs):
        in_place = in_place and (steps[k] == sizeof(element) or steps[k] == 0)
        if steps[k] == 0:
            gather(block + k * BLOCK, args[k], 0, min(lanes(_), n))
    far = in_place and n * <npy_intp> sizeof(element) >= FAR
    for k in range(inputs):
        far = far and args[k] != out
    # A block is scattered after the next one is gathered: loads wait for stores before them that are not done yet and
    # whose addresses have the same low 12 bits, as those of neighbouring arrays often have.
    while done < n or late:
        m = 1 if one_by_one else next_chunk(_, out, in_place, far, n - done)
        whole = m % lanes(_) == 0
        for k in range(inputs):
            x[k] = block + k * BLOCK
            step[k] = 0 if steps[k] == 0 else lanes(_)
            if steps[k] == sizeof(element) and whole:
                x[k] = <const element *> (args[k] + done * steps[k])
            elif steps[k] != 0 or one_by_one:
                gather(block + k * BLOCK, args[k] + done * steps[k], steps[k], m)
        for k in range(inputs, 3):
            x[k], step[k] = x[0], 0
        y = block + 3 * BLOCK
        if late:
            scatter(out - late * steps[inputs], steps[inputs], y, late)
            late = 0
        if steps[inputs] == sizeof(element) and whole and not far:
            y = <element *> out
        whole_vectors(y, x[0], x[1], x[2], step[0], step[1], step[2], up_to(lanes(_), m), f32, f64)
        if far and m == BLOCK:
            fa_stream(out, y, BLOCK * sizeof(element))
        elif one_by_one:
            (<element *> out)[0] = y[0]
        elif y == block + 3 * BLOCK:
            late = m
        out += m * steps[inputs]
        done += m
    if far:
        fa_streamed()
    fa_environment_leave(saved, genuine)


# The gufuncs' loops are in C, since a vector has other lanes there: src_c/rows.c.
cdef extern from "loops/rows.h" nogil:
    enum fa_element:
        FA_HALF
        FA_FLOAT
        FA_DOUBLE
    void fa_rows(int, fa_element, char **, const npy_intp *, const npy_intp *)


cdef list alive = []  # NumPy keeps pointers to names and docstrings
cdef char[3][12] types  # for one, two, three inputs and an output
for _inputs in range(1, 4):
    for _i, _type in enumerate((NPY_HALF, cnp.NPY_FLOAT, cnp.NPY_DOUBLE)):
        for _k in range(_inputs + 1):
            types[_inputs - 1][_i * (_inputs + 1) + _k] = _type

ctypedef int (*inner_loop)(void *, char **, const npy_intp *, const npy_intp *, void *) noexcept nogil


cdef ufunc(str name, dict docs, int inputs, signature, bint flags, inner_loop e, inner_loop f, inner_loop d):
    """Return a ufunc of three loops. NumPy looks at the floating-point flags only after those that can raise one."""
    cdef inner_loop *loops = [e, f, d]
    cdef PyArray_DTypeMeta *dtypes[4]
    cdef PyType_Slot[2] slots = [PyType_Slot(NPY_METH_strided_loop, NULL), PyType_Slot(0, NULL)]
    cdef PyArrayMethod_Spec spec
    cdef int i, k
    cdef bytes c_name = name.encode(), c_doc = docs[name].encode(), c_signature = (signature or "").encode()
    alive.extend((c_name, c_doc, c_signature))
    made = cnp.PyUFunc_FromFuncAndDataAndSignature(
        NULL, NULL, NULL, 0, inputs, 1, cnp.PyUFunc_None, c_name, c_doc, 0,
        <const char *> c_signature if signature else NULL)
    spec.name, spec.nin, spec.nout, spec.casting = c_name, inputs, 1, cnp.NPY_NO_CASTING
    spec.flags = <NPY_ARRAYMETHOD_FLAGS> 0 if flags else NPY_METH_NO_FLOATINGPOINT_ERRORS
    spec.dtypes, spec.slots = dtypes, slots
    for i in range(3):
        for k in range(inputs + 1):
            dtypes[k] = <PyArray_DTypeMeta *> Py_TYPE(cnp.PyArray_DescrFromType(types[0][2 * i]))
        slots[0].pfunc = <void *> loops[i]
        PyUFunc_AddLoopFromSpec(made, &spec)
    # What other types are promoted to, and ufunc.types, NumPy takes from here.
    (<PyUFuncObject *> made).types = types[inputs - 1]
    (<PyUFuncObject *> made).ntypes = 3
    return made


include "_entries.pxi"
