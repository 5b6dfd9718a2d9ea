"""Accuracy. In float32 of all inputs: ``python -m benchmarks.proof.exhaustive``; in float64 the worst that is found.

``exact`` says how far the judge's own formulas may be off, ``judge`` measures, ``ledger`` keeps what was found,
``accuracy`` makes tables of it. ``search`` looks for the worst float64 inputs. ``disassembly`` reads the compiler's
output.
"""
