"""The textbook's claims about activations: ``python -m benchmarks`` measures them and makes a page of it.

``command`` is what runs. ``claims`` has a module for each, in the form that ``claim`` gives them. ``records`` keeps
what was measured, ``page`` with ``figures`` makes the report of it, ``readme`` a section of the README, and ``suite``
reads what pytest-benchmark's suite has found.
"""
