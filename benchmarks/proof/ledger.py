"""What `exhaustive` has found, in one JSON file for each function: a run that was stopped goes on where it was."""

import importlib.metadata
import json
from typing import NamedTuple

import numpy as np

from ..files import RESULTS, build, fingerprint, replace
from ..forms import FORMS, REFERENCES, rounded_defaults
from .judge import BLOCK, SPAN, Tally

FOLDER = RESULTS / "exhaustive"
JUDGE = ("forms.py", "proof/exact.py", "proof/judge.py", "../tests/oracle.py")
REGISTRY = ("arrays.py", *(f"race/{name}.py" for name in ("compositions", "constants", "contenders", "peers")))


class Job(NamedTuple):
    """One contender on one function: measured against the exact results, or hashed, one span in ``stride``."""

    label: str  # a peer's name or a rung's
    version: str
    made_by: str  # a hash of all that the result depends on: another means another result
    stride: int = 0

    @property
    def key(self):
        """Its name in the file."""
        return f"{self.label}, hash of 1 in {self.stride}" if self.stride else self.label

    def inputs(self, blocks):
        """Return how many inputs of so many blocks it covers."""
        return blocks * BLOCK // (self.stride or 1)


class Ledger:
    """The findings on one function, by job and block: a `Tally`, or a hash."""

    def __init__(self, name, folder=FOLDER):
        self.path = folder / f"{name}.json"
        self.jobs = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}

    def blocks(self, job):
        """Return what is kept on a job, by block; what something else has made is forgotten."""
        if self.jobs.get(job.key, {}).get("made_by") != job.made_by:
            self.jobs[job.key] = {"made_by": job.made_by, "blocks": {}}
        return self.jobs[job.key]["blocks"]

    def found(self, job):
        """Return a job's findings, in the order of the blocks."""
        blocks = self.blocks(job)
        make = str if job.stride else lambda values: Tally(*values)
        return [make(blocks[block]) for block in sorted(blocks, key=int)]

    def has(self, job, block):
        """Whether a block is done."""
        return str(block) in self.blocks(job)

    def add(self, job, block, finding):
        """Enter what was found for one block."""
        self.blocks(job)[str(block)] = finding

    def save(self):
        """Write the file."""
        replace(self.path, json.dumps(self.jobs))


def plan(name, rung, others, stride, peers):
    """Return the jobs for one function.

    Parameters
    ----------
    name : str
        The function.
    rung : str
        The rung to measure.
    others : list of str
        The rungs to compare with it by hash.
    stride : int
        The baseline, which emulates the fused multiply-add, is compared on one span in so many.
    peers : dict
        The versions of the libraries that have the function.
    """
    versions = (importlib.metadata.version(module) for module in ("numpy", "mpmath"))
    judge = fingerprint(*JUDGE, REFERENCES[name].source, *versions)
    form = repr((name, rounded_defaults(FORMS[name], np.float32), FORMS[name].form.zeros, SPAN))
    builds = {each: fingerprint(judge, form, *build(each)) for each in (rung, *others)}
    registry = fingerprint(judge, form, *REGISTRY)
    jobs = [Job(rung, "", builds[rung])]
    jobs += [Job(label, version, fingerprint(registry, version)) for label, version in peers.items()]
    strides = {each: stride if each == "baseline" else 1 for each in others}
    jobs += [Job(rung, "", builds[rung], each) for each in sorted(set(strides.values()))]
    return jobs + [Job(each, "", builds[each], strides[each]) for each in others]
