"""Funnels over hand-written events: ``ann: A@0 B@5 C{plan=pro}@7`` is one person's story.

Times are seconds from midnight of 1 January 2026, UTC, or moments (``A@2026-03-29T00:30``).
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from carepath.funnels import FunnelResult, funnel
from funnels.worlds import START

_EVENT = re.compile(r"(?P<name>\w+)(\{(?P<properties>[^}]*)\})?@(?P<at>\S+)")
FOREVER = datetime(2040, 1, 1)


def read_story(story: str) -> list[dict[str, str]]:
    """One row per event."""
    rows = []
    for line in filter(None, map(str.strip, story.splitlines())):
        person, _, events = line.partition(": ")
        for event in _EVENT.finditer(events):
            properties = filter(None, (event["properties"] or "").split(","))
            rows.append(
                {"person": person, "event": event["name"], "timestamp": _write_at(event["at"])}
                | dict(pair.split("=") for pair in properties)
            )
    return rows


def _write_at(at: str) -> str:
    if "-" in at.lstrip("-"):
        return at
    return (START + timedelta(microseconds=round(float(at) * 1_000_000))).isoformat()


def write_story(path: Path, story: str) -> Path:
    rows = read_story(story)
    names = dict.fromkeys(["person", "event", "timestamp"])
    for row in rows:
        names |= dict.fromkeys(row)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(names), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def name_steps(steps: str) -> list[dict[str, object]]:
    """``A B? *`` is A, then B, optional, then any event."""
    return [
        {"any_event": True}
        if word == "*"
        else {"event": word.rstrip("?"), "optional": word.endswith("?")}
        for word in steps.split()
    ]


def run(story: str, steps: str | list[dict[str, object]] = "A B", **keys: object) -> FunnelResult:
    """Run a funnel; exact ties and a window of 100 seconds unless said otherwise."""
    document = {
        "steps": name_steps(steps) if isinstance(steps, str) else steps,
        "window_seconds": 100,
        "tie_seconds": 0,
        "complete_through": FOREVER,
    } | keys
    with TemporaryDirectory() as folder:
        return funnel(document, events=write_story(Path(folder) / "events.csv", story))


def closed(story: str, steps: str | list[dict[str, object]] = "A B", **keys: object) -> list[int]:
    """People who passed each step."""
    return [step.closed for step in run(story, steps, **keys).steps]
