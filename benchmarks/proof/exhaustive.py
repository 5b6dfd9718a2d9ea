"""Check all 2^32 float32 inputs of functions and gradients: ``python -m benchmarks.proof.exhaustive [names]``.

One rung of fastact, and the other libraries where they have the function, are measured against the rows' NumPy
formulas in float64, which `exact` samples against mpmath first; the other rungs are compared with the first by a hash
of their results. What is found is kept in `ledger`, block by block: a run that was stopped goes on where it was.
``--write`` makes docs/accuracy.md of it; what that page has on functions that were not measured anew stays where every
rung's hash is the one that it gives.
"""

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from rich.console import Console

from fastact import _dispatch

from ..forms import FORMS
from ..progress import progress_bar
from . import accuracy, exact, judge
from .ledger import Ledger, plan

SAVE = 5  # seconds between two writings of the ledger


def main():
    """Check the functions asked for, print a table for each, and return 1 if fastact breaks a promise."""
    arguments = parse()
    console = Console(width=None if sys.stdout.isatty() else 140)
    context = multiprocessing.get_context("spawn")  # the libraries' threads do not outlive a fork
    reports, failures = [], {}
    with ProcessPoolExecutor(os.cpu_count(), context, judge.start_worker) as pool:
        try:
            for name in arguments.names:
                report, failed = check(pool, name, arguments, console)
                failures |= failed
                reports.append(report)
                console.print(accuracy.table(report))
            if arguments.write:
                everything = [compared(pool, name, arguments) for name in FORMS]
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            console.print("Interrupted. What was found is kept: the same command goes on from here.")
            return 130
    for library, why in failures.items():
        console.print(f"Left out: {library}: {why}", style="red", markup=False)
    if arguments.write:
        accuracy.write(everything)
        console.print(f"Written: {accuracy.PAGE}")
    return int(not all(report.kept for report in reports))


def parse():
    """Return the command line's arguments."""
    names = list(FORMS)
    description = __doc__.partition(":")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof.exhaustive", description=description)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(names)}; all by default")
    rungs = _dispatch.survey()[0]
    parser.add_argument("--isa", default=_dispatch.ISA, choices=rungs, help="the rung to measure")
    parser.add_argument("--rungs", nargs="*", default=rungs, choices=rungs, help="to be compared with it by hash")
    parser.add_argument(
        "--stride", type=int, default=16, help="compare the slow baseline on one input in so many (default 16)"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave out the other libraries")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--write", action="store_true", help=f"write {accuracy.PAGE.name} from all that was found")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    arguments.names = arguments.names or names
    arguments.rungs = others(arguments.isa, arguments.rungs)
    return arguments


def others(rung, rungs):
    """Return those rungs that are to have the same bits as ``rung``: the NumPy one need not."""
    return [] if rung == _dispatch.NUMPY else [each for each in rungs if each not in (rung, _dispatch.NUMPY)]


def survey(pool, name, arguments):
    """Return what the ledger has on a function, its ledger and jobs, and why libraries are left out."""
    versions, failures = ({}, {}) if arguments.no_peers else pool.submit(judge.offers, name).result()
    jobs = plan(name, arguments.isa, arguments.rungs, arguments.stride, versions)
    ledger = Ledger(name)
    return accuracy.Report(name, jobs, ledger), {f"{name}, {library}": why for library, why in failures.items()}


def check(pool, name, arguments, console):
    """Find what the ledger lacks on one function, and return the report on it and why libraries are left out."""
    report, failures = survey(pool, name, arguments)
    if report.reference_error > exact.TOLERANCE:
        raise SystemExit(f"The reference of {name} is {report.reference_error:.1e} ULP off mpmath.")
    if arguments.fresh:
        report.ledger.jobs.clear()
    there = sum(len(report.ledger.found(job)) for job in report.jobs)
    total = judge.BLOCKS * len(report.jobs)
    if there:
        console.print(f"{name}: {100 * there / total:.0f} % was found before.")
    with progress_bar() as bar:
        task = bar.add_task(name, total=total, completed=there)
        run(pool, report, range(judge.BLOCKS), lambda: bar.advance(task))
    return report, failures


def compared(pool, name, arguments):
    """Return the report on a function; where it lacks something, all rungs' hashes at least are found.

    They tell whether what the page has on the function, if anything, still holds.
    """
    report, _ = survey(pool, name, arguments)
    if len(report.complete()) < len(report.jobs) and name in accuracy.names():
        hashed = accuracy.Report(name, [job for job in report.jobs if job.stride], report.ledger)
        with progress_bar() as bar:
            task = bar.add_task(f"{name}, by hash", total=judge.BLOCKS * len(hashed.jobs))
            run(pool, hashed, range(judge.BLOCKS), lambda: bar.advance(task))
    return report


def run(pool, report, blocks, progress):
    """Hand out what the ledger lacks, and enter what comes back; call ``progress`` for each block of each job.

    However it ends, what has come back is on the disk.
    """
    futures = {future: rest for block in blocks for future, *rest in submit(pool, report, block)}
    saved = time.monotonic()
    try:
        for future in as_completed(futures):
            jobs, block = futures.pop(future)
            for label, finding in future.result().items():
                report.ledger.add(jobs[label], block, finding)
                progress()
            if time.monotonic() - saved > SAVE:
                report.ledger.save()
                saved = time.monotonic()
    finally:
        for future in futures:
            future.cancel()
        report.ledger.save()


def submit(pool, report, block):
    """Hand out what the ledger lacks on a block; yield each future with the jobs that it is for, and the block."""
    lacking = [job for job in report.jobs if not report.ledger.has(job, block)]
    measured = {job.label: job for job in lacking if not job.stride}
    if measured:
        yield pool.submit(judge.measure, report.name, list(measured), block), measured, block
    for job in lacking:
        if job.stride:
            hashed = pool.submit(judge.digest, report.name, job.label, job.stride, block)
            yield hashed, {job.label: job}, block


if __name__ == "__main__":
    sys.exit(main())
