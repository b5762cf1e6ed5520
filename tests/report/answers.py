"""Answers made by hand: every kind of chart, a hostile name, small groups, ids, a silence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from carepath.errors import CarepathError
from carepath.questions.answer import Answer, Cell, Chart, Column, Exclusion, Figure, Table
from carepath.report.collection import Collected

AS_OF = datetime(2026, 7, 1)
SCRIPT = "<script>alert(1)</script>"
ENTITY = "Smith &quot; Sons"
MEMBER = "member-4711"


def make_answer(
    question: str = "conversion-by-client",
    headline: str = "Conversion differs.",
    columns: tuple[tuple[str, str], ...] = (("client", ""), ("mature", "people"), ("rate", "rate")),
    rows: tuple[tuple[Cell, ...], ...] = (("a", 100, 0.5), ("b", 200, 0.4), ("c", 300, 0.3)),
    chart: Chart | None = None,
    verdict: str = "differs",
    estimates: tuple[Figure, ...] = (),
    excluded: tuple[Exclusion, ...] = (),
    caveats: tuple[str, ...] = (),
) -> Answer:
    """Return an answer with a table; what is not given is harmless."""
    return Answer(
        question,
        AS_OF,
        headline,
        verdict,
        estimates,
        Table(tuple(Column(name, unit, f"what {name} is") for name, unit in columns), rows),
        caveats,
        excluded,
        ("select 1 < 2 as is_so",),
        chart,
    )


def make_funnel() -> Answer:
    """Return an answer of ``largest-dropoff``: 1,000 people, 400 at the end."""
    names = ("segment", "step_number", "step", "closed", "reached_previous", "lost", "loss_rate")
    units = ("", "", "", "people", "people", "people", "rate")
    return make_answer(
        "largest-dropoff",
        "CREATE_PROJECT loses the most people: 500 of 1,000.",
        (*zip(names, units, strict=True), ("loss_rate_low", "rate"), ("loss_rate_high", "rate")),
        (
            ("all", 1, "CREATE_ACCOUNT", 1000, None, None, None, None, None),
            ("all", 2, "CAREGIVING_GOAL", 900, 1000, 100, 0.1, 0.08, 0.12),
            ("all", 3, "CREATE_PROJECT", 400, 900, 500, 0.5556, 0.52, 0.59),
        ),
        Chart("funnel", "step", "closed", "People who passed each step"),
        "named",
    )


def make_trend(cohorts: int = 20) -> Answer:
    """Return an answer of ``conversion-trend``; its last two cohorts are not final."""
    rows = tuple(
        (
            date(2025, 1, 6) + timedelta(weeks=4 * n), 100, 0.4 + n / 100, 0.3 + n / 100,
            0.5 + n / 100, n < cohorts - 2,
        )
        for n in range(cohorts)
    )  # fmt: skip
    return make_answer(
        "conversion-trend",
        "Conversion did not fall beyond chance.",
        (
            ("cohort", "date"), ("mature", "people"), ("rate", "rate"), ("low", "rate"),
            ("high", "rate"), ("is_final", ""),
        ),
        rows,
        Chart("line", "cohort", "rate", "By cohort", "low", "high", marked="is_final"),
        "no problem",
        (Figure("change", -0.012, "points", 1000, "change", -0.03, 0.006, 0.95, "contrast"),),
    )  # fmt: skip


def make_clients(groups: int = 12) -> Answer:
    """Return an answer of ``conversion-by-client``: two hostile names, and one of four people."""
    names = [SCRIPT, ENTITY, *(f"Client {n}" for n in range(groups - 3)), "Tiny"]
    rows = tuple(
        (name, 4 if name == "Tiny" else 40 + n, 0.3 + n / 100, 0.25, 0.6)
        for n, name in enumerate(names)
    )
    return make_answer(
        headline=f"{SCRIPT} converts 4 people best, {ENTITY} next.",
        columns=(
            ("client", ""), ("mature", "people"), ("rate", "rate"), ("low", "rate"),
            ("high", "rate"),
        ),
        rows=rows,
        chart=Chart("interval", "client", "rate", "Conversion by client", "low", "high"),
        excluded=(Exclusion("staff", 3), Exclusion("too recent", 50)),
        caveats=(f"{ENTITY} is <b>not</b> bold.",),
    )  # fmt: skip


def make_tasks() -> Answer:
    """Return an answer of ``tasks-in-progress``: one row per project, with its id."""
    counts = [0] * 20 + [1] * 18 + [2] * 12 + [3] * 6 + [5] * 4
    rows = tuple((f"{MEMBER}-{n}", tasks, date(2026, 6, 30)) for n, tasks in enumerate(counts))
    return make_answer(
        "tasks-in-progress",
        "60 tasks are in progress.",
        (("project_id", ""), ("active_tasks", "tasks"), ("changed_date", "date")),
        (*rows, ("(none)", 9, date(2026, 6, 30))),
        Chart("histogram", "active_tasks", "projects", "Projects by tasks in progress"),
        "counted",
    )


def make_types() -> Answer:
    """Return an answer of ``slowest-phase``, with two series and negative numbers."""
    return make_answer(
        "slowest-phase",
        "Waiting is slower.",
        (("phase", ""), ("kind", ""), ("change", "points"), ("low", "points"), ("high", "points")),
        (
            ("todo", "queue", -0.01, -0.02, 0.01),
            ("in_progress", "work", 0.02, 0.01, 0.03),
            ("waiting", "wait", 0.03, None, None),
        ),
        Chart("interval", "phase", "change", "Change by phase", "low", "high", series="kind"),
        "slower",
    )


def make_conversion() -> Answer:
    """Return an answer of ``conversion``: one row, which needs no chart."""
    return make_answer(
        "conversion",
        "40.0 % of 1,000 people created a care project.",
        (("segment", ""), ("mature", "people"), ("rate", "rate")),
        (("all", 1000, 0.4),),
        Chart("interval", "segment", "rate", "Conversion"),
        "estimated",
        (Figure("conversion_rate", 0.4, "rate", 1000, "conversion", 0.37, 0.43, 0.95, "Wilson"),),
    )


def make_collected() -> Collected:
    """Return everything a report is made of."""
    answers = (
        make_funnel(), make_conversion(), make_trend(), make_clients(), make_tasks(), make_types(),
    )  # fmt: skip
    silence = CarepathError(f"No data for {SCRIPT}.", where="prod", fix="land data")
    return Collected(
        as_of=AS_OF,
        since=None,
        until=None,
        answers={answer.question: answer for answer in answers},
        silences={"skipped-steps": silence},
        fates=(
            ("snowplow.events", "modelled", 990),
            ("snowplow.events", "deduplicated", 7),
            ("snowplow.events", "rejected", 3),
        ),
        rejections=(("snowplow.events", "dated_after_load", 3),),
        early_moments=(("care_platform.task", 1200),),
        freshness=(("snowplow.events", AS_OF, None, datetime(2026, 6, 30, 13, 51)),),
    )
