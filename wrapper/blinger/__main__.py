"""Run the command line: `python -m blinger`."""

import sys

from blinger._cli import main

sys.exit(main())
