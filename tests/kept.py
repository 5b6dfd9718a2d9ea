"""What is made from the rows and kept in the tree: ``python -m tests.kept`` writes it anew.

README's table of functions, and the golden hashes of every function's results. Tests hold both against the rows.
"""

import json
from pathlib import Path

from fastact import _rows

from .bits import hashes
from .cases import COMPILED

HERE = Path(__file__).parent
GOLDEN = HERE / "hashes.json"
README = HERE.parent / "README.md"
BEGINNING, END = "<!-- written by python -m tests.kept -->\n", "<!-- to here -->\n"
COLUMNS = {
    "": "value",
    "grad": "`grad`, from the input",
    "grad_from_output": "`grad_from_output`",
    "grad_parameter": "`grad_parameter`",
    "value_and_grad": "`value_and_grad`",
}
HEAD = f"| | {' | '.join(COLUMNS.values())} |\n{'| --- ' * (len(COLUMNS) + 1)}|\n"


def table():
    """Return README's table: functions that have the same forms share a line, those along an axis apart."""
    spaces, lines = {}, {}
    for ufunc in _rows.ufuncs():
        if ufunc.row.public:
            spaces.setdefault(ufunc.row, set()).add(ufunc.space)
    for row, own in spaces.items():
        lines.setdefault((row.axis, *(space not in own for space in COLUMNS)), []).append(f"`{row.name}`")
    return HEAD + "".join(
        f"| {', '.join(names)} | {' | '.join('' if lacks else 'yes' for lacks in forms)} |\n"
        for (_, *forms), names in sorted(lines.items())
    )


def readme():
    """Return README's text with the table in its place."""
    text = README.read_text()
    before, _, rest = text.partition(BEGINNING)
    return f"{before}{BEGINNING}{table()}{END}{rest.partition(END)[2]}"


def golden():
    """Return the golden hashes as the file has them, in its order, with new functions at the end."""
    before, now = json.loads(GOLDEN.read_text()), hashes(COMPILED[0])
    changed = [name for name in before if name in now and before[name] != now[name]]
    print(
        f"{len(now.keys() - before.keys())} hashes are new, {len(changed)} have changed: {', '.join(changed) or 'none'}"
    )
    return json.dumps({name: now[name] for name in before if name in now} | now, indent=1) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(golden())
    README.write_text(readme())
