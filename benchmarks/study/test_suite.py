"""The suite's record: what a case tells, and the tables of it on the page."""

import json
import subprocess
import sys

import pytest

from . import suite


def test_shares_in_the_record(tmp_path):
    """The JSON of a timed case tells its share of a copy and of the FMA peak; a missing peer is skipped with a word."""
    record = tmp_path / "speed.json"
    code = "import sys; from benchmarks.race import peers; peers.SUITE_PEERS['Missing'] = (('no_such_module',), None); "
    wanted = "test_peers and mish and not grad and float32 and (fastact or Missing)"
    chosen = ["benchmarks/race/test_speed.py", "-k", wanted]
    arguments = [*chosen, "-rs", f"--benchmark-json={record}"]
    code += f"import pytest; sys.exit(pytest.main({arguments!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Missing is not installed" in done.stdout
    (one,) = json.loads(record.read_text())["benchmarks"]
    assert 0 < one["extra_info"]["share_of_copy"] < 10
    assert 1 < one["extra_info"]["fma_an_element"] < 1000
    (table,) = suite.read(record)
    time = 1e9 * one["stats"]["min"] / one["extra_info"]["elements"]
    assert table["headings"] == ("", "fastact")
    assert table["rows"] == [["mish, float32", f"{time:.2f}"]]


def test_special_values_by_the_worst():
    """A library's ratio is that of its worst operation, against its own time for usual values."""
    times = {("usual", "exp"): 1.0, ("usual", "tanh"): 2.0, ("inf", "exp"): 2.5, ("inf", "tanh"): 3.0}
    cases = [
        {
            "name": "test_special_values[...]",
            "params": {"library": "NumPy", "special": kind, "operation": operation, "dtype": "float32"},
            "stats": {"min": 1e-9 * time},
            "extra_info": {"elements": 1},
        }
        for (kind, operation), time in times.items()
    ]
    assert suite.special(cases).rows == [["NumPy", "–", "–", "2.5 (exp, float32)", "–"]]


def test_no_record_of_the_suite(tmp_path):
    """No file, no tables; another file is refused by name."""
    path = tmp_path / "suite.json"
    assert suite.read(path) == []
    path.write_text("{}")
    with pytest.raises(SystemExit, match=r"suite\.json is no record of the suite: KeyError"):
        suite.read(path)
