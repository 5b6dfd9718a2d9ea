"""What activations cost, measured: ``python -m benchmarks`` and ``pytest benchmarks``.

``contenders`` is the registry of what is timed, from ``compositions`` (NumPy and SciPy) and ``peers`` (the frameworks),
each held against ``references``; ``runner`` is the interleaved race that every ratio comes from, ``training`` the
network whose pre-activations are the data, ``machine`` the caches that sizes are derived from, ``verdict`` the answer
in words and ``report`` the same in tables, a picture and JSON.
"""
