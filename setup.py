"""Build one extension for each rung of the ladder; everything else is in pyproject.toml.

The loops' entries and the type stubs are rendered from fastact/_table.py. FASTACT_PURE=1 builds the package without
compiled modules, on purpose. With SOURCE_DATE_EPOCH set, the same tree gives the same bytes.
"""

import gzip
import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
import tarfile
import time
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist
from setuptools.errors import CompileError, PlatformError

HERE = Path(__file__).parent
RENDERED = "build/rendered"
FLAGS = ["-O3", "-g0", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Wno-unused-function"]
SCHEDULING = ["-fschedule-insns", "-fsched-pressure"]  # gcc's: interleaves a kernel's chains without spilling
ABI3 = not sysconfig.get_config_var("Py_GIL_DISABLED")  # a free-threaded Python has no limited API: a wheel of its own
MACROS = [
    *([("Py_LIMITED_API", "0x030B0000")] if ABI3 else []),
    ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
    ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
    # A loop takes its kernel as a function pointer: only inlining, of all of it, makes that a direct call.
    ("CYTHON_INLINE", "inline __attribute__((always_inline))"),
]
OR_PURE = (
    "or set FASTACT_PURE=1 to build fastact without compiled modules: it then computes with NumPy alone, more slowly."
)
TYPES = {"e": "half", "f": "float", "d": "double"}


def load(name):
    """Import one of the package's modules that import nothing, without importing the package."""
    spec = importlib.util.spec_from_file_location(name, HERE / "fastact" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


TABLE = load("_table")
# What the modules are built for: a cross-compiling build says so to Python's own tools in this variable.
MACHINE = os.environ.get("_PYTHON_HOST_PLATFORM", platform.machine()).rpartition("-")[2]
RUNGS = [rung for rung in load("_isa").RUNGS if not rung.machines or MACHINE in rung.machines]


def extension(module, flags=()):
    import numpy

    return Extension(
        f"fastact.{module}",
        [f"fastact/{module}.pyx"],
        include_dirs=["src_c", RENDERED, numpy.get_include()],
        depends=[str(path.relative_to(HERE)) for path in sorted((HERE / "src_c").rglob("*.[ch]"))],
        define_macros=MACROS,
        extra_compile_args=[*FLAGS, *flags],
        libraries=[] if sys.platform == "win32" else ["m"],
        py_limited_api=ABI3,
    )


def entries():
    """Return the Cython text of the ufuncs: for each an inner loop for each dtype, and its line in the list."""
    kernels, loops, makes = {}, [], []
    compiled = [ufunc for ufunc in TABLE.ufuncs() if not ufunc.row.numpy]
    for ufunc in compiled:
        arguments = ", ".join("abc"[: ufunc.inputs])
        if ufunc.signature:
            call = f"fa_rows(FA_{ufunc.kernel.upper()}, FA_{{element}}, args, n, steps)"
        else:
            kernels[ufunc.kernel] = (ufunc.inputs, arguments)
            genuine = f"FA_{ufunc.form.raises.upper()}" if ufunc.form.raises else "0"
            call = (
                f"elementwise[{{type}}](<const {{type}} *> NULL, {ufunc.inputs}, args, n[0], steps, "
                f"{ufunc.kernel}_f32, {ufunc.kernel}_f64, {genuine})"
            )
        for letter, ctype in TYPES.items():
            loops.append(
                f"cdef int {ufunc.loop}_{letter}(void *_, char **args, const npy_intp *n, const npy_intp *steps, "
                f"void *__) noexcept nogil:\n    {call.format(type=ctype, element=ctype.upper())}\n    return 0\n"
            )
        pointers = ", ".join(f"{ufunc.loop}_{letter}" for letter in TYPES)
        makes.append(
            f"    made[{ufunc.name!r}] = ufunc({ufunc.name!r}, docs, {ufunc.inputs}, {ufunc.signature!r}, "
            f"{bool(ufunc.form.raises)}, {pointers})\n"
        )
    declared = [
        f"    {vector} fa_{kernel}_{bits}({', '.join([vector] * inputs)})\n"
        for kernel, (inputs, _) in kernels.items()
        for vector, bits in (("vf32", "f32"), ("vf64", "f64"))
    ]
    operations = [
        f"cdef inline {vector} {kernel}_{bits}({vector} a, {vector} b, {vector} c) noexcept nogil:\n"
        f"    return fa_{kernel}_{bits}({arguments})\n"
        for kernel, (_, arguments) in kernels.items()
        for vector, bits in (("vf32", "f32"), ("vf64", "f64"))
    ]
    return "".join(
        [
            "# Rendered from fastact/_table.py by setup.py.\n",
            'cdef extern from "loops/rows.h" nogil:\n    enum fa_form:\n',
            *(f"        FA_{ufunc.kernel.upper()}\n" for ufunc in compiled if ufunc.signature),
            'cdef extern from "kernels.h" nogil:\n',
            *declared,
            *operations,
            *loops,
            "def ufuncs(docs):\n",
            '    """Return a dict of new ufuncs by name; docs maps each name to its docstring."""\n',
            "    made = {}\n",
            *makes,
            "    return made\n",
        ]
    )


def kernel_headers():
    """Return a header that includes every activation's."""
    folder = HERE / "src_c" / "activations"
    return "".join(f'#include "activations/{path.name}"\n' for path in sorted(folder.glob("*.h")))


def write(path, text):
    """Write a rendered file, unless it already says so: its time decides what is compiled again."""
    path = HERE / path
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


class BuildLadder(build_ext):
    """Compile each module with the flags of its rung, where the compiler knows them."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def use_clang_cl(self):
        """On Windows: cl has neither the GNU attributes nor the assembly that the kernels are written with."""
        try:
            self.compiler.initialize()
        except PlatformError as error:
            raise SystemExit(f"fastact: {error}. Install Visual Studio's build tools and LLVM, {OR_PURE}") from error
        self.compiler.cc = shutil.which("clang-cl")
        if not self.compiler.cc:
            raise SystemExit(f"fastact: clang-cl was not found. Install LLVM and put its bin folder on PATH, {OR_PURE}")
        for ext in self.extensions:
            ext.extra_compile_args = [f"/clang:{flag}" for flag in ext.extra_compile_args]

    def takes(self, flags):
        """Whether the compiler takes these flags, tried on the vector header."""
        folder = Path(self.build_temp) / "probe"
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / "probe.c"
        source.write_text('#include "vec/vec.h"\n')
        try:
            self.compiler.compile([str(source)], str(folder), include_dirs=["src_c"], extra_postargs=flags)
        except CompileError:
            return False
        return True

    def build_extensions(self):
        from Cython.Build import cythonize

        if self.compiler.compiler_type == "msvc":
            self.use_clang_cl()
        built = [ext for ext in self.extensions if self.takes(ext.extra_compile_args)]
        if "fastact._cpu" not in {ext.name for ext in built}:
            raise SystemExit(
                "fastact: no working C compiler was found. Install one (gcc or clang, and the Python headers), "
                f"{OR_PURE}"
            )
        for ext in self.extensions:
            if ext not in built:
                print(f"fastact: {ext.name} is left out: the compiler does not take its flags", file=sys.stderr)
        scheduling = SCHEDULING if self.takes([*SCHEDULING, "-Werror"]) else []
        write(f"{RENDERED}/_entries.pxi", entries())
        write(f"{RENDERED}/kernels.h", kernel_headers())
        translated = cythonize(built, include_path=["fastact", RENDERED], build_dir="build/cython")
        sources = {ext.name: ext.sources for ext in translated}
        for ext in built:
            ext.sources = sources[ext.name]
            if ext.name != "fastact._cpu":
                for path in sorted((HERE / "src_c" / "loops").glob("*.c")):
                    unit = f"{RENDERED}/{path.stem}_{ext.name}.c"  # each module's object files need names of their own
                    write(unit, f'#include "loops/{path.name}"\n')
                    ext.sources.append(unit)
            ext.extra_compile_args = [*ext.extra_compile_args, *scheduling]
        self.extensions[:] = built
        super().build_extensions()


class BuildSource(sdist):
    """The source distribution, whose bytes depend on names, contents and SOURCE_DATE_EPOCH alone."""

    def make_archive(self, base_name, format, *args, base_dir=None, **kwargs):
        if format != "gztar":
            return super().make_archive(base_name, format, *args, base_dir=base_dir, **kwargs)
        date = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))

        def plain(member):
            member.mtime, member.mode = date, 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.uid, member.gid, member.uname, member.gname = 0, 0, "", ""
            return member

        archive = f"{base_name}.tar.gz"
        with (
            open(archive, "wb") as out,
            gzip.GzipFile("", "wb", mtime=date, fileobj=out) as packed,
            tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as members,
        ):
            members.add(base_dir, filter=plain)
        return archive


os.umask(0o022)  # a wheel keeps the modes of the files that the build writes
for name, text in load("_stubs").render(TABLE).items():
    write(f"fastact/{name}", text)

if os.environ.get("FASTACT_PURE", "0") not in ("", "0"):
    setup(cmdclass={"sdist": BuildSource})
else:
    setup(
        ext_modules=[extension("_cpu"), *(extension(f"_loops_{rung.name}", rung.flags) for rung in RUNGS)],
        cmdclass={"build_ext": BuildLadder, "sdist": BuildSource},
        options={"bdist_wheel": {"py_limited_api": "cp311"}} if ABI3 else {},
    )
