"""How the time of a funnel grows with repeats: it must double when they double.

Everybody does every step again and again; a join of repeats would grow by the square.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PEOPLE = 40
NAMES = ("step 1", "step 2", "step 3", "step 4", "step 5")
REPEATS = (500, 1_000)
MOST_GROWTH = 2.5


def write_repeats(
    path: Path, repeats: int, people: int = PEOPLE, names: Sequence[str] = NAMES
) -> None:
    """Write events of people who do all steps again and again, at times that differ."""
    import duckdb

    listed = ", ".join(f"'{name}'" for name in names)
    duckdb.connect().execute(f"""
copy (
    select
        'person-' || lpad(cast(p as varchar), 8, '0') as person,
        [{listed}][1 + i % {len(names)}] as event,
        ['odd', 'even'][1 + i % 2] as turn,
        make_timestamp(1767225600000000 + (i * {people} + p) * 1000000) as timestamp
    from range({people}) as persons (p), range({repeats * len(names)}) as numbers (i)
) to '{path}' (format parquet)""")


def make_document(order: str, entry: str) -> dict[str, Any]:
    """Define the funnel over them; the window covers all."""
    return {
        "steps": [{"event": name} for name in NAMES],
        "order": order,
        "entry": entry,
        "window_seconds": 86_400 * 365,
        "tie_seconds": 0,
    }


def spend(path: Path, order: str, entry: str) -> float:
    """Give the processor seconds of one funnel."""
    from carepath.funnels import funnel

    before = resource.getrusage(resource.RUSAGE_SELF)
    funnel(make_document(order, entry), events=path)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_growth() -> str:
    """Make the table; fail where growth is more than it may be."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{repeats}.parquet" for repeats in REPEATS]
        for path, repeats in zip(paths, REPEATS, strict=True):
            write_repeats(path, repeats)
        for order in ("ordered", "strict", "unordered"):
            for entry in ("first_entry", "any_entry"):
                few, many = (min(spend(path, order, entry) for _ in range(2)) for path in paths)
                growth = many / few
                lines.append(f"| {order} | {entry} | {few:.2f} | {many:.2f} | {growth:.2f} |")
                if growth > MOST_GROWTH:
                    raise SystemExit(f"{order}, {entry}: {growth:.2f} times for twice the repeats")
    head = " | ".join(f"{repeats:,} repeats" for repeats in REPEATS)
    return "\n".join(
        [
            f"{PEOPLE} people who do each of {len(NAMES)} steps over and over; processor seconds:",
            "",
            f"| order | entry | {head} | growth |",
            "|---|---|---:|---:|---:|",
            *lines,
        ]
    )
