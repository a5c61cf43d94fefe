"""`python -m kformer` is the command `kformer`."""

import sys

from kformer.cli import main

if __name__ == "__main__":
    sys.exit(main())
