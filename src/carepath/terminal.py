"""Text from outside is text on a terminal too: the only place where a console is made."""

from __future__ import annotations

from typing import Any

from rich.console import Console


def make_console(**options: Any) -> Console:
    """Return a console that prints `[brackets]` and `:colons:` as they are; styles are `Text`.

    Columns of a progress bar read markup all the same, unless told not to: ``markup=False``.
    """
    return Console(markup=False, emoji=False, highlight=False, **options)
