"""What the compiler made of the elementwise loops: ``python -m benchmarks.proof.disassembly [rung]``.

A vector loop is an innermost loop on the widest registers that its function uses. It must hold no call and no jump but
the one that closes it. Exit status 1 if one does, or if a function has none. (A function that only jumps to another is
the same code, folded by the compiler.)
"""

import argparse
import importlib.util
import re
import shutil
import subprocess
import sys

from fastact import _isa, _rows

FUNCTION = r"^[0-9a-f]+ <fa_kernel_(?P<name>{names})_(?P<letter>[efd])>:$"
INSTRUCTION = re.compile(r"^ *(?P<at>[0-9a-f]+):\s+(?:(?:bnd|notrack) )?(?P<what>\S+)[ \t]*(?P<operands>.*)$", re.M)
WIDEST = [re.compile(register) for register in ("zmm", "ymm", "xmm", r"\b[qv]\d")]  # the last is aarch64's
JUMP = re.compile(r"j\w+|b|b\.\w+|[ct]bn?z")
AWAY = re.compile(r"call|loop\w*|blr?|br")
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


def main(arguments):
    """Judge the modules; return the exit status."""
    rungs = [rung.name for rung in _isa.RUNGS if importlib.util.find_spec(f"fastact._loops_{rung.name}")]
    description = __doc__.partition(":")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof.disassembly", description=description)
    parser.add_argument("rung", nargs="*", metavar="rung", help=f"of {', '.join(rungs)}; those for vectors by default")
    wanted = parser.parse_args(arguments).rung or [rung for rung in rungs if rung != "baseline"] or rungs
    if set(wanted) - set(rungs):
        parser.error(f"not built: {', '.join(sorted(set(wanted) - set(rungs)))}")
    if not shutil.which("objdump"):
        parser.error("objdump is missing; it is part of GNU binutils")
    names = {ufunc.kernel for ufunc in _rows.ufuncs() if not ufunc.signature}
    status = 0
    for rung in wanted:
        path = importlib.util.find_spec(f"fastact._loops_{rung}").origin
        command = ["objdump", "--disassemble", "--no-show-raw-insn", path]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        count, loops, wrong = judge(text, names)
        status |= count < 3 * len(names) or bool(wrong)
        verdict = "; ".join(f"{name}: {what}" for name, what in wrong.items()) or "none holds a call or another jump"
        print(f"{rung}: {loops} vector loops in {count} of {3 * len(names)} kernels: {verdict}")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
