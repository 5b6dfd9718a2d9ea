"""What setup.py makes of the rows: the compiled loops' entries and kernels, the public functions, the stubs.

Nothing here is in the wheel. What is rendered reads as if it were written by hand.
"""
