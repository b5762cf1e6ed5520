"""Where `carepath` starts: an interrupt while the command line is imported is not a traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """Import the command line and run it."""
    try:
        from carepath.cli.main import main as run
    except KeyboardInterrupt:
        from carepath.cli.exit_codes import ExitCode

        print("Interrupted: nothing has been done.", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)
    run()
