"""What kernels' vector loops are made of and what they cost on CPUs: the tables of ``disassembly --table``.

The operations are counted for each register of results: a loop that makes three registers in a pass has a third of its
instructions. llvm-mca simulates a hundred passes; its models know ports and latencies, and take every load to be
answered by the first cache. Where it has a CPU wrong, what was measured stands in `ZEN3`.
"""

import csv
import io
import json
import math
import os
import re
import shutil
import subprocess
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

# By kind: the mnemonics of x86, and of aarch64. The first that matches counts.
MNEMONICS = {
    "fma": (r"vfn?m(add|sub)\w+", r"fml[as]|fn?m(add|sub)"),
    "mul": (r"vmul[ps][sd]", r"fmulx?"),
    "add": (r"v(add|sub|addsub)[ps][sd]", r"f(add|sub|abd)"),
    "minmax": (r"v(min|max)[ps][sd]", r"f(min|max)(nm)?"),
    "compare": (r"vcmp\w+|vpcmp\w+|vfpclass\w+", r"f?cm\w+|fac\w+"),
    "blend": (r"vp?blend\w+", r"bsl|bit|bif"),
    "logic": (r"v(andn?|x?or)p[sd]|vp(andn?|x?or)[dq]?|vptern\w+", r"and|or[rn]|eor|bic|mvn|not|fabs|fneg"),
    "integer": (r"vp(add|sub|abs|min|max|mul)\w+", r"(add|sub|mul|ml[as]|abs|neg|[us](min|max))"),
    "permute": (  # within 128 bits, or 128 as they are
        r"v(permil|shuf|pshuf|unpck|punpck|extract|insert|perm2|pinsr|pextr|palignr)\w+|vmov\w+dup|vps[lr]ldq",
        r"zip\d|uzp\d|trn\d|ext|rev\d+|dup|ins",
    ),
    "shift": (r"vp(s[lr]|ra|ro|sra)\w+", r"s?shll?2?|[us](shl|shr|sra|shll2?)|sli|sri"),
    "across": (r"v(perm|permi2|permt2|p?broadcast|valign|p?compress|p?expand)\w+", r"tb[lx]"),  # vpermps and its kin
    "mask": (r"k\w+|vpmov(\w2m|m2\w)", r"$"),
    "convert": (r"v(cvt|round|rndscale|pmov)\w+", r"fcvt\w+|[us]cvtf|frint\w|xtn2?|[us]xtl2?"),
    "scale": (r"v(scalef|getexp|getmant|reduce)\w+", r"fscale"),
    "divide": (r"vdiv\w+", r"fdiv"),
    "sqrt": (r"vsqrt\w+", r"fsqrt"),
    "gather": (r"vp?gather\w+", r"$"),
}
KINDS = {kind: tuple(map(re.compile, patterns)) for kind, patterns in MNEMONICS.items()}
MOVES = re.compile(r"v(mov|lddqu|zero)\w*|movi|mvni|fmov|mov|ld\w+|st\w+")  # not work: what matters is where from, to
OTHER = "other"
COLUMNS = (*MNEMONICS, OTHER, "load", "store")

BYTES = {"zmm": 64, "ymm": 32, "xmm": 16}
WIDTHS = ("zmm", "ymm")
FRAME = re.compile(r"%rsp,\s*%rbp")  # from there on %rbp is the stack, and no array
PART = re.compile(r"vextract[fi](?P<of>\d+(x\d)?)")
X86_MEMORY = re.compile(r"\((?P<base>%\w+)?")
X86_STORE = re.compile(r"\([^()]*\)(\{%k\d\})?$")  # the last operand is the destination
X86_STORES = re.compile(r"vp?mov|vextract|vcvtps2ph|kmov")
NEON = re.compile(r"\b[qv]\d+")
NEON_RANGE = re.compile(r"v(\d+)\.\w+ ?- ?v(\d+)")
NEON_MEMORY = re.compile(r"\[(?P<base>x\d+|sp)")
ADDRESS = re.compile(r"(?P<register>x\d+)(, (?P<of>sp|x\d+))?")
LITERAL = re.compile(r"^(adrp? x\d+), .*$", re.M)  # an address that the assembler cannot know

CPUS = {
    64: ("skylake-avx512", "icelake-server", "znver4"),  # LLVM 19 has no other model for znver5 than znver4's
    32: ("haswell", "skylake", "alderlake", "znver2", "znver3"),
    16: ("neoverse-n1", "apple-m1"),
}

# Of a 256-bit operation on Zen 3: the cycles it takes among others of its kind, and which of the four floating-point
# pipes it can go to. The cycles were measured on 65,536 elements in cache: of permutes vpermilps, across vpermps, of
# conversions vcvtps2pd, and others of the kind are taken to cost the same; to divide doubles takes 4 to 5. The pipes
# are those of LLVM's model, which has vpermps at half of what it costs.
ZEN3 = {
    "fma": (0.5, "01"),
    "mul": (0.5, "01"),
    "add": (0.5, "23"),
    "minmax": (0.5, "01"),
    "compare": (0.5, "01"),
    "blend": (0.5, "01"),
    "logic": (0.25, "0123"),
    "integer": (0.25, "0123"),
    "shift": (0.5, "12"),
    "permute": (0.5, "12"),
    "across": (2.0, "12"),
    "convert": (1.0, "23"),
    "divide": (4.0, "1"),
    "sqrt": (6.8, "1"),
    "gather": (12.6, "0123"),
}
ZEN3_BYTES = 32


class Effect(NamedTuple):
    """What an instruction does: the kind of its work, the register that it addresses memory by, and how much of it."""

    kind: str | None
    base: str | None = None
    loads: int = 0
    stores: int = 0
    size: int = 0  # bytes stored


class Loop(NamedTuple):
    """A loop: how wide its registers are, how many of results a pass makes, and what it does."""

    width: int
    registers: float
    counts: Counter  # by kind, in one pass
    reads: int  # of the stack, operands of other instructions included
    writes: int


def counted(instructions, body, outputs=1):
    """Count what a loop does in a pass.

    Parameters
    ----------
    instructions, body : list of tuple
        The function's and the loop's, as (address, mnemonic, operands).
    outputs : int
        How many arrays the loop fills.
    """
    wide = next((width for width in WIDTHS if any(width in operands for *_, operands in body)), "")
    read = of_x86 if wide else of_aarch64
    counts, stack, filled = Counter(), Counter(), 0
    pointers = {"%rsp", "sp", "x29"}  # registers that point to the stack
    for at, what, text in instructions[: instructions.index(body[-1]) + 1]:
        operands = bare(text)
        follow(what, operands, pointers)
        one = read(what, operands) if at >= body[0][0] else None
        if one is None:
            continue
        counts.update([one.kind] if one.kind else ())
        if one.base in pointers:
            stack.update(load=one.loads, store=one.stores)
        else:
            counts.update(load=one.loads, store=one.stores)
            filled += one.size
    width = BYTES.get(wide, 16)
    return Loop(width, filled / width / outputs, +counts, stack["load"], stack["store"])


def bare(operands):
    """Return operands without the disassembler's remarks."""
    return re.sub(r"\s*(<.*>|#\s.*|//.*)$", "", operands).strip()


def follow(what, operands, pointers):
    """Enter or discard a register that an instruction makes a pointer to the stack, or something else."""
    if FRAME.fullmatch(operands):
        pointers.add("%rbp")
    elif made := ADDRESS.match(operands):
        if what in ("add", "mov") and made["of"] in pointers:
            pointers.add(made["register"])
        elif not what.startswith("st"):
            pointers.discard(made["register"])


def of_x86(what, operands):
    """Return what an instruction does, None where it is a scalar one."""
    if what[0] not in "vk":
        return None
    memory, kind = X86_MEMORY.search(operands), kind_of(what, 0)
    if not memory:
        return Effect(kind)
    if X86_STORE.search(operands) and X86_STORES.match(what):
        return Effect(kind, memory["base"], stores=1, size=stored(what, operands))
    return Effect(None if "broadcast" in what else kind, memory["base"], loads=1)


def stored(what, operands):
    """Return the bytes that a store to memory writes."""
    if part := PART.match(what):
        return 16 if part["of"] in ("32x4", "64x2", "128") else 32
    return next((size for register, size in BYTES.items() if register in operands), 0)


def of_aarch64(what, operands):
    """Return what an instruction does, None where it is a scalar one."""
    if not NEON.search(operands):
        return None
    memory = NEON_MEMORY.search(operands)
    if not memory:
        return Effect(kind_of(what, 1))
    listed = NEON_RANGE.search(operands)
    count = int(listed[2]) - int(listed[1]) + 1 if listed else len(NEON.findall(operands[: memory.start()]))
    if what.startswith("st"):
        return Effect(None, memory["base"], stores=count, size=16 * count)
    return Effect(None, memory["base"], loads=count)


def kind_of(what, machine):
    """Return the kind of an instruction, None of one that only moves."""
    kind = next((kind for kind, patterns in KINDS.items() if patterns[machine].fullmatch(what)), None)
    return kind if kind or MOVES.fullmatch(what) else OTHER


def zen3_bound(loop):
    """Return the least cycles for a register of results on Zen 3, were there neither latency nor anything but pipes.

    For each set of pipes, what only these can do takes them so long: the worst set is the bound.
    """
    work = [(loop.counts[kind] * cycles * len(pipes), set(pipes)) for kind, (cycles, pipes) in ZEN3.items()]
    sets = (set(some) for count in range(1, 5) for some in combinations("0123", count))
    return max(sum(each for each, pipes in work if pipes <= some) / len(some) for some in sets) / loop.registers


def find_mca():
    """Return the newest llvm-mca that there is, None where there is none."""
    found = {}
    for folder in os.get_exec_path():
        for path in Path(folder).glob("llvm-mca*"):
            version = re.fullmatch(r"llvm-mca(?:-(\d+))?", path.name)
            if version and shutil.which(path):
                found.setdefault(int(version[1] or 0), str(path))
    return found[max(found)] if found else None


def simulated(mca, cpu, bodies):
    """Return the cycles of a pass of each loop on a CPU by its label, and why not where llvm-mca cannot tell."""
    text = "".join(f"# LLVM-MCA-BEGIN {name}\n{assembly(body)}# LLVM-MCA-END\n" for name, body in bodies.items())
    triple = "aarch64" if cpu in CPUS[16] else "x86_64"
    command = [mca, f"-mtriple={triple}", f"-mcpu={cpu}", "-iterations=100", "-json"]
    run = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if run.returncode:
        return {}, run.stderr.partition("\n")[0]
    regions = json.loads(run.stdout)["CodeRegions"]
    return {each["Name"]: each["SummaryView"]["TotalCycles"] / 100 for each in regions}, None


def assembly(body):
    """Return a loop as an assembler takes it, without the jump that closes it."""
    return LITERAL.sub(r"\1, #0", "".join(f"{what} {bare(operands)}\n" for _, what, operands in body[:-1]))


def table(loops, cycles, cpus):
    """Return the headings and rows, of numbers, of one table.

    Parameters
    ----------
    loops : dict
        Of `Loop`, by kernel.
    cycles : dict
        Cycles for a pass by CPU, and by kernel.
    cpus : list of str
    """
    some = next(iter(loops.values()))
    zen3 = some.width == ZEN3_BYTES
    headings = ["kernel", "registers", *COLUMNS, "stack reads", "stack writes", *["Zen3 bound"] * zen3, *cpus]
    rows = []
    for name, loop in loops.items():
        done = [*(loop.counts[kind] for kind in COLUMNS), loop.reads, loop.writes]
        row = [name, loop.registers, *(each / loop.registers for each in done), *[zen3_bound(loop)] * zen3]
        rows.append(row + [cycles[cpu].get(name, float("nan")) / loop.registers for cpu in cpus])
    return headings, rows


def shown(headings, rows):
    """Return a table as lines of text; columns of zeros are left out."""
    kept = [k for k in range(len(headings)) if not k or any(row[k] for row in rows)]
    cells = [[headings[k] for k in kept], *([figure(row[k]) for k in kept] for row in rows)]
    heads = [re.findall(r"[^ -]+-?", cell) for cell in cells[0]]
    top = max(map(len, heads))
    lines = [[*[""] * (top - len(words)), *words] for words in heads]
    cells[:1] = [[column[k] for column in lines] for k in range(top)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    ]


def figure(value):
    """Return a cell's text: numbers to a tenth, nothing for 0."""
    if isinstance(value, str):
        return value
    return "?" if math.isnan(value) else f"{value:.1f}".removesuffix(".0") if value else ""


def comma_separated(tables):
    """Return tables, by what they are of, as CSV with the same columns for all."""
    text = io.StringIO()
    every = list(dict.fromkeys(heading for headings, _ in tables.values() for heading in headings))
    writer = csv.DictWriter(text, ["module", "dtype", *every], lineterminator="\n")
    writer.writeheader()
    for (module, dtype), (headings, rows) in tables.items():
        for row in rows:
            cells = (round(cell, 3) if isinstance(cell, float) else cell for cell in row)
            writer.writerow({"module": module, "dtype": dtype} | dict(zip(headings, cells, strict=True)))
    return text.getvalue()
