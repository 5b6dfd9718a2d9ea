"""Vector loops are found in a disassembly, and so is what does not belong there."""

import pytest

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
