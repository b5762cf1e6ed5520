"""A reader who never stops: opens prod, reads every row of every table, tells what it saw.

Runs until its input ends, with a pause of so many seconds between two reads; then prints
{"reads": n, "states": {digest: n}, "faults": [...]}.
"""

from __future__ import annotations

import json
import select
import sys
from collections import Counter
from pathlib import Path

from digests import digest


def main() -> None:
    """Read until told to stop."""
    prod, pause = Path(sys.argv[1]), float(sys.argv[2])
    states: Counter[str] = Counter()
    faults: list[str] = []
    print("reading", flush=True)
    while not select.select([sys.stdin], [], [], pause)[0]:
        try:
            states[digest(prod)] += 1
        except Exception as error:
            faults.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    print(json.dumps({"reads": states.total(), "states": states, "faults": faults}))


if __name__ == "__main__":
    main()
