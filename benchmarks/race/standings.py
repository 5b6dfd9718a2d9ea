"""Where fastact stands after a section of the race: its time, the rival's, their ratio, and whether it is as asked."""

from typing import NamedTuple

from .targets import PEERS, Target

OWN = "fastact"
EVERY = ""  # the operation of a contender that all of a section's are compared with

HIT, MISS, UNKNOWN = "hit", "miss", "not measured"


class Standing(NamedTuple):
    """One operation: nanoseconds of fastact and by library, and the fastest of those that it is held against."""

    operation: str
    own: float
    times: dict
    rival: str | None
    target: Target | None

    @property
    def ratio(self):
        """How many times faster than the rival; where the target is a limit, what part of the rival's time."""
        if self.rival is None:
            return None
        rival = self.times[self.rival]
        return self.own / rival if self.target and self.target.at_most else rival / self.own

    @property
    def verdict(self):
        """`HIT` or `MISS`; `UNKNOWN` where no rival was there; None where nothing is asked."""
        if self.target is None:
            return None
        if self.ratio is None:
            return UNKNOWN
        reached = self.ratio <= self.target.asked if self.target.at_most else self.ratio >= self.target.asked
        return HIT if reached else MISS

    @property
    def asked(self):
        """What is asked, in words."""
        if self.target is None:
            return ""
        sign, aim = "≤" if self.target.at_most else "≥", self.target.aim
        return f"{sign} {self.target.asked:g}" + (f", aim {aim:g}" if aim else "")


def standings(times, targets):
    """Return the standing of each of fastact's operations.

    Parameters
    ----------
    times : dict
        Nanoseconds by library and operation, as `runner.race` returns them.
    targets : dict
        By operation.
    """
    return [standing(operation, times, targets.get(operation)) for library, operation in times if library == OWN]


def standing(operation, times, target):
    """Return the standing of one operation."""
    others = {library: time for (library, name), time in times.items() if library != OWN and name in (operation, EVERY)}
    against = [name for name in (target.against if target else PEERS) if name in others]
    rival = min(against, key=others.get, default=None)
    return Standing(operation, times[OWN, operation], others, rival, target)


def worst(found):
    """Return of the standings with one base operation, as of several strides, the one nearest to a miss."""
    worst_of = {}
    for one in found:
        base = one.operation.partition(" ")[0]
        if base not in worst_of or one.ratio > worst_of[base].ratio:
            worst_of[base] = one
    return list(worst_of.values())
