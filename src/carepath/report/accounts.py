"""Where every raw row went, and how far each source goes."""

from __future__ import annotations

from typing import Any

from carepath.report.collection import Collected
from carepath.report.numbers import NOTHING, show_moment

_FATES = ("modelled", "deduplicated", "rejected", "after_as_of")


def describe_accounts(collected: Collected) -> dict[str, Any]:
    """Return the tables of reconciliation, rejection and freshness as text."""
    counts: dict[str, dict[str, int]] = {}
    for table, fate, count in collected.fates:
        counts.setdefault(table, {})[fate] = count
    total = sum(count for _, _, count in collected.fates)
    return {
        "total": f"{total:,}",
        "modelled": f"{sum(found.get('modelled', 0) for found in counts.values()):,}",
        "rows": [
            {
                "table": table,
                "counts": [f"{found.get(fate, 0):,}" for fate in _FATES],
                "total": f"{sum(found.values()):,}",
            }
            for table, found in counts.items()
        ],
        "rejections": [
            {"table": table, "reason": reason.replace("_", " "), "count": f"{count:,}"}
            for table, reason, count in collected.rejections
        ],
        "early_moments": [f"{count:,} of {table}" for table, count in collected.early_moments],
        "freshness": [
            {
                "table": table,
                "moments": [
                    NOTHING if moment is None else f"{moment:%Y-%m-%d %H:%M}" for moment in moments
                ],
            }
            for table, *moments in collected.freshness
        ],
    }


def say_complete_through(collected: Collected) -> str:
    """Return up to when the events are complete; empty where nothing says."""
    for table, _, _, complete in collected.freshness:
        if table == "snowplow.events" and complete is not None:
            return show_moment(complete)
    return ""
