"""The report: a run that is interrupted goes on, the page stands alone, and a browser shows it whole."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from html import escape, unescape

import pytest

from .. import files
from . import command, page, readme, records
from .claim import FAILS, HOLDS, IN_PART, Claim, Table, Verdict
from .claims import CLAIMS, cost_figures, pareto

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE = Table("A table of the suite", ("", *("a library" for _ in range(20))), [["an operation", *("1.00" * 20)]])
FRAME = """<!DOCTYPE html><body><iframe style="border: 0; width: {width}px; height: 900px" srcdoc="{page}"></iframe>
<script>addEventListener("load", () => {{
  const {{document: page, innerWidth: width, matchMedia}} = frames[0];
  page.querySelectorAll("details").forEach(each => each.open = true);
  const images = [...page.images].map(image => [image.naturalWidth, image.currentSrc]);
  const found = {{width, reach: page.documentElement.scrollWidth, images,
    dark: matchMedia("(prefers-color-scheme: dark)").matches}};
  const written = Object.assign(document.createElement("pre"), {{id: "found", textContent: JSON.stringify(found)}});
  document.body.append(written);
}});</script></body>"""


def command_line(folder):
    """Return the command of a quick run into a folder."""
    return [sys.executable, "-m", "benchmarks", "--quick", "--output", str(folder)]


def interrupted(folder, number):
    """Start a quick run, send it a signal once a claim is measured, and return the process and what it printed."""
    before = signal.signal(number, signal.default_int_handler)  # what is ignored here would be in the child too
    with subprocess.Popen(command_line(folder), stdout=subprocess.PIPE, text=True) as process:
        signal.signal(number, before)
        deadline = time.monotonic() + 120
        while not (folder / "unfinished.json").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        printed, _ = process.communicate(timeout=60)
    return process, printed


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the folder of a quick run that was interrupted and then went on, and what both printed."""
    folder = tmp_path_factory.mktemp("report")
    process, first = interrupted(folder, signal.SIGINT)
    assert process.returncode == 128 + signal.SIGINT
    assert [path.name for path in folder.iterdir()] == ["unfinished.json"]
    kept = json.loads((folder / "unfinished.json").read_text(encoding="utf-8"))["claims"]
    second = subprocess.run(command_line(folder), capture_output=True, text=True, check=True).stdout
    return folder, first, second, kept


@pytest.fixture(scope="module")
def record(run):
    """Return the record of the run."""
    return records.load(run[0] / "report.json")


def test_interrupted_run_goes_on(run, record):
    """It says how, leaves nothing half-written, and measures again nothing that it has."""
    folder, first, second, kept = run
    assert f"python -m benchmarks --quick --output {folder}" in first.splitlines()
    assert f"{len(kept)} of {len(CLAIMS)} claims were measured" in second
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json"]
    assert {key: record["claims"][key] for key in kept} == kept
    assert list(record["claims"]) == [claim.key for claim in CLAIMS]
    assert all(f"{claim.title}: {record['claims'][claim.key]['verdict']['holds']}" in second for claim in CLAIMS)


def test_terminated_run(tmp_path):
    """To be asked to end is as good an interruption."""
    process, printed = interrupted(tmp_path, signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    assert "goes on from there" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["unfinished.json"]


def claim_of(key, measure):
    """Return a claim that takes no time."""
    seconds = dict.fromkeys(("quick", "default", "full"), 1)
    return Claim(key, key, "c", "m", measure, lambda result: [], lambda result: Verdict(HOLDS, "t"), seconds)


def test_other_conditions_begin_anew(tmp_path, monkeypatch):
    """What another level, machine or build has left is not taken over, nor is a finished run."""
    claim = claim_of("a", None)
    records.Run(tmp_path, "quick").add(claim, {"x": 1}, 1.0)
    assert records.Run(tmp_path, "quick").claims["a"]["result"] == {"x": 1}
    assert records.Run(tmp_path, "full").claims == {}
    with monkeypatch.context() as patched:
        patched.setattr(records.machine, "cpu", lambda: "another")
        assert records.Run(tmp_path, "quick").claims == {}
    with monkeypatch.context() as patched:
        patched.setattr(records.files, "build", lambda isa: ("__init__.py",))
        assert records.Run(tmp_path, "quick").claims == {}
    records.Run(tmp_path, "quick").finish()
    assert records.Run(tmp_path, "quick").claims == {}


@pytest.mark.parametrize("kept", ["", "{", "[]", "{}"])
def test_damaged_remains_begin_anew(tmp_path, kept):
    """What is no unfinished run is not taken for one."""
    (tmp_path / "unfinished.json").write_text(kept, encoding="utf-8")
    assert records.Run(tmp_path, "quick").claims == {}


def test_interrupted_writing(tmp_path, monkeypatch):
    """A file is replaced in whole or stays as it was."""
    path = tmp_path / "f"
    files.replace(path, "before")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.replace(path, "after")
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_failing_claim_keeps_the_others(tmp_path, monkeypatch):
    """An error in one claim loses nothing of those before it."""

    def fail(level, progress):
        raise ZeroDivisionError

    monkeypatch.setattr(command, "CLAIMS", [claim_of("a", lambda level, progress: {}), claim_of("b", fail)])
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "--output", str(tmp_path)])
    with pytest.raises(ZeroDivisionError):
        command.main()
    assert list(records.Run(tmp_path, "quick").claims) == ["a"]


def compared(folder, other, monkeypatch, capsys):
    """Return the status of a comparison and what it printed."""
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--output", str(folder), "--compare", str(other)])
    return command.main(), capsys.readouterr().out


def test_compare(run, record, tmp_path, monkeypatch, capsys):
    """Runs agree if every verdict is the same; one that is not, or is missing, is named."""
    other = tmp_path / "other.json"
    files.replace(other, json.dumps(record))
    assert compared(run[0], other, monkeypatch, capsys)[0] == 0
    changed = json.loads(json.dumps(record))
    changed["claims"]["curves"]["verdict"]["holds"] = FAILS
    del changed["claims"]["pareto"]
    files.replace(other, json.dumps(changed))
    status, printed = compared(run[0], other, monkeypatch, capsys)
    assert status == 1
    assert "curves: holds, and in the other run fails" in printed
    assert re.search("pareto: .*, and in the other run not measured", printed)
    files.replace(other, "{}")
    with pytest.raises(SystemExit, match="is no record of a run"):
        compared(run[0], other, monkeypatch, capsys)


def test_page_from_the_record_alone(run, record):
    """The same page comes from the JSON, with every section, and nothing that is fetched from elsewhere."""
    made = (run[0] / "report.html").read_text(encoding="utf-8")
    assert page.html(record, CLAIMS) == made
    for claim in CLAIMS:
        section = made.split(f'<section id="{claim.key}">')[1].split("</section>")[0]
        assert re.findall("<h3>(Claim|Method|Figures?|Verdict|How to repeat)", section)[::4] == [
            "Claim",
            "How to repeat",
        ]
        assert section.count("<img ") == len(claim.figures(record["claims"][claim.key]["result"]))
    assert not re.findall(r'(?:src|srcset|href)="(?!data:|#)[^"]*', made)
    assert "url(" not in made
    assert all(len(unescape(alt)) > 40 for alt in re.findall('<img [^>]*alt="([^"]*)"', made))


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_browser(record, tmp_path, width, scheme):
    """No error on the console, every image decoded, and nothing reaches beyond the window."""
    found, errors = shown(page.html(record | {"suite": [WIDE._asdict()]}, CLAIMS), tmp_path, width, scheme)
    assert errors == []
    assert (found["width"], found["dark"]) == (width, scheme == "dark")
    assert found["reach"] <= width
    assert len(found["images"]) > len(CLAIMS)
    assert all(natural > 0 for natural, _ in found["images"])
    assert {address.partition(",")[0] for _, address in found["images"]} == {"data:image/svg+xml;base64"}


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_browser_sees_what_is_wrong(tmp_path):
    """The test before this one would see an error, an image that is none, and a table that is too wide."""
    wrong = (
        '<body><img src="data:image/png;base64,AAAA" alt=""><div style="width: 500px">x</div><script>oops()</script>'
    )
    found, errors = shown(f"<!DOCTYPE html>{wrong}</body>", tmp_path, 400, "light")
    assert len(errors) == 1
    assert "oops" in errors[0]
    assert [natural for natural, _ in found["images"]] == [0]
    assert found["reach"] > 400


def shown(html, folder, width, scheme):
    """Return what a browser found on a page in a frame, since no window is that narrow, and the console's messages."""
    path = folder / "frame.html"
    path.write_text(FRAME.format(width=width, page=escape(html)), encoding="utf-8")
    browser = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--hide-scrollbars"),
            *(f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"),
            f"--blink-settings=preferredColorScheme={int(scheme == 'light')}",
            *(f"--window-size={width + 100},1000", "--dump-dom", path.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = re.search('<pre id="found">(.*?)</pre>', browser.stdout, re.DOTALL)
    return json.loads(unescape(found[1])), [line for line in browser.stderr.splitlines() if ":CONSOLE" in line]


def sweep_of(ratios):
    """Return the result of a sweep in which softplus costs so many times ReLU, by library."""
    times = {library: {"relu": [0.1], "softplus": [0.1 * ratio]} for library, ratio in ratios.items()}
    return {"sizes": {"float32": {"L2": 65536}}, "times": {"float32": times}}


@pytest.mark.parametrize(
    ("ratios", "holds"),
    [
        ({"fastact": 5, "NumPy": 4}, HOLDS),
        ({"fastact": 1.2, "NumPy": 4, "JAX": 1.1}, FAILS),
        ({"fastact": 1.2, "NumPy": 4, "JAX": 1.4}, HOLDS),
    ],
)
def test_judged_by_ratios(ratios, holds):
    """The verdict on cost goes by the median of the libraries."""
    assert cost_figures.judged(sweep_of(ratios), ["softplus"]) == holds


POINT = {"ulp": 1.0, "ns": 1.0, "wrong": False}


@pytest.mark.parametrize(
    ("slow", "other", "holds"),
    [
        ({"ns": 2.0}, None, FAILS),
        ({"ns": 2.0, "ulp": 0.5}, None, HOLDS),
        ({"ns": 1.2, "ulp": 0.5}, None, FAILS),
        ({"ns": 2.0, "ulp": 0.5}, {"ns": 2.0}, IN_PART),
    ],
)
def test_judged_by_points(slow, other, holds):
    """Accuracy is paid for where none of the fast libraries is the most accurate one."""
    functions = {"f": {"A": POINT, "B": POINT | slow}}
    if other:
        functions["g"] = {"A": POINT, "B": POINT | other}
    assert pareto.verdict({"functions": functions}).holds == holds


def test_front():
    """Those are on the front that none beats in both time and error."""
    points = {"A": POINT, "B": {"ns": 2.0, "ulp": 0.5}, "C": {"ns": 2.0, "ulp": 0.7}, "D": {"ns": 1.0, "ulp": 2.0}}
    assert pareto.front(points) == ["A", "B"]


def test_readme_section(record, tmp_path, monkeypatch):
    """The section between the marks is replaced, and nothing else; it is short and names the machine."""
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    readme.README.write_text(f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n", encoding="utf-8")
    readme.write(record)
    before, *section, after = readme.README.read_text(encoding="utf-8").splitlines()
    assert (before, section[0], section[-1], after) == ("before", readme.BEGIN, readme.END, "after")
    assert "old" not in section
    assert len(section) <= 14
    assert record["run"]["machine"]["cpu"] in " ".join(section)
    assert "fastact" in section[3]
    readme.README.write_text("none", encoding="utf-8")
    with pytest.raises(SystemExit, match="has no lines"):
        readme.write(record)
