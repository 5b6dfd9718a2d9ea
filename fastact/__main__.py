"""``python -m fastact`` prints which compiled module is in use, and why."""

from ._runtime import show_runtime

show_runtime()
