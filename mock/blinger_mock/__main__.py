"""`python -m blinger_mock`: the same as the command `blinger-mock`."""

import sys

from blinger_mock.cli import main

if __name__ == "__main__":
    sys.exit(main())
