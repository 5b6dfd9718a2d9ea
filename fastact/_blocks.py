"""Arrays in blocks: what is computed in Python holds as much at a time as fits the caches."""

import math

BLOCK = 1 << 16  # elements


def blocks(shape, most=BLOCK):
    """Yield indices of blocks of an array, of so many elements each at most, in the order of its elements in C."""
    rest = math.prod(shape[1:])
    if not shape:
        yield ()
    elif rest <= most:
        step = max(1, most // max(rest, 1))
        yield from ((slice(start, start + step),) for start in range(0, shape[0], step))
    else:
        for i in range(shape[0]):
            yield from ((i, *block) for block in blocks(shape[1:], most))
