"""What the compiler made of the elementwise loops: ``python -m benchmarks.proof.disassembly [rung]``.

A vector loop is an innermost loop on the widest registers that its function uses. It must hold no call and no jump but
the one that closes it. Exit status 1 if one does, or if a function has none. (A function that only jumps to another is
the same code, folded by the compiler.)

``--table`` prints what the loops consist of instead, by kind of operation, and what they cost on CPUs: `operations`.
"""

import argparse
import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fastact import _isa, _rows

from . import operations

FUNCTION = r"^[0-9a-f]+ <fa_kernel_(?P<name>{names})_(?P<letter>[efd])>:$"
INSTRUCTION = re.compile(r"^ *(?P<at>[0-9a-f]+):\s+(?:(?:bnd|notrack) )?(?P<what>\S+)[ \t]*(?P<operands>.*)$", re.M)
WIDEST = [re.compile(register) for register in ("zmm", "ymm", "xmm", r"\b[qv]\d")]  # the last is aarch64's
JUMP = re.compile(r"j\w+|b|b\.\w+|[ct]bn?z")
AWAY = re.compile(r"call|loop\w*|blr?|br")
AARCH64 = ("aarch64", "arm64")
ADDRESS = re.compile(r"(?:^|, )([0-9a-f]+)(?: .*)?$")


def functions(text, names):
    """Yield name and instructions, as (address, mnemonic, operands), of the kernels."""
    pattern = FUNCTION.format(names="|".join(sorted(names)))
    for start in re.finditer(pattern, text, re.M):
        body = text[start.end() :].partition("\n\n")[0]
        found = [(int(each["at"], 16), each["what"], each["operands"]) for each in INSTRUCTION.finditer(body)]
        yield f"{start['name']}_{start['letter']}", found


def target(what, operands):
    """Return where an instruction jumps to within a module, or None."""
    address = ADDRESS.search(operands)
    return int(address[1], 16) if JUMP.fullmatch(what) and address else None


def vector_loops(instructions):
    """Return the bodies of the innermost loops on the widest registers."""
    ends = {}
    for at, what, operands in instructions:
        to = target(what, operands)
        if to is not None and instructions[0][0] <= to <= at:
            ends[to] = at
    innermost = [
        (start, end)
        for start, end in ends.items()
        if not any(start < other <= end and ends[other] <= end for other in ends)
    ]
    bodies = [[each for each in instructions if start <= each[0] <= end] for start, end in innermost]
    for width in WIDEST:
        if any(width.search(operands) for _, _, operands in instructions):
            return [body for body in bodies if any(width.search(operands) for _, _, operands in body)]
    return []


def intruders(body):
    """Return the calls and jumps in a loop's body, but the jump that closes it."""
    return [f"{what} {operands}" for _, what, operands in body[:-1] if JUMP.fullmatch(what) or AWAY.fullmatch(what)]


def judge(text, names):
    """Return how many functions and vector loops there are, and what is wrong, by function."""
    found = dict(functions(text, names))
    same = [name for name, ((_, what, where), *_) in found.items() if what in ("jmp", "b") and "<fa_kernel_" in where]
    made = {name: vector_loops(instructions) for name, instructions in found.items() if name not in same}
    wrong = {name: "no vector loop" for name, loops in made.items() if not loops}
    for name, loops in made.items():
        others = [each for body in loops for each in intruders(body)]
        if others:
            wrong[name] = f"{len(others)}, the first {others[0]}"
    return len(found), sum(map(len, made.values())), wrong


def tables(text, kernels, mca):
    """Return a table of the kernels in each dtype by its name, and remarks.

    Parameters
    ----------
    text : str
        Of the disassembled module.
    kernels : dict
        How many arrays each fills.
    mca : str or None
        The simulator.
    """
    found, remarks = {}, []
    made = dict(functions(text, kernels))
    for dtype, letter in (("float32", "f"), ("float64", "d")):
        bodies, loops = {}, {}
        for name, outputs in kernels.items():
            instructions = made.get(f"{name}_{letter}", ())
            body = max(vector_loops(instructions), key=len, default=None) if instructions else None
            loop = operations.counted(instructions, body, outputs) if body else None
            if loop and loop.registers:
                bodies[name], loops[name] = body, loop
            elif instructions:
                remarks.append(f"{name}_{letter} has no loop of its own on vectors")
        if not loops:
            continue
        cycles = {}
        for cpu in operations.CPUS[next(iter(loops.values())).width] if mca else ():
            cycles[cpu], why = operations.simulated(mca, cpu, bodies)
            if why:
                remarks.append(f"{cpu} is left out: {why}")
                del cycles[cpu]
        found[dtype] = operations.table(loops, cycles, list(cycles))
    return found, list(dict.fromkeys(remarks))


def disassembled(module):
    """Return the text of a module's file, by the objdump that knows its machine."""
    foreign = is_aarch64(module) and platform.machine() not in AARCH64
    command = "aarch64-linux-gnu-objdump" if foreign else "objdump"
    if not shutil.which(command):
        raise SystemExit(f"{command} is missing; it is part of GNU binutils")
    command = [command, "--disassemble", "--no-show-raw-insn", module]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def is_aarch64(module):
    """Whether a file is code for aarch64, by the machine in its header."""
    return Path(module).read_bytes()[18:20] == b"\xb7\0"


def parse(arguments):
    """Return the command line's arguments; ``modules`` has the files to look at by name."""
    rungs = {
        rung.name: spec.origin
        for rung in _isa.RUNGS
        if (spec := importlib.util.find_spec(f"fastact._loops_{rung.name}"))
    }
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.proof.disassembly", description=__doc__.partition(":")[0]
    )
    told = f"of {', '.join(rungs)}, or the file of a module, for aarch64 too; the rungs for vectors by default"
    parser.add_argument("rung", nargs="*", metavar="rung", help=told)
    told = "print what these functions' loops consist of and cost, all by default; names as grad.tanh"
    parser.add_argument("--table", nargs="*", metavar="name", help=told)
    parser.add_argument("--csv", action="store_true", help="print that as comma-separated values")
    parsed = parser.parse_args(arguments)
    wanted = parsed.rung or [rung for rung in rungs if rung != "baseline"] or rungs
    missing = [one for one in wanted if one not in rungs and not Path(one).is_file()]
    if missing:
        parser.error(f"not built: {', '.join(missing)}")
    parsed.modules = {one: rungs.get(one, one) for one in wanted}
    parsed.kernels, named = {}, set()
    for ufunc in _rows.ufuncs():
        if not ufunc.signature and (not parsed.table or ufunc.public_name in parsed.table):
            parsed.kernels[ufunc.kernel] = ufunc.nout
            named.add(ufunc.public_name)
    if unknown := set(parsed.table or ()) - named:
        parser.error(f"no such elementwise function: {', '.join(sorted(unknown))}")
    return parsed


def main(arguments):
    """Judge the modules, or print tables of them; return the exit status."""
    parsed = parse(arguments)
    if parsed.table is not None or parsed.csv:
        report(parsed)
        return 0
    status = 0
    for name, module in parsed.modules.items():
        count, loops, wrong = judge(disassembled(module), parsed.kernels)
        asked = 3 * len(parsed.kernels)
        status |= count < asked or bool(wrong)
        verdict = "; ".join(f"{name}: {what}" for name, what in wrong.items()) or "none holds a call or another jump"
        print(f"{name}: {loops} vector loops in {count} of {asked} kernels: {verdict}")
    return int(status)


def report(parsed):
    """Print the tables of the modules, and on the other stream what is left out."""
    mca = operations.find_mca()
    found, remarks = {}, [] if mca else ["llvm-mca is missing (part of LLVM): no CPU's cycles"]
    for name, module in parsed.modules.items():
        made, left_out = tables(disassembled(module), parsed.kernels, mca)
        found |= {(name, dtype): made[dtype] for dtype in made}
        remarks += left_out if made else [f"{name} is not made of vectors"]
    if parsed.csv:
        print(operations.comma_separated(found), end="")
    else:
        for (name, dtype), made in found.items():
            print(f"{name}, {dtype}: operations and cycles for a register of results\n")
            print(*operations.shown(*made), "", sep="\n")
    print(*dict.fromkeys(remarks), sep="\n", end="\n" * bool(remarks), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
