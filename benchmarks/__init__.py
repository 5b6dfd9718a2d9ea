"""What activations cost, measured: ``python -m benchmarks``, ``python -m benchmarks.race`` and ``pytest benchmarks``.

``contenders`` is the registry of what is timed, from ``compositions`` (NumPy and SciPy) and ``peers`` (the frameworks),
each held against ``exact``; ``runner`` is the interleaved race that every ratio comes from, ``training`` the
network whose pre-activations are the data, ``machine`` the caches that sizes are derived from.

``claims`` are what the textbook says, a module for each, in the form that ``claim`` gives them; ``costs`` measures what
several of them are about. ``records`` keeps what was measured, ``page`` with ``figures`` makes the report of it,
``readme`` a section of the README, and ``suite`` reads what pytest-benchmark's suite has found, a ``covering`` set.

``race`` holds every function against its ``targets``: ``sections`` says what is timed side by side, ``held`` keeps the
libraries to AVX2, ``standings`` judges and ``sheets`` prints.

``python -m benchmarks.exhaustive`` is about accuracy: ``exact`` knows the right results, ``judge`` measures, ``ledger``
keeps what was found, ``accuracy`` makes tables of it.
"""
