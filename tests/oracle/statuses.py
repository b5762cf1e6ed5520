"""What a status text means (durations.md 2)."""

from __future__ import annotations

import re

from oracle.definitions import Definitions


def normalise(text: str | None) -> str | None:
    """Trimmed, upper case, runs of '-', '_' and space as one '_'; blank is null."""
    if text is None or not text.strip():
        return None
    return re.sub(r"[-_ ]+", "_", text.strip().upper())


def map_status(entity: str, text: str | None, definitions: Definitions) -> tuple[str, str] | None:
    """Status and category; null for a null status."""
    wanted = normalise(text)
    if wanted is None:
        return None
    for mapping in definitions.statuses:
        if mapping.entity == entity and normalise(mapping.raw_status) == wanted:
            return mapping.status, mapping.category
    return wanted, "unknown"
