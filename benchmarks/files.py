"""Files: where results are kept, files that are replaced in whole, and what a result was made from."""

import hashlib
import importlib.util
import os
from pathlib import Path

from fastact import _dispatch

HERE = Path(__file__).parent
TREE = HERE.parent
RESULTS = HERE / "results"


def replace(path, text):
    """Write a file, in whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def build(rung):
    """Return the files that a rung consists of."""
    if rung == _dispatch.NUMPY:
        return *sorted((TREE / "fastact" / "_rows").glob("*.py")), "../fastact/_fallback.py"
    return (importlib.util.find_spec(f"fastact._loops_{rung}").origin,)


def fingerprint(*parts):
    """Return a hash of texts, and of the contents of those that name a file."""
    state = hashlib.sha256()
    for part in parts:
        path = HERE / part
        state.update(path.read_bytes() if path.is_file() else part.encode())
    return state.hexdigest()
