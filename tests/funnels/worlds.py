"""Events and definitions at random, and files made of them."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from carepath.funnels import parse_definition
from funnels.oracle import MICRO, Event, Oracle

START = datetime(2026, 1, 1)
NAMES = ("A", "B", "C", "X")
COLOURS = (None, "red", "blue")
START_US = (START - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def make_event(person, name, seconds, event_id=None, colour=None, team=None) -> Event:
    at = START_US + round(seconds * MICRO)
    return Event(person, name, at, event_id, (("colour", colour), ("team", team)))


def write_events(path: Path, events, order: Random | None = None) -> Path:
    rows = list(events)
    if order is not None:
        order.shuffle(rows)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["colour", "timestamp", "person", "event_id", "event", "team"])
        for event in rows:
            at = datetime(1970, 1, 1) + timedelta(microseconds=event.at)
            writer.writerow(
                [
                    event.get("colour") or "",
                    at.isoformat(sep=" ", timespec="microseconds"),
                    event.person,
                    event.event_id or "",
                    event.name,
                    event.get("team") or "",
                ]
            )
    return path


# Rows that no event can be read from: what stands in a cell, and the reason that applies first.
UNUSABLE = (
    ({"person": ""}, "no_person"),
    ({"person": "  "}, "no_person"),
    ({"event": ""}, "no_event"),
    ({"timestamp": ""}, "unparsable_timestamp"),
    ({"timestamp": "soon"}, "unparsable_timestamp"),
    ({"timestamp": "20260301"}, "unparsable_timestamp"),
    ({"timestamp": "2026-02-30"}, "unparsable_timestamp"),
    ({"timestamp": "1e9"}, "unparsable_timestamp"),
    ({"person": "", "event": "", "timestamp": "soon"}, "no_person"),
    ({"event": " ", "timestamp": "soon"}, "no_event"),
)


def write_time(at: int, style: str) -> str:
    """A moment as files write it."""
    when = datetime(1970, 1, 1) + timedelta(microseconds=at)
    if style == "seconds":
        return f"{at // MICRO}.{at % MICRO:06d}"
    if style == "milliseconds":
        return f"{at // 1000}.{at % 1000:03d}"
    if style == "microseconds":
        return str(at)
    if style == "nanoseconds":
        return f"{at}999"
    if style == "zone":
        return (when + timedelta(hours=5, minutes=30)).isoformat() + "+05:30"
    return when.isoformat(sep=" ", timespec="microseconds")


STYLES = ("iso", "zone", "seconds", "milliseconds", "microseconds", "nanoseconds")


def write_hostile_events(path: Path, events, random: Random) -> dict[str, list[int]]:
    """Write events in any order and with times in any style, unusable rows among them.

    Returns the row numbers of the unusable rows by reason. An unusable row may carry the id of an
    event: it is no copy of it.
    """
    # Either every row has its own way to write times, or the whole file one.
    style = random.choice([*STYLES, None, None])
    rows: list[tuple[dict[str, str], str | None]] = []
    for event in events:
        cells = {
            "person": event.person,
            "event": event.name,
            "timestamp": write_time(event.at, style or random.choice(STYLES)),
            "event_id": event.event_id or "",
            "colour": event.get("colour") or "",
            "team": event.get("team") or "",
        }
        rows.append((cells, None))
        if random.random() < 0.2:
            spoilt, reason = random.choice(UNUSABLE)
            rows.append((cells | spoilt, reason))
    random.shuffle(rows)
    found: dict[str, list[int]] = {}
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(
            stream, ["event_id", "event", "person", "team", "timestamp", "colour"]
        )
        writer.writeheader()
        for number, (cells, reason) in enumerate(rows, start=1):
            writer.writerow(cells)
            if reason is not None:
                found.setdefault(reason, []).append(number)
    return found


def make_oracle(document) -> Oracle:
    """The oracle of a definition given as tables, with its moments as microseconds."""
    definition = parse_definition(document)
    bounds = (definition.date_range.start, definition.date_range.end)
    limits = tuple(None if at is None else microseconds(at) for at in bounds)
    return Oracle(definition, limits, microseconds(definition.complete_through))


def microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1)) // timedelta(microseconds=1)


times_of_events = st.one_of(
    st.integers(0, 40).map(float),
    st.sampled_from([3.0, 3.0, 3.5, 5.000001, 4.999999, 20.0, 22.0]),
)

events = st.lists(
    st.builds(
        make_event,
        st.sampled_from(["p", "q", "r"]),
        st.sampled_from(NAMES),
        times_of_events,
        st.one_of(st.none(), st.integers(1, 25).map(str)),
        st.sampled_from(COLOURS),
        st.sampled_from([None, "t1", "t2"]),
    ),
    max_size=40,
)

RED, RED_OR_BLUE, TEAM = {"colour": "red"}, {"colour": ["red", "blue"]}, {"team": "t1"}
wheres = st.sampled_from([{}, {}, {}, {}, RED, RED_OR_BLUE, TEAM, RED | TEAM])


@st.composite
def definitions(draw):
    """Any definition, as tables."""
    order = draw(st.sampled_from(["ordered", "ordered", "strict", "unordered"]))
    count = draw(st.integers(2, 5))
    steps = []
    for number in range(count):
        step = {"where": draw(wheres)}
        if draw(st.integers(0, 7)) == 0:
            step["any_event"] = True
        else:
            step["event"] = draw(st.sampled_from(NAMES[:3]))
        if number and order != "unordered" and draw(st.integers(0, 2)) == 0:
            step["optional"] = True
        steps.append(step)
    document = {
        "steps": steps,
        "order": order,
        "entry": draw(st.sampled_from(["first_entry", "any_entry"])),
        "window_seconds": draw(st.sampled_from([1, 2.5, 10, 17, 1000])),
        "tie_seconds": draw(st.sampled_from([0, 0, 0.5, 2])),
        "first_time_only": draw(st.booleans()),
        "where": draw(wheres),
        "exclusions": [draw(exclusions(count, order)) for _ in range(draw(st.integers(0, 2)))],
        "complete_through": moment(draw(st.sampled_from([0, 15, 30, 60]))),
    }
    if draw(st.integers(0, 3)) == 0:
        document["group_by_property"] = "team"
    if draw(st.integers(0, 2)) == 0:
        start, end = draw(st.sampled_from([(3, 20), (0, 5), (10, 1000)]))
        document["date_range"] = {
            "from": moment(start),
            "to": moment(end),
            "clip_conversions": draw(st.booleans()),
        }
    at = draw(st.sampled_from(["entry", "first_touch", "last_touch", "all_events", "step"]))
    document["breakdown"] = {"property": "colour", "at": at}
    if at == "step":
        document["breakdown"]["step"] = draw(st.integers(1, count))
    return document


@st.composite
def exclusions(draw, count, order):
    exclusion = {
        "event": draw(st.sampled_from(["X", "X", "B"])),
        "where": draw(wheres),
        "mode": draw(st.sampled_from(["stop", "remove_person"])),
    }
    if order != "unordered" and draw(st.booleans()):
        first = draw(st.integers(1, count - 1))
        exclusion |= {"from_step": first, "to_step": draw(st.integers(first + 1, count))}
    return exclusion
