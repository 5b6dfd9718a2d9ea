"""The measuring of one block of inputs, as the processes of `exhaustive` do it.

A block is 2^24 bit patterns of float32 in order, handed to the libraries in spans. Results are compared with the exact
ones bit by bit, and only those that differ from the correctly rounded one are measured.
"""

import functools
import hashlib
import signal
from functools import partial
from typing import NamedTuple

import numpy as np

from fastact._rows import ZERO_REACH
from tests import oracle

from .. import forms
from ..arrays import aligned
from ..forms import FORMS, REFERENCES
from ..race import contenders
from .exact import RESOLUTION

BLOCKS = 256
BLOCK = (1 << 32) // BLOCKS
SPAN = 1 << 16  # for one call of a library
PIECES = [slice(start, start + (1 << 13)) for start in range(0, SPAN, 1 << 13)]  # they stay in the cache
FASTACT = "fastact"


class Tally(NamedTuple):
    """What was found over some inputs. ``worst`` is the bit pattern of the input with the largest error."""

    ulp: float = 0.0
    worst: int | None = None
    inexact: int = 0  # not the correctly rounded result
    nan: int = 0  # NaN for a number or a number for NaN
    inf: int = 0  # infinity for a number or a number for infinity
    sign: int = 0
    lost: int = 0  # zero for a number that does not round to zero

    def __add__(self, other):
        """Return the tally of both sets of inputs; of two equal errors the left one's input is kept."""
        first = self if self.ulp >= other.ulp else other
        return Tally(first.ulp, first.worst, *(a + b for a, b in zip(self[2:], other[2:], strict=True)))

    @property
    def mismatches(self):
        """How many results are wrong in kind."""
        return self.nan + self.inf + self.sign + self.lost


def compare(result, wide, rounded, x, zeros=()):
    """Return the tally of some results. Callers silence NumPy's warnings.

    Parameters
    ----------
    result : ndarray of float32
    wide, rounded : ndarray of float64 and float32
        The exact results, and the same rounded.
    x : ndarray of float32
        The inputs.
    zeros : tuple of float
        The listed zeros of a derivative. Close to one of them the error is the smaller of that in ULP and of the
        absolute error in 2^-24, and within 1 of either the sign is free, and zero as good as another number.
    """
    differ = np.flatnonzero(result.view(np.uint32) != rounded.view(np.uint32))
    if differ.size == 0:
        return Tally()
    result, wide, rounded, x = (array[differ] for array in (result, wide, rounded, x))
    nan, exact_nan = np.isnan(result), np.isnan(wide)
    inexact = ~(nan & exact_nan)
    wrong_nan = nan ^ exact_nan
    error = np.abs(result - wide)
    off = error / oracle.ulps(np.float32, wide)
    sign = (np.signbit(result) != np.signbit(wide)) & ~(nan | exact_nan)
    lost = oracle.lost(result, wide, np.float32)
    for zero in zeros:
        near = np.abs(x - zero) < ZERO_REACH
        off[near] = np.minimum(off, error / RESOLUTION)[near]
        sign &= ~(near & (off <= 1))
        lost &= ~(near & (off <= 1))
    infinite = (np.isinf(result) | np.isinf(rounded)) & ~(nan | exact_nan)
    largest = np.finfo(np.float32).max  # at the end of the range it and infinity are neighbours
    wrong_inf = infinite & ~((np.abs(result) >= largest) & (np.abs(wide) > largest) & ~sign)
    off[infinite | nan | exact_nan] = 0
    worst = int(off.argmax())
    kinds = (inexact, wrong_nan, wrong_inf, sign & ~wrong_inf, lost & ~sign)
    counts = (int(np.count_nonzero(flags)) for flags in kinds)
    return Tally(float(off[worst]), int(x[worst].view(np.uint32)) if off[worst] else None, *counts)


def patterns(start, out):
    """Fill an array of float32 with the bit patterns from ``start`` on."""
    np.add(np.arange(out.size, dtype=np.uint32), np.uint32(start), out=out.view(np.uint32))


@functools.cache
def buffers():
    """Return this process's input and output."""
    return aligned(SPAN, np.float32), aligned(SPAN, np.float32)


@functools.cache
def peers():
    """Return the libraries other than fastact by name, and why some that are installed cannot be used."""
    found, failures = contenders.libraries()
    return {library.name: library for library in found if library.name != FASTACT}, failures


@functools.cache
def prepare(name, label):
    """Return a call that computes one function from the input buffer; None where a peer does not have it.

    ``label`` is a peer's name or a rung's. A peer that computes something else, or from another input than the
    buffer, is a ValueError.
    """
    x, out = buffers()
    if label not in peers()[0]:
        return partial(forms.case(FORMS[name], label), x, out=out)
    x[:] = 1
    call = peers()[0][label].contender(name, x, out)
    if call is None:
        return None

    def computed():
        result = call()
        return out if result is None else np.asarray(result)

    for end in (3, -3):  # not through 0, where gradients differ by convention
        x[:] = np.linspace(-end, end, SPAN)
        exact = REFERENCES[name](x, **forms.rounded_defaults(FORMS[name], np.float32))
        if not np.allclose(computed(), exact, rtol=1e-2, atol=1e-3):
            raise ValueError(f"computes something else than {name} of the given input")
    return computed


def offers(name):
    """Return the versions of the peers that have a function, by name, and a dict of why not for those that fail."""
    libraries, failures = peers()
    failures = dict(failures)
    versions = {}
    for label, library in libraries.items():
        try:
            if prepare(name, label) is not None:
                versions[label] = library.version
        except Exception as error:
            failures[label] = f"{type(error).__name__}: {error}"
    return versions, failures


def measure(name, labels, block, size=BLOCK):
    """Return the tallies of some contenders over one block, by label."""
    x, _ = buffers()
    defaults, listed = forms.rounded_defaults(FORMS[name], np.float32), FORMS[name].form.zeros
    calls = {label: prepare(name, label) for label in labels}
    tallies = dict.fromkeys(labels, Tally())
    wide, rounded = np.empty(SPAN), np.empty(SPAN, np.float32)
    for start in range(block * BLOCK, block * BLOCK + size, SPAN):
        patterns(start, x)
        with np.errstate(all="ignore"):
            for piece in PIECES:
                wide[piece] = REFERENCES[name](x[piece], **defaults)
                rounded[piece] = wide[piece]
            for label, call in calls.items():
                result = call()
                for piece in PIECES:
                    tallies[label] += compare(result[piece], wide[piece], rounded[piece], x[piece], listed)
    if np.float64(1e-40).astype(np.float32) == 0:
        raise RuntimeError("a library has made this process flush subnormal numbers to zero")
    return tallies


def digest(name, rung, stride, block, size=BLOCK):
    """Return, by its label, a hash of one rung's results on one span in ``stride`` of a block; all NaN are one."""
    x, out = buffers()
    call = prepare(name, rung)
    state = hashlib.sha256()
    spans = range(block * BLOCK, block * BLOCK + size, SPAN)
    for start in spans[block % stride :: stride]:  # another place in every block, lest the binades be cut alike
        patterns(start, x)
        call()
        out[np.isnan(out)] = np.nan
        state.update(out)
    return {rung: state.hexdigest()}


def start_worker():
    """Leave Ctrl-C to the process that hands out the work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
