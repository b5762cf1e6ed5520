"""How hard the tests try: a little of everything by default, many times that on demand.

`CAREPATH_EFFORT=10` draws ten times the examples, and other ones each time.
"""

from __future__ import annotations

import os

FACTOR = int(os.environ.get("CAREPATH_EFFORT", "1"))


def times(count: int) -> int:
    """Give the number of examples or worlds to try, of those that are tried by default."""
    return count * FACTOR
