"""A funnel as tables on a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from carepath.terminal import make_console

if TYPE_CHECKING:
    from rich.console import Console

    from carepath.funnels import FunnelResult
    from carepath.funnels.result import StepResult

MOST_ROWS = 30
MOST_PROBLEMS = 3
BAR_WIDTH, WIDE = 10, 96
_FULL_MOMENT = re.compile(r"\d{4}-\d\d-\d\d.\d\d:\d\d(:\d\d(\.\d+)?)? ?(Z|UTC|[+-]\d\d(:?\d\d)?)")
_PERSON_WORDS = {
    "never_entered": "did a later step but never entered",
    "before_range": "entered only before the date range",
    "after_range": "entered only outside the date range",
    "removed_by_exclusion": "removed by an exclusion event",
    "stopped_by_exclusion": "stopped by an exclusion event (still counted)",
}
_EVENT_WORDS = {
    "unreadable": "rows could not be read",
    "no_person": "rows without a person",
    "no_group": "rows without the property that is counted",
    "no_event": "rows without an event",
    "unparsable_timestamp": "rows without a readable timestamp (see `timestamp_format`)",
    "dated_too_early": "rows dated too early to be true (`earliest_plausible_at`)",
    "dated_too_late": "rows dated after the file was read (`latest_plausible_at`)",
    "staff": "events of staff",
    "duplicate_event_id": "copies of an event",
    "excluded_by_where": "events that `where` leaves out",
    "conflicting_event_ids": "ids whose copies differ (the earliest is used)",
}


def print_result(result: FunnelResult) -> None:
    """Print the steps, what was asked for besides, and what was set aside."""
    console = make_console()
    totals = result.totals
    if result.unit == "person":
        unit = "person" if totals.entered == 1 else "people"
    else:
        unit = f"{'value' if totals.entered == 1 else 'values'} of {result.unit}"
    passed = (
        f"{totals.completed:,} ({show_share(totals.completion_rate)}, 95 % interval "
        f"{show_share(totals.low)} to {show_share(totals.high)}) passed the last step."
    )
    console.print(
        f"{totals.entered:,} {unit} entered; {passed}"
        if totals.entered
        else "No one entered."
        if result.unit == "person"
        else f"No value of {result.unit} entered."
    )
    if totals.entered and not totals.is_final:
        through = f"(data complete through {result.complete_through:%Y-%m-%d %H:%M} UTC)"
        share = show_share(totals.completion_rate_mature)
        console.print(
            f"Of the {totals.n_mature:,} whose window has ended {through}: {share}."
            if totals.n_mature
            else f"No window has ended yet {through}."
        )
    events = result.events
    if events.rows_read and not events.counted + events.excluded_by_where:
        console.print("No row can be used; why is told below.")
    for unseen in result.unseen_events if events.counted + events.excluded_by_where else ():
        near = f"; did you mean {unseen.nearest!r}?" if unseen.nearest else "."
        console.print(f"No event is called {unseen.event!r}{near}")
    tables = [_lay_out_steps(result.steps, has_bars=console.width >= WIDE)]
    if result.breakdown is not None:
        tables.append(_lay_out_breakdown(result))
    if result.trend is not None:
        tables.append(_lay_out_trend(result))
    if result.histogram is not None:
        tables.append(_lay_out_histogram(result))
    for title, table in tables:
        console.print()
        console.print(Text(title, style="bold"), soft_wrap=True)
        console.print(table)
    _print_set_aside(console, result)


def show_share(rate: float | None) -> str:
    """Write a rate in per cent; a dash over nobody."""
    return "-" if rate is None else f"{rate * 100:.1f} %"


def show_time(seconds: float | None) -> str:
    """Write a length of time in the largest unit that fits."""
    if seconds is None:
        return "-"
    for length, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.1f} {name}"
    return f"{seconds:.1f} s"


def _new_table(texts: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in texts:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def draw_bar(share: float | None, width: int = BAR_WIDTH) -> str:
    """Draw a share as a bar, to an eighth of a character; the least one is still to be seen."""
    eighths = round((share or 0) * width * 8)
    if share and not eighths:
        eighths = 1
    full, rest = divmod(eighths, 8)
    return "█" * full + " ▏▎▍▌▋▊▉"[rest].strip()


def _lay_out_steps(steps: tuple[StepResult, ...], *, has_bars: bool) -> tuple[str, Table]:
    shows_skips = any(step.skipped for step in steps)
    numbers = ("people", "of\nstart", "of\nprev.", "lost", "median\ntime")
    table = _new_table(("step", "")[: 1 + has_bars], numbers + ("skip-\nped",) * shows_skips)
    table.columns[0].min_width = 20
    for step in steps:
        cells: list[str | Text] = [
            Text(f"{step.step_number} {step.name}" + (" (optional)" if step.is_optional else "")),
            *[Text(draw_bar(step.rate_from_start).ljust(BAR_WIDTH))] * has_bars,
            f"{step.closed:,}",
            show_share(step.rate_from_start),
            show_share(step.rate_from_previous),
            f"{step.lost:,}",
            show_time(step.median_seconds),
        ]
        if shows_skips:
            cells.append("-" if step.skipped is None else f"{step.skipped:,}")
        table.add_row(*cells)
    return "Steps", table


def _lay_out_breakdown(result: FunnelResult) -> tuple[str, Table]:
    breakdown = result.breakdown
    assert breakdown is not None
    title = f"By {breakdown.property}"
    if not breakdown.is_partition:
        title += f": people may be in several; {breakdown.n_people:,} in all"
    table = _new_table(("value",), ("entered", "passed last", "rate", "mature"))
    for segment in breakdown.segments[:MOST_ROWS]:
        totals = segment.totals
        table.add_row(
            Text(segment.label),
            f"{totals.entered:,}",
            f"{totals.completed:,}",
            show_share(totals.completion_rate),
            show_share(totals.completion_rate_mature),
        )
    _note_rest(table, len(breakdown.segments))
    return title, table


def _lay_out_trend(result: FunnelResult) -> tuple[str, Table]:
    trend = result.trend
    assert trend is not None
    title = (
        f"By {trend.interval} of entry ({trend.timezone}), "
        f"step {trend.from_step} to {trend.to_step}"
    )
    numbers = ("entered", "converted", "rate", "final")
    table = _new_table(("from",), numbers)
    for row in trend.rows[-MOST_ROWS:]:
        table.add_row(
            row.period,
            f"{row.entered:,}",
            f"{row.converted:,}",
            show_share(row.rate),
            "yes" if row.is_final else "not yet",
        )
    _note_rest(table, len(trend.rows))
    return title, table


def _lay_out_histogram(result: FunnelResult) -> tuple[str, Table]:
    histogram = result.histogram
    assert histogram is not None
    title = f"Time from step {histogram.from_step} to {histogram.to_step}, n = {histogram.n:,}"
    table = _new_table(("from", "to"), ("people",))
    for bin_ in histogram.bins[:MOST_ROWS]:
        table.add_row(show_time(bin_.from_seconds), show_time(bin_.to_seconds), f"{bin_.count:,}")
    _note_rest(table, len(histogram.bins))
    return title, table


def _note_rest(table: Table, count: int) -> None:
    if count > MOST_ROWS:
        table.caption = f"{MOST_ROWS} of {count:,}; all of them with --format json or csv"


def _print_set_aside(console: Console, result: FunnelResult) -> None:
    notes = [(getattr(result.set_aside, name), words) for name, words in _PERSON_WORDS.items()] + [
        (getattr(result.events, name), words) for name, words in _EVENT_WORDS.items()
    ]
    shown = [(count, words) for count, words in notes if count]
    console.print(
        f"{result.events.counted:,} of {result.events.rows_read:,} rows count"
        + ("; set aside:" if shown else ".")
    )
    for count, words in shown:
        console.print(f"  {count:>9,}  {words}")
    for row in result.problem_rows[:MOST_PROBLEMS]:
        detail = f": {row.detail}" if row.detail else ""
        line = f"  row {row.row_number:,}: {row.reason}{detail}"
        console.print(line, overflow="fold")
    if len(result.problem_rows) > MOST_PROBLEMS:
        console.print("  and more: --format json lists them")
    if result.encoding == "windows-1252":
        console.print("The file is not in UTF-8: it is read as Windows-1252.")
    _print_first_timestamp(console, result)


def _print_first_timestamp(console: Console, result: FunnelResult) -> None:
    """Show how times are read, unless the text says it all: a moment with its zone."""
    first = result.first_timestamp
    if first is None or _FULL_MOMENT.fullmatch(first.text):
        return
    forms = ", ".join(result.timestamp_format)
    written = f" (written as {forms})" if forms else ""
    text = first.text if len(first.text) <= 40 else first.text[:40] + "…"
    console.print(
        f"Times{written} are read so: {text!r} is {first.read_as:%Y-%m-%d %H:%M:%S} UTC.",
        highlight=False,
        markup=False,
        overflow="fold",
    )
