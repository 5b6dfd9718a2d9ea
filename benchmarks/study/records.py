"""A run's record: written claim by claim, so that a run that was stopped goes on from there; and two runs compared."""

import contextlib
import datetime
import importlib.metadata
import json
from pathlib import Path

import fastact

from .. import files, machine

DISTRIBUTIONS = {
    "fastact": "fastact",
    "NumPy": "numpy",
    "SciPy": "scipy",
    "PyTorch": "torch",
    "JAX": "jax",
    "ONNX Runtime": "onnxruntime",
}


def load(path):
    """Return the record that a file holds.

    Raises
    ------
    SystemExit
        If there is none.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        verdicts(record)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} is no record of a run: {type(error).__name__}: {error}") from None
    return record


def conditions(level):
    """Return all that a result depends on: a run goes on only with results that were made alike."""
    isa = fastact.runtime_info()["isa"]
    own = [str(path.relative_to(files.HERE)) for path in sorted(files.HERE.rglob("*.py"))]
    return {
        "level": level,
        "machine": machine.describe(),
        "isa": isa,
        "versions": versions(),
        "build": files.fingerprint(*files.build(isa), *own),
    }


def versions():
    """Return the versions of the libraries that are installed, by name."""
    found = {}
    for name, distribution in DISTRIBUTIONS.items():
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(distribution)
    return found | {"fastact": fastact.__version__}


class Run:
    """The claims measured so far, in ``unfinished.json`` of a folder until all are.

    Attributes
    ----------
    claims : dict
        By key: the result, the verdict and the seconds that it took.
    resumed : int
        How many of them an earlier run has left.
    """

    def __init__(self, folder, level):
        self.unfinished = Path(folder) / "unfinished.json"
        self.conditions = conditions(level)
        self.claims = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            before = json.loads(self.unfinished.read_text(encoding="utf-8"))
            if before["conditions"] == self.conditions:
                self.claims = before["claims"]
        self.resumed = len(self.claims)

    def add(self, claim, result, seconds):
        """Enter a claim's result, judged, and write all that there is."""
        result = json.loads(json.dumps(result, allow_nan=False))  # as the page will find it, tuples made lists
        judged = claim.verdict(result)._asdict()
        self.claims[claim.key] = {"verdict": judged, "seconds": seconds, "result": result}
        files.replace(self.unfinished, json.dumps({"conditions": self.conditions, "claims": self.claims}))

    def record(self):
        """Return the record of the finished run."""
        run = {
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "seconds": sum(one["seconds"] for one in self.claims.values()),
        }
        return {"run": run | self.conditions, "claims": self.claims}

    def finish(self):
        """Forget the unfinished run: the next begins anew."""
        self.unfinished.unlink(missing_ok=True)


def verdicts(record):
    """Return what every claim was found to be."""
    return {key: one["verdict"]["holds"] for key, one in record["claims"].items()}


def differences(one, other):
    """Return a line for every claim in which two records disagree, or that one of them lacks."""
    found = verdicts(one), verdicts(other)
    keys = dict.fromkeys([*found[0], *found[1]])
    return [
        f"{key}: {', and in the other run '.join(each.get(key, 'not measured') for each in found)}"
        for key in keys
        if found[0].get(key) != found[1].get(key)
    ]
