"""Python in a clean process."""

import os
import subprocess
import sys
from pathlib import Path

import fastact

PACKAGE = Path(fastact.__file__).parent
# An editable install finds modules by their full names, also those that a damaged copy lacks.
ALONE = "import sys; sys.meta_path[:] = [x for x in sys.meta_path if 'editable' not in getattr(x, '__module__', '')]; "
USE = "import fastact; print(fastact.runtime_info()['isa'], float(fastact.sigmoid(0.0)))"


def run(code=USE, isa=None, path=None, arguments=(), **environment):
    """Run Python in a clean process and return it with its output."""
    others = {key: value for key, value in os.environ.items() if key not in ("FASTACT_ISA", "PYTHONPATH")}
    environment = others | environment
    if isa is not None:
        environment["FASTACT_ISA"] = isa
    environment["PYTHONPATH"] = str(path or PACKAGE.parent)  # which need not be installed
    code = ALONE + code if path else code
    command = [sys.executable, *(arguments or ("-c", code))]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=path or "/", check=False)
