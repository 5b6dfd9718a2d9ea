"""Vector loops are found in a disassembly, and so is what does not belong there; their operations are counted."""

import csv
import math
import types
from collections import Counter

import pytest

from . import disassembly, operations
from .disassembly import judge

MODULE = """
_loops.so:     file format elf64-x86-64

0000000000001000 <fa_kernel_relu_f>:
    1000:\tpush   %rbp
    1002:\tcall   5000 <helper>
    1008:\tvmovups (%rax),%zmm0
    100e:\tvmaxps %zmm0,%zmm1,%zmm0{middle}
    1014:\tvmovups %zmm0,(%rcx)
    101a:\tcmp    %rcx,%rdx
    101d:\tjne    1008 <fa_kernel_relu_f+0x8>
    101f:\tvmovss (%rax),%xmm0
    1023:\tcall   5000 <helper>
    1028:\tjne    101f <fa_kernel_relu_f+0x1f>
    102a:\tjle    1002 <fa_kernel_relu_f+0x2>
    102c:\tret

0000000000002000 <fa_kernel_grad_relu_f>:
    2000:\tjmp    1000 <fa_kernel_relu_f>

0000000000003000 <__pyx_f_7fastact_16_loops_x86_64_v4_softmax_f>:
    3000:\tvmovups (%rax),%zmm0
    3006:\tjne    3000 <__pyx_f_7fastact_16_loops_x86_64_v4_softmax_f>
"""
OTHERS = {
    "": {},
    "\n    1012:\tcall   6000 <expf>": {"relu_f": "1, the first call 6000 <expf>"},
    "\n    1012:\tjmp    *%rax": {"relu_f": "1, the first jmp *%rax"},
    "\n    1012:\tjp     1019 <relu_f+0x19>": {"relu_f": "1, the first jp 1019 <relu_f+0x19>"},
    "\n    1012:\tjp     1008 <relu_f+0x8>": {"relu_f": "1, the first jp 1008 <relu_f+0x8>"},
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_in_a_vector_loop(other):
    """Neither the loop around it, nor the loop on single elements, nor what is not elementwise matters."""
    assert judge(MODULE.replace("{middle}", other), {"relu", "grad_relu"}) == (2, 1, OTHERS[other])


def test_a_function_without_a_vector_loop_is_named():
    """As when the loop was not compiled as one."""
    text = MODULE.replace("jne    1008", "jne    102c").replace("{middle}", "")
    assert judge(text, {"relu"}) == (1, 0, {"relu_f": "no vector loop"})


AARCH64 = """
0000000000001000 <fa_kernel_relu_f>:
    1000:\tbl\t5000 <helper>
    1004:\tldr\tq0, [x0], #16
    1008:\tfmaxnm\tv0.4s, v0.4s, v1.4s{middle}
    100c:\tstr\tq0, [x1], #16
    1010:\tsubs\tx2, x2, #0x4
    1014:\tb.ne\t1004 <fa_kernel_relu_f+0x4>  // b.any
    1018:\tldr\ts0, [x0]
    101c:\tcbnz\tx3, 1018 <fa_kernel_relu_f+0x18>
    1020:\tret

0000000000002000 <fa_kernel_grad_relu_f>:
    2000:\tb\t1000 <fa_kernel_relu_f>
"""
AARCH64_OTHERS = {
    "": {},
    "\n    100a:\tbl\t6000 <expf>": {"relu_f": "1, the first bl 6000 <expf>"},
    "\n    100a:\ttbz\tw3, #0, 1018 <relu_f+0x18>": {"relu_f": "1, the first tbz w3, #0, 1018 <relu_f+0x18>"},
}


@pytest.mark.parametrize("other", AARCH64_OTHERS)
def test_aarch64(other):
    """Its jumps, calls and registers have other names."""
    assert judge(AARCH64.replace("{middle}", other), {"relu", "grad_relu"}) == (2, 1, AARCH64_OTHERS[other])


AVX2 = """
0000000000001000 <fa_kernel_tanh_f>:
    1000:\tlea    0x8(%rsp),%r10
    1005:\tpush   %rbp
    1006:\tmov    %rsp,%rbp
    1010:\tvmovups (%rdx),%ymm8
    1014:\tvmovups 0x20(%rdx),%ymm6
    1018:\tvmovaps %ymm6,-0x30(%rbp)
    101c:\tvandnps %ymm8,%ymm11,%ymm3
    1020:\tvaddps 0x58c3(%rip),%ymm3,%ymm1        # 871e0 <__pyx_doc_7fastact+0x27e0>
    1024:\tvpsrld $0x15,%ymm1,%ymm1
    1028:\tvpermps 0x58e4(%rip),%ymm1,%ymm10        # 87220 <__pyx_doc_7fastact+0x2820>
    102c:\tvblendvps %ymm9,%ymm10,%ymm5,%ymm5
    1030:\tvfmadd132ps -0x30(%rbp),%ymm14,%ymm4
    1034:\tvfnmadd231ps %ymm1,%ymm2,%ymm4
    1038:\tvbroadcastss 0x40(%rsp),%ymm2
    103c:\tvmovups %ymm3,-0x40(%rax)
    1040:\tvextractf128 $0x1,%ymm2,-0x10(%rax)
    1044:\tvmovups %xmm2,-0x20(%rax)
    1048:\tadd    $0x40,%rax
    104c:\tcmp    %rsi,%rcx
    1050:\tjne    1010 <fa_kernel_tanh_f+0x10>
    1054:\tret
"""
FOLDED = """
0000000000002000 <fa_kernel_same_f>:
    2000:\tjmp    1000 <fa_kernel_tanh_f>
"""
NEON = """
0000000000001000 <fa_kernel_tanh_f>:
    1000:\tadd\tx12, sp, #0x80
    1004:\tldp\tq0, q1, [x0], #32
    1008:\tst1\t{v0.16b-v1.16b}, [x12]
    100c:\tadrp\tx13, 6e000 <cstring.3+0x330>
    1010:\tldr\tq2, [x13, #608]
    1014:\tldr\tq3, [sp, #128]
    1018:\tfmla\tv0.4s, v1.4s, v2.s[0]
    101c:\tfabs\tv1.4s, v1.4s
    1020:\ttbl\tv3.16b, {v0.16b-v1.16b}, v3.16b
    1024:\tmovi\tv8.16b, #0x4                    // #4
    1028:\tadrp\tx12, 6e000 <cstring.3+0x330>
    102c:\tldr\tq4, [x12, #16]
    1030:\tstp\tq0, q1, [x1], #32
    1034:\tadd\tx3, x3, #0x10
    1038:\tb.ne\t1004 <fa_kernel_tanh_f+0x4>  // b.any
    103c:\tret
"""
AVX2_COUNTS = {"fma": 2, "add": 1, "logic": 1, "blend": 1, "shift": 1, "permute": 1, "across": 1, "load": 4, "store": 3}
NEON_COUNTS = {"fma": 1, "logic": 1, "across": 1, "load": 4, "store": 2}


def counted(text, outputs=1):
    """Return what is counted in the one loop of a module of one function."""
    ((_, instructions),) = disassembly.functions(text, {"tanh"})
    (body,) = disassembly.vector_loops(instructions)
    return operations.counted(instructions, body, outputs)


def test_operations():
    """By kind, operands in memory being loads too; what is on the stack is apart, whatever points to it."""
    assert counted(AVX2) == (32, 2, Counter(AVX2_COUNTS), 2, 1)
    assert counted(NEON) == (16, 2, Counter(NEON_COUNTS), 1, 2)
    assert counted(AVX2, 2).registers == 1
    assert counted(AVX2.replace("mov    %rsp,%rbp", "nop")).reads == 1


@pytest.mark.parametrize(
    ("what", "machine", "kind"),
    [
        ("vfnmsub213pd", 0, "fma"),
        ("vsubpd", 0, "add"),
        ("vpsubd", 0, "integer"),
        ("vmaxps", 0, "minmax"),
        ("vpcmpgtq", 0, "compare"),
        ("vcmplt_oqps", 0, "compare"),
        ("vblendmpd", 0, "blend"),
        ("vpternlogq", 0, "logic"),
        ("vpand", 0, "logic"),
        ("vpsllq", 0, "shift"),
        ("vpslldq", 0, "permute"),
        ("vpermilps", 0, "permute"),
        ("vpshufd", 0, "permute"),
        ("vinsertf128", 0, "permute"),
        ("vpermpd", 0, "across"),
        ("vpermt2ps", 0, "across"),
        ("vcvtps2pd", 0, "convert"),
        ("vscalefps", 0, "scale"),
        ("vdivpd", 0, "divide"),
        ("vgatherdps", 0, "gather"),
        ("vpmovq2m", 0, "mask"),
        ("vpmovzxdq", 0, "convert"),
        ("vmovdqu64", 0, None),
        ("vpclmulqdq", 0, "other"),
        ("fmls", 1, "fma"),
        ("fsub", 1, "add"),
        ("sub", 1, "integer"),
        ("fmaxnm", 1, "minmax"),
        ("cmlt", 1, "compare"),
        ("bit", 1, "blend"),
        ("bic", 1, "logic"),
        ("ushr", 1, "shift"),
        ("zip1", 1, "permute"),
        ("fcvtn2", 1, "convert"),
        ("mvni", 1, None),
        ("aese", 1, "other"),
    ],
)
def test_kinds(what, machine, kind):
    """Mnemonics that look alike are told apart, and one that nobody has thought of is not passed over."""
    assert operations.kind_of(what, machine) == kind


@pytest.mark.parametrize(
    ("counts", "cycles"),
    [
        ({"fma": 8}, 4),
        ({"fma": 4, "mul": 4, "add": 8}, 4),  # on pipes of their own
        ({"fma": 4, "logic": 4}, 2),  # beside each other
        ({"fma": 4, "logic": 20}, 6),
        ({"across": 3}, 6),
        ({"across": 3, "fma": 6, "add": 6}, 6),
        ({"divide": 1, "fma": 6}, 5),  # a division leaves one pipe
        ({"divide": 1}, 4),
        ({"load": 9, "store": 1}, 0),
    ],
)
def test_the_bound_of_zen3(counts, cycles):
    """What only some pipes can do takes them its time, however the rest is shared out."""
    for registers in (1, 2):
        loop = operations.Loop(32, registers, Counter(counts), 0, 0)
        assert operations.zen3_bound(loop) == pytest.approx(cycles / registers)


@pytest.mark.skipif(operations.find_mca() is None, reason="needs llvm-mca, a part of LLVM")
@pytest.mark.parametrize(("text", "cpu"), [(AVX2, "haswell"), (NEON, "neoverse-n1")])
def test_simulated(text, cpu):
    """llvm-mca takes what objdump writes; a CPU that it does not know is told."""
    ((_, instructions),) = disassembly.functions(text, {"tanh"})
    bodies = {name: disassembly.vector_loops(instructions)[0] for name in ("one", "two")}
    cycles, why = operations.simulated(operations.find_mca(), cpu, bodies)
    assert cycles["one"] == cycles["two"] > 1
    assert why is None
    cycles, why = operations.simulated(operations.find_mca(), "nonesuch", bodies)
    assert cycles == {}
    assert "nonesuch" in why


@pytest.fixture
def parsed(monkeypatch):
    """Return a command line of one module with one kernel, the disassembly above, in a place without llvm-mca."""
    monkeypatch.setattr(operations, "find_mca", lambda: None)
    monkeypatch.setattr(disassembly, "disassembled", lambda module: {"v3": AVX2 + FOLDED, "v0": "nothing"}[module])
    return types.SimpleNamespace(
        modules={"x86_64_v3": "v3", "baseline": "v0"}, kernels={"tanh": 1, "same": 1}, csv=False
    )


def test_the_table(parsed, capsys):
    """A line for each kernel that is there, figures for a register; and a word on what is left out."""
    disassembly.report(parsed)
    out, err = capsys.readouterr()
    title, _, *heads, line = out.rstrip().splitlines()
    assert title == "x86_64_v3, float32: operations and cycles for a register of results"
    columns = ["kernel", "registers", *operations.KINDS]
    shown = [one for one in columns if one in (*columns[:2], *AVX2_COUNTS)]
    shown += ["load", "store", "reads", "writes", "bound"]
    assert heads[-1].split() == shown
    figures = dict(zip(shown, line.split(), strict=True))
    assert figures["kernel"] == "tanh"
    assert (figures["fma"], figures["store"], figures["reads"], figures["writes"]) == ("1", "1.5", "1", "0.5")
    assert figures["bound"] == "1.5"
    assert err.splitlines() == [
        "llvm-mca is missing (part of LLVM): no CPU's cycles",
        "same_f has no loop of its own on vectors",
        "baseline is not made of vectors",
    ]


def test_the_table_for_a_program(parsed, capsys):
    """The same figures, and every column."""
    parsed.csv = True
    disassembly.report(parsed)
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (row["module"], row["dtype"], row["kernel"]) == ("x86_64_v3", "float32", "tanh")
    assert {kind: float(row[kind]) for kind in operations.COLUMNS} == {
        kind: AVX2_COUNTS.get(kind, 0) / 2 for kind in operations.COLUMNS
    }


def test_cells():
    """Tenths, nothing for zero, and a question mark where the simulator gave up."""
    assert [operations.figure(value) for value in (12.04, 0.25, 0.0, math.nan, "tanh")] == [
        "12",
        "0.2",
        "",
        "?",
        "tanh",
    ]
