"""The numbers in the formulas, of every library and of the exact results."""

import math

from fastact import _rows

NEGATIVE_SLOPE = 0.01
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
SELU_FLOOR = SELU_SCALE * SELU_ALPHA
GELU_TANH = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715

PARAMETERS = {row.name: {one.name: one.default for one in row.parameters} for row in _rows.rows()}  # the defaults
QUICK_GELU = 1.702
