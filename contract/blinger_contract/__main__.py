"""Run the command as `python -m blinger_contract`."""

import sys

from blinger_contract.cli import main

if __name__ == "__main__":
    sys.exit(main())
