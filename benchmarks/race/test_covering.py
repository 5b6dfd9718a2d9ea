"""The covering set leaves out no pair."""

import itertools

from .covering import covering, pairs


def test_every_allowed_pair():
    """All pairs that an allowed combination has are covered, none that is not allowed, in far fewer cases."""
    factors = (range(30), "ab", "cdefg", "hijk", "lmno")

    def allowed(number, *letters):
        return number != 3 or "g" not in letters

    product = [one for one in itertools.product(*factors) if allowed(*one)]
    chosen = covering(factors, allowed)
    assert set().union(*map(pairs, chosen)) == set().union(*map(pairs, product))
    assert all(allowed(*one) for one in chosen)
    assert len(chosen) < len(product) / 10
