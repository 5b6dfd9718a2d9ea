"""What the page shows of the suite: tables of the JSON that ``pytest benchmarks --benchmark-json=FILE`` writes."""

import json

from .claim import Table

KINDS = ("usual", "subnormal", "nan", "inf", "huge")


def read(path):
    """Return the suite's tables from its JSON, as the record has them; none where there is no such file.

    Raises
    ------
    SystemExit
        If the file is there but none of the suite's.
    """
    try:
        cases = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
        return [table._asdict() for table in (peers(cases), special(cases), limits(cases)) if table.rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} is no record of the suite: {type(error).__name__}: {error}") from None


def of_test(cases, name):
    """Return the parameters, nanoseconds an element and shares of one test's cases."""
    found = [case for case in cases if case["name"].startswith(f"{name}[")]
    return [
        (case["params"], 1e9 * case["stats"]["min"] / case["extra_info"]["elements"], case["extra_info"])
        for case in found
    ]


def peers(cases):
    """Return nanoseconds an element by operation and library."""
    times = {}
    for given, time, _ in of_test(cases, "test_peers"):
        times.setdefault((given["operation"], given["dtype"]), {})[given["library"]] = time
    libraries = list(dict.fromkeys(library for row in times.values() for library in row))
    rows = [
        [f"{operation}, {dtype}", *(f"{row[one]:.2f}" if one in row else "–" for one in libraries)]
        for (operation, dtype), row in times.items()
    ]
    return Table("Nanoseconds an element in cache, each case by itself.", ("", *libraries), rows)


def special(cases):
    """Return how many times as long each library takes for special values, by the worst of its operations."""
    times = {}
    for given, time, _ in of_test(cases, "test_special_values"):
        times.setdefault(given["library"], {})[given["special"], given["operation"], given["dtype"]] = time
    rows = []
    for library, found in times.items():
        cells = []
        for kind in KINDS[1:]:
            ratios = [
                (time / found["usual", *rest], *rest)
                for (own, *rest), time in found.items()
                if own == kind and ("usual", *rest) in found
            ]
            ratio, operation, dtype = max(ratios, default=(None, "", ""))
            cells.append("–" if ratio is None else f"{ratio:.1f} ({operation}, {dtype})")
        rows.append([library, *cells])
    caption = "How many times as long as on usual values an array of special ones takes: the worst operation."
    return Table(caption, ("", *KINDS[1:]), rows)


def limits(cases):
    """Return fastact's contiguous cases on the best rung, and what they are of what the machine can do."""
    found = [one for one in of_test(cases, "test_fastact") if one[0]["layout"] == "contiguous"]
    rows = [
        [
            f"{given['operation']}, {given['dtype']}, {given['level']}, {given['rung']}",
            f"{time:.2f}",
            f"{shares['share_of_copy']:.0%}",
            f"{shares['fma_an_element']:.0f}",
        ]
        for given, time, shares in found
    ]
    headings = ("", "ns an element", "of a copy's speed", "FMAs in that time, an element")
    return Table("fastact beside the machine's limits: a copy of the same size, and a matrix product.", headings, rows)
