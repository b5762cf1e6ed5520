"""What the team recorded of the product's changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from oracle.definitions import Definitions, Row


def product_releases(definitions: Definitions) -> list[Row]:
    """One row per recorded change, numbered as they were released, then by name."""
    changes = sorted(definitions.changes, key=lambda change: (change.released_at, change.name))
    return [
        {
            "release_number": number,
            "change_name": change.name,
            "kind": (change.kind or "other").lower(),
            "step_name": change.step_name.upper() if change.step_name else None,
            "client_id": change.client_id,
            "released_at": change.released_at,
            "released_date": _local_date(change.released_at, definitions),
        }
        for number, change in enumerate(changes, 1)
    ]


def _local_date(moment: datetime, definitions: Definitions) -> date:
    """The date recorded, where nothing else was; else that of the moment at the site."""
    if moment.time() == time(0):
        return moment.date()
    return moment.replace(tzinfo=UTC).astimezone(definitions.zone).date()
