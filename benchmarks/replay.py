"""Answers as they would have been at earlier dates, beside what finally happened.

    python -m benchmarks.replay [--scratch DIR] [--data DIR] [--members N] [--output FILE]

Builds two warehouses (the sample, and the real help desk log in DATA/helpdesk when it is there)
unless DIR holds them, then looks back from the end: at each earlier date only what had happened
by then is known. `tests/building/test_replay.py` holds that equal to `carepath build --as-of`.
Writes docs/replay.md.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from carepath.building import build
from carepath.initialisation import init_workspace
from carepath.landing import land
from carepath.questions.asking import read_as_of, read_site_time_zone
from carepath.questions.completions import DAY, Completions, read_tasks
from carepath.questions.question import Context
from carepath.questions.time_to_complete import QUESTION
from carepath.questions.warehouse import EmbeddedWarehouse
from carepath.sample import SamplePlan, make_sample
from carepath.stats.estimates import Estimate
from carepath.stats.proportions import clopper_pearson
from carepath.stats.survival import kaplan_meier, quantile, restricted_mean, share_finished
from carepath.workspace import Workspace

Moments = NDArray[np.datetime64]
SECOND = np.timedelta64(1, "s")
ONE_DAY = np.timedelta64(1, "D")
SHARES = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85)
"""Where between the first and the last start the dates lie."""
RECENT = 98
"""Days before each date in which the work must have started."""
ENTERED = 28
"""Days before each date in which people must have entered."""

HEADER = """# Censoring: what was said then, and what finally happened

Written by `python -m benchmarks.replay`. At each date only what had happened by then is known: work
that was open then counts as open, although the data now say when it ended. Completed only is what
a report shows that drops open work (for conversion: that counts everybody who has not converted
yet as lost; for work in progress: that knows completed tasks alone). Ours is the estimate carepath
would have given then, with its 95 % interval. Truth is what finally became of the same work and
people. Tasks were started in the {recent} days before the date, people entered in the {entered}
days before it. Days are elapsed days; the mean is restricted to {horizon:.0f} days. The interval is
for the process and the truth is what these very tasks did, so more than 95 in 100 should hold it,
fewer where the process changes meanwhile.
"""


@dataclass(frozen=True)
class Replay:
    """One figure at one date."""

    figure: str
    date: str
    n: int
    still_open: int
    completed_only: float | None
    ours: Estimate
    truth: float | None

    @property
    def holds(self) -> bool | None:
        """Whether the interval holds the truth; None without an interval."""
        if self.truth is None or self.ours.low is None:
            return None
        return self.ours.contains(self.truth)


def seen_at(items: Completions, moment: np.datetime64) -> Completions:
    """Return the items started by a moment, with only the ends that had happened by then."""
    watched = (moment - items.started) / SECOND / DAY
    known = items.of(np.asarray(watched >= 0))
    watched = watched[watched >= 0]
    is_over = (known.kinds != 0) & (known.ended <= watched)
    return Completions(
        known.unit,
        known.horizon,
        known.segments,
        known.projects,
        known.started,
        watched,
        np.where(is_over, known.ended, watched),
        np.where(is_over, known.kinds, 0),
    )


def replay_times(items: Completions, moment: np.datetime64) -> Iterator[Replay]:
    """Replay median, p90 and restricted mean of the time to complete a task."""
    begun = (items.started <= moment) & (items.started > moment - RECENT * ONE_DAY)
    final = items.of(np.asarray(begun))
    then = seen_at(final, moment)
    only = then.ended[then.is_completed]
    date, n, open_then = str(moment)[:10], len(then), int(np.sum(then.kinds == 0))
    curve, truth = (
        kaplan_meier(one.durations, one.is_completed, clusters=one.projects)
        for one in (then, final)
    )
    for name, q in (("median", 0.5), ("p90", 0.9)):
        naive = float(np.quantile(only, q)) if len(only) else None
        yield Replay(
            f"{name} days to complete a task",
            date,
            n,
            open_then,
            naive,
            quantile(curve, q),
            quantile(truth, q).value,
        )
    ends = (kaplan_meier(one.ended, one.kinds != 0, clusters=one.projects) for one in (then, final))
    ours, finally_ = (restricted_mean(one, items.horizon) for one in ends)
    naive = float(np.minimum(only, items.horizon).mean()) if len(only) else None
    yield Replay("mean days a task is open", date, n, open_then, naive, ours, finally_.value)


@dataclass(frozen=True, eq=False)
class Entrants:
    """People in the funnel; a conversion that never came is NaT."""

    entered: Moments
    ends: Moments
    converted: Moments
    lateness: np.timedelta64


def read_entrants(context: Context) -> Entrants:
    """Read the people who count, and how late events arrive (99th percentile)."""
    found = context.fetch(
        """
        select
            entered_at, window_ends_at,
            case when is_converted then converted_at end as converted_at
        from member_intake_funnel_metrics
        where population = 'entrant' and exclusion_reason is null
        order by member_id
        """
    )
    late = context.fetch(
        """
        select cast(lateness_p99_seconds as double) as seconds
        from data_freshness
        where source_table = 'snowplow.events'
        """
    ).floats("seconds")
    seconds = 0.0 if not len(late) or np.isnan(late[0]) else float(late[0])
    return Entrants(
        found.moments("entered_at"),
        found.moments("window_ends_at"),
        found.moments("converted_at"),
        np.timedelta64(int(seconds * 1e6), "us"),
    )


def convert_by(people: Entrants, through: np.datetime64) -> tuple[NDArray, NDArray]:
    """Return the seconds each person was seen, and whether they had converted by `through`."""
    ends = np.minimum(people.ends, through)
    done = ~np.isnat(people.converted) & (people.converted <= ends)
    until = np.where(done, people.converted, ends)
    return np.maximum((until - people.entered) / SECOND, 0.0), done


def replay_conversion(people: Entrants, moment: np.datetime64) -> Replay | None:
    """Replay the conversion of those who entered lately; None where nobody did."""
    through = moment - people.lateness
    recent = (people.entered <= through) & (people.entered > moment - ENTERED * ONE_DAY)
    if not recent.any():
        return None
    chosen = Entrants(
        people.entered[recent], people.ends[recent], people.converted[recent], people.lateness
    )
    durations, done = convert_by(chosen, through)
    window = float(np.max((chosen.ends - chosen.entered) / SECOND))
    ours = share_finished(kaplan_meier(durations, done), window)
    return Replay(
        "conversion within the window",
        str(moment)[:10],
        int(recent.sum()),
        int(np.sum(~done & (chosen.ends > through))),
        float(done.mean()),
        ours,
        float((~np.isnat(chosen.converted)).mean()),
    )


@dataclass(frozen=True, eq=False)
class OpenVisits:
    """Visits in which a task is neither done nor cancelled, and when the task was first done."""

    entered: Moments
    exited: Moments
    first_done: Moments

    def count(self, moments: Moments, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Count the open tasks at each moment."""
        begun = np.searchsorted(np.sort(self.entered[chosen]), moments, side="right")
        over = np.searchsorted(np.sort(self.exited[chosen]), moments, side="right")
        return np.asarray(begun - over, dtype=np.float64)


def read_open_visits(context: Context) -> OpenVisits:
    """Read the visits that count as work in progress (durations.md 17)."""
    found = context.fetch(
        """
        select visits.entered_at, visits.exited_at, tasks.first_done_at
        from task_phases as visits
        inner join current_task_summary as tasks on visits.task_id = tasks.task_id
        where visits.category not in ('done', 'cancelled')
        order by visits.task_id, visits.visit_number
        """
    )
    exited = found.moments("exited_at")
    return OpenVisits(
        found.moments("entered_at"),
        np.where(np.isnat(exited), np.datetime64("9999-01-01", "us"), exited),
        found.moments("first_done_at"),
    )


def replay_work(visits: OpenVisits, moment: np.datetime64) -> Replay:
    """Replay the mean work in progress of the four weeks before a date."""
    days = moment - ONE_DAY * np.arange(ENTERED)
    known = visits.entered <= moment
    is_done = known & ~np.isnat(visits.first_done) & (visits.first_done <= moment)
    everything = np.ones(len(visits.entered), dtype=bool)
    ours = float(visits.count(days, known).mean())
    n = int(visits.count(moment[None], known)[0])
    return Replay(
        "work in progress (open tasks)",
        str(moment)[:10],
        n,
        n,
        float(visits.count(days, is_done).mean()),
        Estimate(ours, None, None, len(days), method="count", reason="a count, no estimate"),
        float(visits.count(days, everything).mean()),
    )


def replay(workspace: Workspace) -> list[Replay]:
    """Replay all figures of a warehouse at every date."""
    warehouse = EmbeddedWarehouse(workspace.prod)
    try:
        context = Context(
            QUESTION, warehouse, read_as_of(warehouse), read_site_time_zone(warehouse)
        )
        items, people = read_tasks(context), read_entrants(context)
        visits = read_open_visits(context)
    finally:
        warehouse.close()
    first, last = items.started.min(), items.started.max()
    found: list[Replay] = []
    for share in SHARES:
        moment = first + (share * ((last - first) / SECOND) * SECOND).astype("timedelta64[s]")
        moment = moment.astype("datetime64[D]").astype("datetime64[us]")
        found.extend(replay_times(items, moment))
        if (conversion := replay_conversion(people, moment)) is not None:
            found.append(conversion)
        found.append(replay_work(visits, moment))
    return found


def render(replays: dict[str, list[Replay]], horizon: float) -> str:
    """Return the document."""
    lines = [HEADER.format(recent=RECENT, entered=ENTERED, horizon=horizon)]
    lines += [
        "| data | figure | completed only / truth, median of the dates | ours / truth | "
        "intervals that hold the truth | limits |",
        "|---|---|---:|---:|---:|---|",
    ]
    for name, found in replays.items():
        for figure, rows in _by_figure(found).items():
            lines.append(f"| {name} | {figure} | {_summary(rows)} |")
    for name, found in replays.items():
        lines += ["", f"## {name.capitalize()}"]
        for figure, rows in _by_figure(found).items():
            lines += [
                "",
                f"### {figure.capitalize()}",
                "",
                "| as of | n | open then | completed only | ours | 95 % interval | truth | holds |",
                "|---|---:|---:|---:|---:|---|---:|---|",
                *(_row(row) for row in rows),
            ]
    return "\n".join(lines) + "\n"


def _by_figure(found: list[Replay]) -> dict[str, list[Replay]]:
    grouped: dict[str, list[Replay]] = defaultdict(list)
    for one in found:
        grouped[one.figure].append(one)
    return grouped


def _summary(rows: list[Replay]) -> str:
    def ratio(values: list[float | None]) -> str:
        known = [
            value / row.truth
            for value, row in zip(values, rows, strict=True)
            if value is not None and row.truth
        ]
        return f"{np.median(known):.2f}" if known else "-"

    held = [row.holds for row in rows if row.holds is not None]
    limits = clopper_pearson(sum(held), len(held))
    told = (
        "exact count"
        if limits.low is None or limits.high is None
        else (f"{100 * limits.low:.0f} to {100 * limits.high:.0f} %")
    )
    share = f"{sum(held)} of {len(held)}" if held else "no interval"
    naive, ours = ratio([r.completed_only for r in rows]), ratio([r.ours.value for r in rows])
    return f"{naive} | {ours} | {share} | {told}"


def _row(row: Replay) -> str:
    interval = "-"
    if row.ours.low is not None:
        high = "not bounded" if row.ours.high is None else _number(row.ours.high)
        interval = f"{_number(row.ours.low)} to {high}"
    ours = row.ours.reason if row.ours.value is None else _number(row.ours.value)
    holds = {True: "yes", False: "**no**", None: "-"}[row.holds]
    return (
        f"| {row.date} | {row.n:,} | {row.still_open:,} | {_number(row.completed_only)} "
        f"| {ours} | {interval} | {_number(row.truth)} | {holds} |"
    )


def _number(value: float | None) -> str:
    if value is None:
        return "not reached"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def prepare(
    folder: Path, data: Path | None, plan: SamplePlan | None, statuses: str = ""
) -> Workspace:
    """Return the built workspace in `folder`, making it when it is not there."""
    workspace = Workspace(folder.resolve())
    if workspace.prod.exists():
        return workspace
    workspace = init_workspace(folder)
    if statuses:
        (workspace.definitions / "status_map.csv").write_text(statuses, encoding="utf-8")
    if plan is not None:
        data = folder / "sample-data"
        make_sample(data, plan)
    assert data is not None
    land(data, workspace)
    build(workspace)
    return workspace


def main() -> None:
    """Parse the options, build what is missing, replay, print the document and write it."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__)
    parser.add_argument(
        "--scratch", type=Path, default=Path(tempfile.gettempdir()) / "carepath-replay"
    )
    parser.add_argument("--data", type=Path, default=here.parents[1] / "shared" / "data")
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--output", type=Path, default=Path("docs/replay.md"))
    options = parser.parse_args()
    sample = SamplePlan(members=options.members)
    replays = {"sample": replay(prepare(options.scratch / "sample", None, sample))}
    if (options.data / "helpdesk").is_dir():
        statuses = (here / "helpdesk_status_map.csv").read_text(encoding="utf-8")
        desk = prepare(options.scratch / "helpdesk", options.data / "helpdesk", None, statuses)
        replays["help desk"] = replay(desk)
    text = render(replays, 90.0)
    print(text)
    options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
