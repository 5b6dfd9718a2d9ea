"""Speed: ``python -m benchmarks.race`` and ``pytest benchmarks``.

``contenders`` is the registry of what is timed, from ``compositions`` (NumPy and SciPy) and ``peers`` (the frameworks).
The race itself holds every function against its ``targets``: ``sections`` says what is timed side by side, ``held``
keeps the libraries to AVX2, ``standings`` judges and ``sheets`` prints. ``rows`` is the race of softmax and its family,
``scaling`` that of threads, ``consumers`` runs other libraries' tests. ``costs`` measures what several claims of the
study are about; ``test_speed`` is pytest-benchmark's suite, a ``covering`` set of cases.
"""
