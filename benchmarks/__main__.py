"""The textbook's claims about activations, measured here and now: ``python -m benchmarks``."""

import sys

from .study.command import main

if __name__ == "__main__":
    sys.exit(main())
