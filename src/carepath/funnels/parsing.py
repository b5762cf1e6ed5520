"""A funnel definition from TOML, checked so that whatever runs later is well defined."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from carepath.errors import CarepathError
from carepath.funnels.definition import (
    DEFAULT_TIE_SECONDS,
    DEFAULT_WINDOW_SECONDS,
    Attribution,
    Breakdown,
    DateRange,
    EntryMode,
    Exclusion,
    ExclusionMode,
    FunnelDefinition,
    Histogram,
    Interval,
    Order,
    Step,
    Trend,
)
from carepath.funnels.forms import is_known_form
from carepath.funnels.moments import UNITS
from carepath.funnels.reading import LONGEST_WINDOW_SECONDS, Source, Table
from carepath.funnels.roles import ROLES

MOST_STEPS = 30
MOST_BINS = 1_000
KEYS = (
    "steps",
    "columns",
    "window_seconds",
    "order",
    "entry",
    "tie_seconds",
    "first_time_only",
    "exclusions",
    "breakdown",
    "where",
    "group_by_property",
    "date_range",
    "trend",
    "histogram",
    "complete_through",
    "timestamp_format",
    "timestamp_unit",
    "timezone",
    "earliest_plausible_at",
    "latest_plausible_at",
)


def read_definition(path: Path) -> FunnelDefinition:
    """Read a definition from a TOML file.

    Raises
    ------
    CarepathError
        When there is no such file, it is not TOML, or it defines no funnel; with the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise CarepathError(
            f"The definition cannot be read: {error.strerror}.",
            where=str(path),
            fix="name a file that exists with --definition",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CarepathError(
            f"The definition is not valid TOML: {error}.",
            where=str(path),
            fix="look at the examples in docs/ad-hoc-funnels.md",
        ) from None
    return parse_definition(document, Source(str(path), text))


def parse_definition(document: Mapping[str, Any], source: Source | None = None) -> FunnelDefinition:
    """Check a definition given as plain tables.

    Parameters
    ----------
    document : mapping
        What a TOML file would hold.
    source : Source, optional
        For messages.

    Raises
    ------
    CarepathError
        Naming the key, with the nearest known one where it is unknown.
    """
    source = source or Source("definition")
    table = Table(document, source, "", KEYS)
    steps = _read_steps(table, source)
    order: Order = table.choice("order", get_args(Order), "ordered")
    if order == "unordered" and any(step.is_optional for step in steps):
        raise table.complain(
            "steps", "has an optional step, but the order is unordered", "leave that step out"
        )
    entry: EntryMode = table.choice("entry", get_args(EntryMode), "first_entry")
    return FunnelDefinition(
        steps=steps,
        columns=_read_columns(table, source),
        window_seconds=table.seconds(
            "window_seconds", DEFAULT_WINDOW_SECONDS, least=1e-6, most=LONGEST_WINDOW_SECONDS
        ),
        order=order,
        entry=entry,
        tie_seconds=table.seconds("tie_seconds", DEFAULT_TIE_SECONDS, least=0, most=86_400),
        first_time_only=table.flag("first_time_only"),
        exclusions=_read_exclusions(table, source, len(steps), order),
        breakdown=_read_breakdown(table, source, len(steps)),
        where=table.where(),
        group_by_property=table.text("group_by_property"),
        date_range=_read_date_range(table, source),
        trend=_read_trend(table, source, len(steps)),
        histogram=_read_histogram(table, source, len(steps)),
        complete_through=table.moment("complete_through", ends_day=True),
        timestamp_format=_read_formats(table),
        timestamp_unit=table.choice("timestamp_unit", tuple(UNITS))
        if "timestamp_unit" in table
        else None,
        timezone=table.text("timezone", "UTC") or "UTC",
        earliest_plausible_at=table.moment("earliest_plausible_at"),
        latest_plausible_at=table.moment("latest_plausible_at", ends_day=True),
    )


def _read_formats(table: Table) -> tuple[str, ...]:
    value = table.raw("timestamp_format")
    forms = value if isinstance(value, list) else [] if value is None else [value]
    example = 'write timestamp_format = "%d.%m.%Y %H:%M:%S", or a list of such texts'
    for form in forms:
        if not isinstance(form, str):
            raise table.complain("timestamp_format", "must be a text", example)
        if not is_known_form(form):
            said = f"cannot be {form!r}: that is no form of strptime"
            raise table.complain("timestamp_format", said, example)
    return tuple(forms)


def _read_columns(table: Table, source: Source) -> dict[str, tuple[str, ...]]:
    """Read what the file calls the columns that every event has."""
    if "columns" not in table:
        return {}
    part = Table(table.raw("columns"), source, "columns", ROLES)
    return {role: _read_names(part, role) for role in ROLES if role in part}


def _read_names(table: Table, role: str) -> tuple[str, ...]:
    value = table.raw(role)
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise table.complain(
            role, "must be a text", f'write {role} = "...", or the parts of it, ["...", "..."]'
        )
    return tuple(names)


def _read_list(table: Table, key: str) -> list[Any]:
    value = table.raw(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise table.complain(key, "must be a list", f'write {key} = [{{ event = "..." }}]')
    return value


def _read_steps(table: Table, source: Source) -> tuple[Step, ...]:
    entries = _read_list(table, "steps")
    if not 2 <= len(entries) <= MOST_STEPS:
        said = f"has {len(entries)}; a funnel needs 2 to {MOST_STEPS}"
        raise table.complain("steps", said, 'write steps = [{ event = "..." }, { event = "..." }]')
    return tuple(
        _read_step(Table(entry, source, f"steps[{number}]", STEP_KEYS), number)
        for number, entry in enumerate(entries, start=1)
    )


STEP_KEYS = ("event", "where", "optional", "any_event", "name")
EXCLUSION_KEYS = ("event", "where", "from_step", "to_step", "mode")


def _read_step(table: Table, number: int) -> Step:
    event, is_any = table.text("event"), table.flag("any_event")
    if (event is not None) == is_any:
        said = "has both event and any_event" if is_any else "names no event"
        raise table.complain("", said, 'write event = "...", or any_event = true')
    is_optional = table.flag("optional")
    if is_optional and number == 1:
        raise table.complain(
            "optional", "cannot be true: nobody enters without the first step", "remove it"
        )
    where = table.where()
    values = ", ".join(str(value) for wanted in where.values() for value in wanted)
    name = (event or "any event") + (f" ({values})" if values else "")
    return Step(event, where, is_optional, table.text("name", name) or name)


def _read_exclusions(
    table: Table, source: Source, step_count: int, order: Order
) -> tuple[Exclusion, ...]:
    exclusions = []
    for number, entry in enumerate(_read_list(table, "exclusions"), start=1):
        part = Table(entry, source, f"exclusions[{number}]", EXCLUSION_KEYS)
        event = part.text("event")
        if event is None:
            raise part.complain("", "names no event", 'write event = "..."')
        if order == "unordered" and ("from_step" in part or "to_step" in part):
            raise part.complain(
                "from_step" if "from_step" in part else "to_step",
                "has no meaning when the order is unordered",
                "remove from_step and to_step: the exclusion covers the whole funnel",
            )
        first, last = _read_span(part, step_count)
        mode: ExclusionMode = part.choice("mode", get_args(ExclusionMode), "stop")
        exclusions.append(Exclusion(event, first, last, part.where(), mode))
    return tuple(exclusions)


def _read_span(table: Table, step_count: int) -> tuple[int, int]:
    first = table.number("from_step", 1, least=1, most=step_count - 1)
    last = table.number("to_step", step_count, least=2, most=step_count)
    assert first is not None and last is not None
    if first >= last:
        raise table.complain(
            "from_step", f"is {first}, not before to_step, which is {last}", "swap them"
        )
    return first, last


def _read_breakdown(table: Table, source: Source, step_count: int) -> Breakdown | None:
    if "breakdown" not in table:
        return None
    part = Table(table.raw("breakdown"), source, "breakdown", ("property", "at", "step"))
    name = part.text("property")
    if name is None:
        raise part.complain("", "names no property", 'write property = "..."')
    at: Attribution = part.choice("at", get_args(Attribution), "entry")
    step = part.number("step", None, least=1, most=step_count)
    if (at == "step") != (step is not None):
        said = "needs step, the number of a step" if at == "step" else "has step without need"
        raise part.complain("", said, 'write at = "step", step = 2')
    return Breakdown(name, at, step)


def _read_date_range(table: Table, source: Source) -> DateRange:
    if "date_range" not in table:
        return DateRange()
    part = Table(table.raw("date_range"), source, "date_range", ("from", "to", "clip_conversions"))
    start, end = part.moment("from"), part.moment("to", ends_day=True)
    if start is not None and end is not None and start >= end:
        raise part.complain(
            "from", "is not before to", "to is a last day, or the first moment after"
        )
    clips = part.flag("clip_conversions")
    if clips and end is None:
        raise part.complain("clip_conversions", "needs to", "say where the range ends")
    # The first and the last day of the calendar are how others write that there is no limit.
    if start == datetime.min:
        start = None
    if end == datetime.max:
        end, clips = None, False
    return DateRange(start, end, clips)


def _read_trend(table: Table, source: Source, step_count: int) -> Trend | None:
    if "trend" not in table:
        return None
    part = Table(
        table.raw("trend"), source, "trend", ("interval", "timezone", "from_step", "to_step")
    )
    interval: Interval = part.choice("interval", get_args(Interval))
    first, last = _read_span(part, step_count)
    return Trend(interval, first, last, part.text("timezone", "UTC") or "UTC")


def _read_histogram(table: Table, source: Source, step_count: int) -> Histogram | None:
    if "histogram" not in table:
        return None
    part = Table(table.raw("histogram"), source, "histogram", ("bins", "from_step", "to_step"))
    first, last = _read_span(part, step_count)
    is_auto = part.raw("bins") in (None, "auto")
    if isinstance(part.raw("bins"), str) and not is_auto:
        raise part.complain("bins", 'must be a whole number or "auto"', 'write bins = "auto"')
    bins = None if is_auto else part.number("bins", None, least=1, most=MOST_BINS)
    return Histogram(first, last, bins)
