"""What activations cost and how accurate they are, measured: three houses for three jobs.

``proof`` is about accuracy: ``proof.exhaustive`` checks all 2^32 float32 inputs, ``proof.search`` looks for the worst
float64 ones, ``proof.disassembly`` shows what the compiler made of the loops. ``race`` is about speed: every function
and every library side by side, ``python -m benchmarks.race`` and ``pytest benchmarks``. ``study`` puts the textbook's
claims to the test and makes a page of it: ``python -m benchmarks``.

The proof may use the race, for the libraries that it judges, and the study both; never the other way around. What all
of them use is here: ``forms``, the functions and what they are held against; ``runner``, the interleaved race that
every ratio comes from; ``training``, the network whose pre-activations are the data; ``machine``, the caches that
sizes are derived from; ``arrays``, ``files`` and ``progress``.
"""
