"""Build one extension for each rung of the ladder; everything else is in pyproject.toml.

The public functions, the type stubs and the kernels' loops are rendered from fastact/_rows. Compiled objects are kept
in build/objects by what they were made of, so that only what has changed is compiled again. FASTACT_RUNGS=x86_64_v4
builds this rung alone; several stand with commas between them. FASTACT_PURE=1 builds the package without compiled
modules, on purpose. With SOURCE_DATE_EPOCH set, the same tree gives the same bytes.
"""

import gzip
import hashlib
import importlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist
from setuptools.errors import CompileError, PlatformError

HERE = Path(__file__).parent
RENDERED = "build/rendered"
FLAGS = ["-O3", "-g0", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Wno-unused-function"]
FLAGS += ["-fvisibility=hidden"]
SCHEDULING = ["-fschedule-insns", "-fsched-pressure"]  # gcc's: interleaves a kernel's chains without spilling
ABI3 = not sysconfig.get_config_var("Py_GIL_DISABLED")  # a free-threaded Python has no limited API: a wheel of its own
MACROS = [
    *([("Py_LIMITED_API", "0x030B0000")] if ABI3 else []),
    ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
    ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
    # The machinery is one inline function for all element types, each of which it is compiled for.
    ("CYTHON_INLINE", "inline __attribute__((always_inline))"),
]
OR_PURE = (
    "or set FASTACT_PURE=1 to build fastact without compiled modules: it then computes with NumPy alone, more slowly."
)
# A family's kernels are a Cython module of which nothing but the kernels is used: a static init function that nobody
# calls, and the compiler leaves out the rest.
UNIT = """\
#define CYTHON_NO_PYINIT_EXPORT
#include <Python.h>
static PyObject *PyInit_{module}(void);
#include "{source}"
"""
DIGITS = 12  # of a hash
SETTINGS = ("ARCHFLAGS", "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "CL", "_CL_")  # which compilers go by besides arguments
INCLUDE = re.compile(r'^ *# *(?:include|define FA_BODY) "([^"]+)"', re.M)
# A comment, which says where NumPy is.
METADATA = re.compile(rb"/\* BEGIN: Cython Metadata.*?END: Cython Metadata \*/", re.S)


def own(name):
    """Import one of the package's modules without the package's own, which wants what is built here."""
    if "fastact" not in sys.modules:
        sys.modules["fastact"] = types.ModuleType("fastact")
        sys.modules["fastact"].__path__ = [str(HERE / "fastact")]
    return importlib.import_module(f"fastact.{name}")


# What the modules are built for: a cross-compiling build says so to Python's own tools in this variable.
MACHINE = os.environ.get("_PYTHON_HOST_PLATFORM", platform.machine()).rpartition("-")[2]
WANTED = [name for name in os.environ.get("FASTACT_RUNGS", "").split(",") if name]
RUNGS = [
    rung
    for rung in own("_isa").RUNGS
    if (not rung.machines or MACHINE in rung.machines) and (not WANTED or rung.name in WANTED)
]
if unknown := set(WANTED) - {rung.name for rung in own("_isa").RUNGS}:
    raise SystemExit(f"fastact: FASTACT_RUNGS names no rung: {', '.join(sorted(unknown))}")


def flags_of(rung):
    """Return a rung's flags. Where it has no vectors -O3 makes it half as large again, and hardly faster."""
    without_vectors = not rung.flags and MACHINE in own("_isa").RUNGS[0].machines
    return (*rung.flags, *["-O2"] * without_vectors)


def extension(module, flags=()):
    import numpy

    return Extension(
        f"fastact.{module}",
        [f"fastact/{module}.pyx"],
        include_dirs=["src_c", RENDERED, "build/cython", numpy.get_include()],
        define_macros=MACROS,
        extra_compile_args=[*FLAGS, *flags],
        libraries=[] if sys.platform == "win32" else ["m"],
        py_limited_api=ABI3,
    )


def write(path, text):
    """Write a rendered file, unless it already says so: its time decides what is translated again."""
    path = HERE / path
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def render_functions():
    """Write the modules of public functions and of layers, and the stubs."""
    ufuncs = own("_rows").ufuncs()
    for name, text in own("_render.functions").modules(ufuncs).items():
        write(f"fastact/{name}.py", text)
    for name, text in own("_render.stubs").render(ufuncs).items():
        write(f"fastact/{name}", text)
    write("fastact/nn.py", own("_render.layers").module(own("_rows").rows()))


def render_kernels():
    """Write the kernels' and loops' Cython text; return the families' modules by name."""
    loops, ufuncs = own("_render.loops"), own("_rows").ufuncs()
    write(f"{RENDERED}/_entries.pxi", loops.entries(ufuncs))
    modules = {f"_kernels_{family}": text for family, text in loops.families(ufuncs).items()}
    for module, text in modules.items():
        write(f"{RENDERED}/{module}.pyx", text)
    return list(modules)


def digest(contents):
    return hashlib.sha256(contents).hexdigest()[:DIGITS]


def read_with_includes(path, folders, seen):
    """Yield what counts of a C file and of the files among these folders that it includes, each once."""
    if path in seen:
        return
    seen.add(path)
    text = METADATA.sub(b"", path.read_bytes())
    yield text
    for name in INCLUDE.findall(text.decode(errors="replace")):
        for folder in (path.parent, *folders):
            if (folder / name).is_file():
                yield from read_with_includes((folder / name).resolve(), folders, seen)
                break


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
        families = render_kernels()
        kernels = [Extension(name, [f"{RENDERED}/{name}.pyx"]) for name in families]
        translated = cythonize([*built, *kernels], include_path=["fastact", RENDERED], build_dir="build/cython")
        sources = {ext.name: ext.sources for ext in translated}
        shared = sorted(str(path.relative_to(HERE)) for path in (HERE / "src_c" / "loops").rglob("*.c"))
        for name in families:
            unit = f"{RENDERED}/unit{name}.c"
            write(unit, UNIT.format(module=name, source=Path(*sources[name]).relative_to("build/cython").as_posix()))
            shared.append(unit)
        for ext in built:
            ext.sources = sources[ext.name] + (shared if ext.name != "fastact._cpu" else [])
            ext.extra_compile_args = [*ext.extra_compile_args, *scheduling]
        self.compile_units(built)
        self.extensions[:] = built
        super().build_extensions()

    def compile_units(self, extensions):
        """Compile the sources of all extensions, as many at once as there are CPUs, and hand on the objects."""
        with ThreadPoolExecutor(self.parallel) as pool:
            made = {
                ext.name: [pool.submit(self.compile_unit, ext, source) for source in ext.sources] for ext in extensions
            }
        for ext in extensions:
            ext.extra_objects = [unit.result() for unit in made[ext.name]]
            linked = f"build/objects/{ext.name}.linked"  # its time tells whether the module has to be linked again
            write(linked, "\n".join(ext.extra_objects))
            ext.sources, ext.depends = [], [linked]

    def compile_unit(self, ext, source):
        """Return the object of one source file, which is compiled if it is not there."""
        import numpy

        how = [self.compiler_is(), sys.version, numpy.__version__, ext.extra_compile_args, ext.define_macros]
        how += [self.plat_name, *(os.environ.get(name) for name in SETTINGS)]
        folders = [HERE / folder for folder in ext.include_dirs[:-1]]  # the last is NumPy's
        what = b"".join(read_with_includes(HERE / source, folders, set()))
        kept = Path("build/objects") / f"{ext.name}-{digest(repr(how).encode())}"
        folder = kept / f"{Path(source).stem}-{digest(what)}"
        if not folder.exists():
            kept.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(dir=kept))  # another build may be at the same
            self.compiler.compile(
                [source],
                output_dir=str(part),
                macros=ext.define_macros,
                include_dirs=ext.include_dirs,
                extra_postargs=ext.extra_compile_args,
            )
            if folder.exists():
                shutil.rmtree(part)
            else:
                part.rename(folder)
                for old in kept.glob(f"{Path(source).stem}-{'[0-9a-f]' * DIGITS}"):
                    if old != folder:
                        shutil.rmtree(old, ignore_errors=True)
        return str(next(path for path in folder.rglob("*") if path.is_file()))

    def compiler_is(self):
        """Return what tells this compiler from others."""
        command = getattr(self.compiler, "compiler_so", None) or [self.compiler.cc]
        done = subprocess.run([command[0], "--version"], capture_output=True, text=True, check=False)
        return [*command, done.stdout]


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
render_functions()

if os.environ.get("FASTACT_PURE", "0") not in ("", "0"):
    setup(cmdclass={"sdist": BuildSource})
else:
    setup(
        ext_modules=[extension("_cpu"), *(extension(f"_loops_{rung.name}", flags_of(rung)) for rung in RUNGS)],
        cmdclass={"build_ext": BuildLadder, "sdist": BuildSource},
        options={"bdist_wheel": {"py_limited_api": "cp311"}} if ABI3 else {},
    )
