"""``python -m tests.fuzz SECONDS SEED FOLDER [NAMES]``: the fuzz target for a time, and a report.

With names of elementwise functions it draws calls of these alone.

The calls are made in a child process. Before each one it notes which it is, so that a crash or a call that does not end
is a finding as well; another child then goes on.
"""

import collections
import faulthandler
import json
import re
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ..cases import RUNGS
from . import check, drawing

BATCH = 1000  # examples
PATIENCE = 300  # seconds that one example may take


def calls(names):
    """Return the strategy of calls, of all functions or of these."""
    if names:
        return drawing.elementwise(names)
    return st.one_of(*[drawing.elementwise(), drawing.along()] * 3, *[drawing.methods()] * 2, drawing.others())


def features(call):
    """Yield what a call is an example of."""
    yield f"kind {type(call).__name__}"
    given = call.inputs[0].dtype if call.inputs else call.options["dtype"]
    yield f"function {call.function} {np.dtype(given).newbyteorder('=').name}"
    views = [one for one in call.inputs if isinstance(one, drawing.View)]
    for one in views:
        yield from (f"input {layout}" for layout in layouts(one))
    yield from ("input number" for one in call.inputs if isinstance(one, int | float | np.floating))
    if len({one.dtype for one in views}) > 1:
        yield "mixed dtypes"
    if isinstance(call, drawing.Method):
        yield f"method {call.method}"
    if not isinstance(call, drawing.Elementwise | drawing.Along):
        return
    yield from (f"{name}={value}" for name, value in call.options.items())
    for view in filter(None, drawing.outs(call)):
        yield from (f"out {layout}" for layout in layouts(view))
        memory = drawing.memories(call)
        out = view.make(memory)
        if any(np.may_share_memory(one.make(memory), out) for one in views):
            yield "out over an input"
    if call.where is not True:
        yield "where="
    if call.raising:
        yield "errstate raise"


def layouts(view):
    """Yield in which ways a view is not a plain array."""
    itemsize = np.dtype(view.dtype).itemsize
    expected, swapped = itemsize, np.dtype(view.dtype).byteorder == ">"
    contiguous = True
    for size, stride in zip(reversed(view.shape), reversed(view.strides), strict=True):
        contiguous &= stride == expected or size == 1
        expected *= size
    yield "contiguous" if contiguous else "strided"
    axes = [stride for size, stride in zip(view.shape, view.strides, strict=True) if size > 1]
    yield from (
        name
        for name, is_so in {
            "0-d": not view.shape,
            "empty": 0 in view.shape,
            "byte-swapped": swapped,
            "misaligned": view.offset % itemsize or any(stride % itemsize for stride in axes),
            "negative strides": any(stride < 0 for stride in axes),
            "stride 0": 0 in axes,
            "over other operands": view.values is None,
            "read-only": not view.writeable,
        }.items()
        if is_so
    )


def signature(call, error):
    """Return what findings that are the same have in common."""
    said = re.sub(r"(?<!\w)-?\d[\d.]*(e[+-]?\d+)?", "#", str(error))[:160]
    return f"{type(call).__name__} {call.function} {type(error).__name__} {said}"


class Child:
    """Makes calls until the time is over."""

    def __init__(self, folder, number, names):
        self.folder, self.number, self.names = folder, number, names
        self.counts, self.known, self.last = collections.Counter(), set(), None
        self.note = (folder / "last").open("w")

    def run(self, until, first):
        """Draw batches of examples, each with a seed of its own."""
        for batch in range(first, first + 1_000_000):
            if time.time() > until:
                return
            property_ = settings(
                max_examples=BATCH,
                deadline=None,
                database=None,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate, Phase.shrink],
            )(seed(batch)(given(calls(self.names))(self.one)))
            try:
                property_()
            except BaseException as error:
                if self.last is None or isinstance(error, KeyboardInterrupt):
                    raise
                self.finding(batch, *self.last)
            self.write()

    def one(self, call):
        """Make one call."""
        self.note.seek(0)
        self.note.write(f"{call!r}\n")
        self.note.truncate()
        self.note.flush()
        self.counts["examples"] += 1
        self.counts.update(features(call))
        try:
            check(call)
        except Exception as error:
            name = signature(call, error)
            if name in self.known:
                self.counts["examples of known findings"] += 1
                return
            self.last = (name, call, traceback.format_exc(limit=-4))
            raise

    def finding(self, batch, name, call, text):
        """Keep a finding with its least example."""
        self.known.add(name)
        self.last = None
        with (self.folder / "findings.txt").open("a") as file:
            file.write(f"seed {batch}: {name}\n{text}\n{call!r}\n\n")

    def write(self):
        """Keep the counts so far."""
        path = self.folder / f"counts-{self.number}.json"
        path.with_suffix(".part").write_text(json.dumps(self.counts))
        path.with_suffix(".part").replace(path)


def parent(seconds, first, folder, names):
    """Start children until the time is over."""
    until, number = time.time() + seconds, 0
    for old in [*folder.glob("counts-*.json"), folder / "findings.txt"]:
        old.unlink(missing_ok=True)
    while time.time() < until:
        (folder / "last").unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.fuzz", "--child", until, first + 1_000_000 * number, folder, number]
        command += names
        with (folder / "stderr").open("w") as stderr:
            child = subprocess.Popen(list(map(str, command)), stderr=stderr)
            try:
                why = waited(child, until, folder)
            finally:
                child.kill()
        if why:
            with (folder / "findings.txt").open("a") as file:
                file.write(f"child {number}: {why}\n{(folder / 'stderr').read_text()[-3000:]}\n{last(folder)}\n")
            if not (folder / f"counts-{number}.json").exists() and not last(folder):
                sys.exit(f"the child did not start: {why}\n{(folder / 'stderr').read_text()}")
        number += 1


def waited(child, until, folder):
    """Return how a child went wrong, "" where it did not; print its progress."""
    started = shown = time.time()
    while True:
        try:
            code = child.wait(5)
            return "" if code == 0 else f"ended with {code}"
        except subprocess.TimeoutExpired:
            pass
        note = folder / "last"
        if time.time() - max(started, note.stat().st_mtime if note.exists() else 0) > PATIENCE:
            child.kill()
            return f"no end after {PATIENCE} seconds"
        if time.time() - shown > 60:
            shown = time.time()
            print(f"{until - shown:.0f} s to go, {total(folder)['examples']} examples", flush=True)


def last(folder):
    """Return the call that was made last."""
    path = folder / "last"
    return path.read_text() if path.exists() else ""


def total(folder):
    """Return the counts of all children."""
    counts = collections.Counter()
    for path in folder.glob("counts-*.json"):
        counts.update(json.loads(path.read_text()))
    return counts


def report(seconds, first, folder):
    """Return the report."""
    counts = total(folder)
    lines = [f"{seconds} s from seed {first}, on {', '.join(RUNGS)}: {counts.pop('examples', 0)} examples", ""]
    table, dtypes = collections.defaultdict(collections.Counter), collections.Counter()
    for key in [key for key in counts if key.startswith("function ")]:
        _, function, dtype = key.split()
        table[function][dtype] += counts[key]
        dtypes[dtype] += counts.pop(key)
    columns = [dtype for dtype, _ in dtypes.most_common(12)]
    lines.append(
        "Functions are called on every rung, methods of ufuncs on the compiled ones, what is no ufunc on that in use."
    )
    lines.append(f"{'examples by function and dtype of the first input':50}" + "".join(f"{one:>9}" for one in columns))
    lines += [f"{name:50}" + "".join(f"{row[one]:9}" for one in columns) for name, row in sorted(table.items())]
    lines += ["", *(f"{name:40} {count:9}" for name, count in sorted(counts.items())), ""]
    found = folder / "findings.txt"
    return "\n".join(lines) + "\n" + (found.read_text() if found.exists() else "no findings\n")


def main():
    """Be the parent, or with --child one of its children."""
    if sys.argv[1] == "--child":
        faulthandler.enable()
        until, first, folder, number, *names = sys.argv[2:]
        Child(Path(folder), number, names).run(float(until), int(first))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # not without ending the child
    seconds, first, folder, names = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]
    folder.mkdir(parents=True, exist_ok=True)
    parent(seconds, first, folder, names)
    text = report(seconds, first, folder)
    (folder / "report.txt").write_text(text)
    print(text)
    return int((folder / "findings.txt").exists())


if __name__ == "__main__":
    sys.exit(main())
