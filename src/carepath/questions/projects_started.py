"""How many projects start each week?"""

from __future__ import annotations

from datetime import date, timedelta

from carepath.questions.answer import Answer, Cell, Chart, Column, Exclusion, Figure, Table
from carepath.questions.figures import figure, tally
from carepath.questions.freshness import read_work
from carepath.questions.question import Context, Question
from carepath.questions.segments import PROJECT_TYPE, STARTED_FROM
from carepath.questions.wording import count, per_week, within

PROJECTS = "current_project_summary"
QUESTION = Question(
    id="projects-started",
    text="How many projects start each week?",
    decision="how much care work comes in, for staffing",
    population="projects with a known start: first entry to an active status, else first_active, "
    "else creation; --since and --until bound the start",
    unit="project, by ISO week from Monday in the site's time zone",
    estimand="the mean number of starts of a complete week (quasi-Poisson; exact Poisson where "
    "the counts vary no more than chance)",
    censoring="weeks that are not over, or cut off by the range, are marked and in none of the "
    "rates",
    reads=(PROJECTS, "data_freshness"),
    verdicts={
        "counted": "there is at least one complete week",
        "no complete week": "projects started, but the range holds no whole week",
    },
    segments=(PROJECT_TYPE, STARTED_FROM),
    local_dates="always",
)
COLUMNS = (
    Column("week", "date", "Monday of the ISO week, in the site's time zone"),
    Column("segment", "", "group of projects; all where nothing was split"),
    Column("started", "projects", "projects that started in the week"),
    Column("is_complete", "", "false for a week cut off by the data or by the range asked for"),
)
WINDOW_WEEKS = 13
WEEK = timedelta(days=7)


def answer(context: Context) -> Answer:
    """Count starts per ISO week and compare the last 13 complete weeks with those before."""
    found = context.fetch(
        f"""
        select started_week_date, {context.by} as segment, count(*) as started
        from {PROJECTS}
        where started_at is not null and {context.within("started_date")}
        group by 1, 2
        order by 1, 2
        """
    )
    excluded = _find_excluded(context)
    if not len(found):
        return context.answer(f"No project started{context.period}.", "no data", excluded=excluded)
    counted = {(week.date(), segment): int(started) for week, segment, started in found.rows()}
    segments = sorted({segment for _, segment in counted})
    through = read_work(context, "projects", patience=timedelta(0)).through
    sure = context.local_date(through)
    earliest = _earliest_week(context)
    first = _first_week(context, min(counted)[0], earliest)
    last = _last_week(context, max(counted)[0], sure)
    weeks: list[date] = [first + n * WEEK for n in range((last - first).days // 7 + 1)]
    complete = {week: _is_complete(context, week, earliest, sure) for week in weeks}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (week, segment, counted.get((week, segment), 0), complete[week])
        for week in weeks
        for segment in segments
    )
    totals = [
        sum(counted.get((week, segment), 0) for segment in segments)
        for week in weeks
        if complete[week]
    ]
    headline, estimates = _conclude(context, totals, sum(counted.values()))
    return context.answer(
        headline,
        "counted" if totals else "no complete week",
        estimates,
        Table(COLUMNS, rows),
        caveats=(
            "Incomplete weeks are in the table, marked, and in none of the rates.",
            "A start is the first entry to an active status, else first_active, else creation "
            "(--by started-from shows which).",
            read_work(context, "projects").say(
                "Starts of projects", "weeks that end later are not complete"
            ),
        ),
        excluded=excluded,
        chart=Chart(
            "line", "week", "started", "Projects started", None, None, "segment", "is_complete"
        ),
    )


def _earliest_week(context: Context) -> date:
    """Return the week in which the data begin."""
    found = context.fetch(f"select min(started_week_date) as week from {PROJECTS}")
    earliest: date = found.values("week")[0].date()
    return earliest


def _first_week(context: Context, first: date, earliest: date) -> date:
    """Return the week of --since, where projects started before it: weeks without a start count."""
    if context.since is None:
        return first
    return min(first, max(earliest, context.since - timedelta(days=context.since.weekday())))


def _last_week(context: Context, last: date, sure: date) -> date:
    """Return the last week known to be over: that nothing started in it is known as well."""
    is_cut = context.until is not None and context.until < sure
    over = context.until + timedelta(days=1) if context.until and is_cut else sure
    return max(last, over - timedelta(days=over.weekday()) - WEEK)


def _is_complete(context: Context, week: date, earliest: date, sure: date) -> bool:
    """Tell whether the whole week lies in the data and in the range asked for."""
    # The data may begin on any day of their first week.
    begins = week > earliest and (context.since is None or context.since <= week)
    ends = context.until is None or week + timedelta(days=6) <= context.until
    return begins and ends and week + WEEK <= sure


def _conclude(
    context: Context, totals: list[int], everything: int
) -> tuple[str, tuple[Figure, ...]]:
    from carepath.stats.counts import rate, rate_ratio

    every = tally("started", "projects started in the range", everything, "projects")
    if not totals:
        return (
            f"{count(everything, 'project')} started{context.period}, but the range holds no "
            "complete week.",
            (every,),
        )
    recent = totals[-WINDOW_WEEKS:]
    mean = figure("per_week", "starts per complete week", "per week", rate(totals))
    now = figure(
        "per_week_recent", f"in the last {len(recent)} complete weeks", "per week", rate(recent)
    )
    headline = (
        f"{per_week(mean.value)} projects start each week{within(mean)}, over "
        f"{count(len(totals), 'complete week')}{context.period}; "
        f"{totals[-1]:,} in the last of them."
    )
    before = totals[-2 * WINDOW_WEEKS : -WINDOW_WEEKS]
    if len(before) < WINDOW_WEEKS:
        return headline, (mean, now, every)
    change = figure(
        "change_ratio",
        f"last {WINDOW_WEEKS} weeks over the {WINDOW_WEEKS} before",
        "ratio",
        rate_ratio(before, recent),
    )
    return headline, (mean, now, change, every)


def _find_excluded(context: Context) -> tuple[Exclusion, ...]:
    found = context.fetch(f"select count(*) as projects from {PROJECTS} where started_at is null")
    return (Exclusion("have no known start", int(found.integers("projects")[0]), "projects"),)
