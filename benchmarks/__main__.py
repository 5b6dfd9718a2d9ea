"""What softplus costs against ReLU, measured here and now: ``python -m benchmarks``."""

import argparse
import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from threadpoolctl import threadpool_limits

import fastact

from . import arrays, contenders, machine, report, training, verdict
from .runner import pinned, race
from .sheets import progress_bar


class Plan(NamedTuple):
    """How much time to spend: seconds for each race by level, at least so many rounds; epochs and seeds of training."""

    seconds: dict
    least: int
    epochs: int
    seeds: int


FULL = Plan({"L1": 8, "L2": 8, "L3": 10, "memory": 15}, least=5, epochs=50, seeds=5)
QUICK = Plan({"L1": 0.8, "L2": 0.8, "memory": 1}, least=1, epochs=20, seeds=3)


def main():
    """Run everything and report it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition(":")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and no L3: half a minute, rougher")
    default = Path(__file__).parent / "results"
    parser.add_argument(
        "--output", type=Path, default=default, metavar="DIR", help="for softplus.png and softplus.json"
    )
    arguments = parser.parse_args()

    with pinned(), progress_bar() as bar:  # before the libraries start their threads
        results, figures = run(QUICK if arguments.quick else FULL, bar)
    sizes, trained = results["sizes"], results["training"]
    results["verdict"] = verdict.paragraph(figures, sizes, results["machine"]["cpu"], trained)

    console = Console()
    for dtype in contenders.DTYPES:
        console.print(report.table(dtype, figures, sizes, results["versions"]))
    console.print(report.training_table(trained))
    console.print(results["verdict"], highlight=False)
    for name, why in results["failures"].items():
        console.print(f"Not measured: {name}: {why}", style="red", markup=False)

    arguments.output.mkdir(parents=True, exist_ok=True)
    picture, record = (arguments.output / f"softplus.{ending}" for ending in ("png", "json"))
    versions = ", ".join(f"{library} {version}" for library, version in results["versions"].items())
    report.picture(picture, figures, sizes, f"{results['machine']['cpu']}, one core; {versions}")
    report.record(record, results, figures)
    console.print(f"\n{picture}\n{record}", highlight=False, soft_wrap=True)


def run(plan, bar):
    """Train, then race in every dtype and at every level.

    Returns
    -------
    results : dict
        All that the record says but the figures and the verdict.
    figures : dict
        By dtype and level, nanoseconds an element by library and operation.
    """
    task = bar.add_task("training on the digits", total=1 + len(contenders.DTYPES) * sum(plan.seconds.values()))
    data = training.digits()
    with threadpool_limits(1):
        trained, nets = training.compare(data, plan.epochs, plan.seeds)
    values = training.preactivations(nets, np.concatenate([data.train_images, data.test_images]))
    bar.update(task, advance=1, description="importing libraries")
    libraries, failures = contenders.libraries()

    figures = {}
    sizes = {}
    for dtype in contenders.DTYPES:
        all_sizes = machine.sizes(np.dtype(dtype).itemsize)
        sizes[dtype] = {level: all_sizes[level] for level in plan.seconds}
        for level, elements in sizes[dtype].items():
            bar.update(task, description=f"{dtype}, {level}")
            x, out = arrays.buffers(values, elements, dtype)
            calls = contenders.checked_calls(libraries, contenders.RACE, x, out, failures)
            advance = partial(bar.advance, task)
            figures[dtype, level] = race(calls, elements, plan.seconds[level], plan.least, advance)
    results = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "isa": fastact.runtime_info()["isa"],
        "versions": {library.name: library.version for library in libraries},
        "sizes": sizes,
        "training": {"epochs": plan.epochs, "results": trained},
        "failures": failures,
    }
    return results, figures


if __name__ == "__main__":
    main()
