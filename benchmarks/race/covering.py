"""A covering set: so few combinations of factors that every allowed pair of their values still occurs."""

import itertools


def pairs(combination):
    """Return the pairs of values in a combination, each value with its place."""
    return set(itertools.combinations(enumerate(combination), 2))


def covering(factors, allowed=lambda *values: True):
    """Return combinations of one value of each factor in which every pair that any allowed one has occurs.

    Greedy: of all allowed combinations that hold the first pair still missing, the one with the most missing pairs.
    """
    everything = {one: pairs(one) for one in itertools.product(*factors) if allowed(*one)}
    holders = {}
    for one, held in everything.items():
        for pair in held:
            holders.setdefault(pair, []).append(one)
    missing = dict.fromkeys(holders)  # a set that keeps its order
    chosen = []
    while missing:
        candidates = holders[next(iter(missing))]
        best = max(candidates, key=lambda one: sum(pair in missing for pair in everything[one]))
        chosen.append(best)
        for pair in everything[best]:
            missing.pop(pair, None)
    return chosen
