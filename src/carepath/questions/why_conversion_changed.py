"""Is the change due to the page added, to eligibility verification, to mix, to tracking?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.causes import (
    MOST,
    VERIFY,
    decompose_mix,
    decompose_steps,
    judge_arrival,
    split,
)
from carepath.questions.cohorts import Cohorts, read_cohorts
from carepath.questions.exposures import StepExposure, date_steps, share_dated
from carepath.questions.figures import figure
from carepath.questions.outages import FUNNEL_EVENTS, PROJECTS, Tracking, find_tracking_losses
from carepath.questions.panel import Panel, by_cohort, read_panel
from carepath.questions.people import MATURE_SIGN_UPS, METRICS, STEPS, count_people, nobody
from carepath.questions.question import Context, Question, Segment
from carepath.questions.releases import (
    RELEASES,
    Release,
    check_releases,
    read_releases,
    unrecorded,
)
from carepath.questions.segments import PEOPLE
from carepath.questions.wording import count, fall, listed, percent, points

if TYPE_CHECKING:
    from carepath.stats.estimates import Estimate
    from carepath.stats.hypotheses import Hypothesis
    from carepath.stats.step_shares import StepContributions
    from carepath.stats.trend import TrendVerdict

QUESTION = Question(
    id="why-conversion-changed",
    text="Is the change due to the page added to the intake, to eligibility verification, to mix, "
    "to tracking?",
    decision="which of the rival explanations of a fall to act on",
    population=MATURE_SIGN_UPS + "; final cohorts; weeks whose events were lost are left out",
    unit="client and four-week cohort for what is called a cause; person for mix and steps",
    estimand="what each explanation does to the conversion of all people, in points: lost events "
    "(records against events), the arrival of a page and of eligibility verification (dated from "
    "the data, client by client), mix (Kitagawa), and progress at each step",
    censoring="only final cohorts are compared; clients in partial roll-out, and those without a "
    "date, are neither exposed nor control",
    reads=(METRICS, STEPS, FUNNEL_EVENTS, PROJECTS, RELEASES, "data_freshness"),
    verdicts={
        "explained": "at least one hypothesis is supported, or events were lost",
        "not identified": "conversion fell, and these data cannot tell why",
        "no problem": "there is no fall to explain",
        "cannot tell": "too few final cohorts to judge whether there is a fall",
    },
    segments=PEOPLE,
    local_dates="always",
    range_unit="month",
)
# Under this share of records with their event, what is measured is far from what happened.
USUALLY_CAPTURED = 0.9
COLUMNS = (
    Column("order", "", "order in which it was looked at"),
    Column("kind", "", "check (can the numbers be trusted), hypothesis, step, or release note"),
    Column("name", "", "what was looked at"),
    Column(
        "verdict",
        "",
        "supported, not supported or not identified; for a check what it found; for a release note "
        "whether the data agree with its date",
    ),
    Column("contribution", "points", "what it does to the conversion of all people, as a fraction"),
    Column("low", "points", "lower limit of contribution"),
    Column("high", "points", "upper limit of contribution"),
    Column("share_of_change", "ratio", "contribution / the change; null unless that is sure"),
    Column("share_low", "ratio", "lower limit of share_of_change"),
    Column("share_high", "ratio", "upper limit of share_of_change"),
    Column("claim", "", "caused, consistent with, or accounts for"),
    Column("finding", "", "why the verdict is what it is"),
)
# Clients are the unit of every causal contrast; with --by only the mix is split otherwise.
CLIENT = Segment("client", "coalesce(entry_client_id, 'unknown')", "client at entry")


@dataclass(frozen=True)
class Findings:
    """Everything that was looked at, in order."""

    cohorts: Cohorts
    tracking: Tracking
    gate: TrendVerdict
    left_out_weeks: int
    exposures: tuple[StepExposure, ...]
    hypotheses: tuple[Hypothesis, ...]
    total: Estimate
    steps: StepContributions
    mix_by: str
    is_simpson: bool
    panel: Panel
    releases: tuple[Release, ...]


def answer(context: Context) -> Answer:
    """Look at tracking, maturity, definitions, mix, change within, and steps, in that order."""
    people = count_people(context)
    if (empty := nobody(context, people)) is not None:
        return empty
    cohorts = read_cohorts(context)
    if cohorts.final < 2:
        return context.answer(
            f"Why conversion changed cannot be told: {count(cohorts.final, 'final cohort')} of "
            "four weeks, two are needed to compare.",
            "cannot tell",
            excluded=people.excluded,
        )
    found = _investigate(context, cohorts)
    headline, verdict = _conclude(found)
    return context.answer(
        headline,
        verdict,
        tuple(_figures(found)),
        Table(COLUMNS, tuple(_rows(found))),
        caveats=tuple(_caveats(found)),
        excluded=people.excluded,
        chart=Chart(
            "interval", "name", "contribution", "What moved conversion", "low", "high", "kind"
        ),
    )


def _investigate(context: Context, cohorts: Cohorts) -> Findings:
    from carepath.stats.hypotheses import mix_hypothesis, weigh
    from carepath.stats.trend import conversion_trend

    tracking = find_tracking_losses(context)
    panel = read_panel(context.split(CLIENT), cohorts.first, cohorts.final)
    left_out = _find_outage_weeks(context, panel, tracking)
    panel = panel.without(left_out)
    gate = conversion_trend(
        by_cohort(panel.converted).sum(axis=0), by_cohort(panel.entered).sum(axis=0), context.seed
    )
    cut = gate.changed_at if gate.is_problem and gate.changed_at is not None else None
    cut = cut if cut is not None else cohorts.final // 2
    mixed = panel
    if context.segment is not None and context.segment.id != "client":
        mixed = read_panel(context, cohorts.first, cohorts.final).without(left_out)
    periods = split(mixed, cut)
    mix = decompose_mix(periods, context.seed)
    steps = decompose_steps(periods, context.seed)
    exposures = date_steps(panel)
    hypotheses = weigh(
        gate, [*_judge_steps(context, panel, exposures, gate, cut, steps), mix_hypothesis(mix)]
    )
    return Findings(
        cohorts,
        tracking,
        gate,
        int(left_out.sum()),
        exposures,
        tuple(_share(one, mix.total) for one in hypotheses),
        mix.total,
        steps,
        context.segment.id if context.segment else "client",
        mix.is_simpson,
        panel,
        read_releases(context),
    )


def _find_outage_weeks(context: Context, panel: Panel, tracking: Tracking) -> np.ndarray:
    """Mark entry weeks whose people may have lost their conversion in an outage."""
    found = context.fetch(
        f"""
        select max(datediff('day', entered_at, window_ends_at)) as window_days
        from {METRICS}
        where population = 'entrant'
        """
    )
    lead = timedelta(days=int(found.integers("window_days")[0]))
    return np.array(
        [
            any(tracking.covers(panel.monday(w) + timedelta(days=d), lead) for d in range(7))
            for w in range(panel.weeks)
        ],
        dtype=bool,
    )


def _judge_steps(
    context: Context,
    panel: Panel,
    exposures: tuple[StepExposure, ...],
    gate: TrendVerdict,
    cut: int,
    steps: StepContributions,
) -> list[Hypothesis]:
    """Judge the page and eligibility hypotheses, each by what happened to its step."""
    from carepath.stats.estimates import Estimate
    from carepath.stats.hypotheses import Hypothesis

    arrived = [exposure for exposure in exposures if exposure.dated.any()]
    judged: list[Hypothesis] = []
    for exposure in arrived:
        others = tuple(other for other in arrived if other is not exposure)
        name = "eligibility" if exposure.name == VERIFY else f"page {exposure.name}"
        judged.append(judge_arrival(name, panel, exposure, others, gate, cut, context.seed))
    people = int(panel.entered.sum())
    nothing = Estimate(0.0, None, None, people, method="", reason="did not happen")
    if not any(one.name.startswith("page") for one in judged):
        told = share_dated(panel, exposures)
        absence = Hypothesis(
            "page",
            "not supported",
            nothing,
            None,
            "caused",
            "no page reached any client in these weeks",
        )
        if told < MOST:
            absence = Hypothesis(
                "page",
                "not identified",
                Estimate(None, None, None, people, reason="too few people to date pages"),
                None,
                "caused",
                f"no page is seen to arrive, but only {percent(told)} of the people are at clients "
                "with enough people to see it",
            )
        judged.append(absence)
    if not any(one.name == "eligibility" for one in judged):
        judged.append(_judge_passage(panel, gate, steps, nothing))
    return sorted(judged, key=lambda one: (not one.name.startswith("page"), one.name))


def _judge_passage(
    panel: Panel, gate: TrendVerdict, steps: StepContributions, nothing: Estimate
) -> Hypothesis:
    """Judge verification where no client began or stopped it: did fewer pass the step?"""
    from carepath.stats.hypotheses import MINIMUM_CONTRIBUTION, Hypothesis

    if VERIFY not in panel.steps:
        return Hypothesis(
            "eligibility", "not supported", nothing, None, "caused", "the funnel has no such step"
        )
    passage = steps.steps[panel.steps.index(VERIFY) - 1]
    fall = min(gate.change.value or 0.0, 0.0) if gate.is_problem else 0.0
    if passage.low is not None and passage.low > min(fall / 2, -MINIMUM_CONTRIBUTION):
        return Hypothesis(
            "eligibility",
            "not supported",
            passage,
            None,
            "accounts for",
            "no client began to verify, and the step is passed about as before",
        )
    return Hypothesis(
        "eligibility",
        "not identified",
        passage,
        None,
        "accounts for",
        "no client began to verify; fewer may pass the step, but who comes to it may have changed",
    )


def _share(one: Hypothesis, total: Estimate) -> Hypothesis:
    """Add the share of the change, where the change is sure enough."""
    from dataclasses import replace

    from carepath.stats.decomposition import share_of_change

    if one.share is not None or not one.contribution.has_interval or not total.has_interval:
        return one
    return replace(one, share=share_of_change(one.contribution, total, 0.0, 1.959964))


def _conclude(found: Findings) -> tuple[str, str]:
    gate, tracking = found.gate, found.tracking
    supported = [one for one in found.hypotheses if one.verdict == "supported"]
    lost = _say_tracking(tracking)
    if gate.is_problem is None:
        return f"{lost}Whether conversion changed cannot be told: {gate.reason}.", (
            "explained" if _is_tracking(tracking) else "cannot tell"
        )
    if not gate.is_problem:
        aside = "Apart from that there" if lost else "There"
        seen = gate.smallest_detectable
        blind = f" of {points(seen).lstrip('+')} or more" if seen else ""
        return f"{lost}{aside} is no fall{blind} to explain in {gate.cohorts} cohorts.", (
            "explained" if _is_tracking(tracking) else "no problem"
        )
    change = fall(figure("", "", "points", gate.change))
    since = found.cohorts.starts(gate.changed_at or 0)
    fell = f"{lost}Conversion fell by {change} with the cohort of {since}"
    rejected = [one.name for one in found.hypotheses if one.verdict == "not supported"]
    open_ones = [one.name for one in found.hypotheses if one.verdict == "not identified"]
    if supported:
        told = listed([f"{one.name} {_say_part(one, gate)}" for one in supported])
        parts = [f"{fell}: {told}"]
    else:
        parts = [f"{fell}; these data do not tell why"]
    if rejected:
        parts.append(f"{listed(rejected)} {_do(rejected)} not explain it")
    if open_ones:
        parts.append(f"{listed(open_ones)} {'is' if len(open_ones) == 1 else 'are'} open")
    return f"{'; '.join(parts)}.", "explained" if supported else "not identified"


def _say_part(one: Hypothesis, gate: TrendVerdict) -> str:
    """Return ``caused 3.9 points of it``, as strong as the claim is."""
    part = f"{abs(100 * (one.contribution.value or 0.0)):.1f} points"
    whole = f"{abs(100 * (gate.change.value or 0.0)):.1f} points"
    is_more = abs(one.contribution.value or 0.0) > abs(gate.change.value or 0.0)
    part += ", more than all of it" if is_more and part != whole else " of it"
    return f"{'is consistent with' if one.claim == 'consistent with' else one.claim} {part}"


def _do(names: list[str]) -> str:
    return "does" if len(names) == 1 else "do"


def _is_tracking(tracking: Tracking) -> bool:
    missed = tracking.missed
    return missed is not None and (missed.low or 0.0) > 0 and (missed.value or 0.0) >= 0.01


def _say_tracking(tracking: Tracking) -> str:
    if not tracking.losses or tracking.missed is None:
        return ""
    first = min(loss.first_date for loss in tracking.losses)
    last = max(loss.last_date for loss in tracking.losses)
    lacking = (
        f"{percent(tracking.missed.value)} of the people who entered then have a project but no "
        "event of it"
        if tracking.missed.value
        else "nobody known to have entered then has a project but no event of it"
    )
    return (
        f"Events were lost between {first} and {last}: {lacking}; the weeks of entry concerned "
        "are left out here. "
    )


def _rows(found: Findings) -> list[tuple[Cell, ...]]:
    tracking, gate = found.tracking, found.gate
    rows: list[tuple[Cell, ...]] = []

    def add(
        kind: str,
        name: str,
        verdict: str,
        part: Estimate | None,
        share: Estimate | None,
        claim: str,
        finding: str,
    ) -> None:
        cells = (part.value, part.low, part.high) if part else (None, None, None)
        shares = (share.value, share.low, share.high) if share else (None, None, None)
        rows.append((len(rows) + 1, kind, name, verdict, *cells, *shares, claim, finding))

    add(
        "hypothesis",
        "tracking",
        _judge_tracking(tracking),
        _negate(tracking.missed),
        None,
        "accounts for" if tracking.losses else "",
        _describe_tracking(tracking),
    )
    open_cohorts = len(found.cohorts) - found.cohorts.final
    add(
        "check",
        "immature cohorts",
        "left out" if open_cohorts else "none",
        None,
        None,
        "",
        f"{count(open_cohorts, 'cohort')} not final, in none of the numbers",
    )
    dated = [exposure for exposure in found.exposures if exposure.dated.any()]
    told = [f"{e.name} reached {count(int(e.dated.sum()), 'client')}" for e in dated]
    add(
        "check",
        "definition",
        "changed" if dated else "unchanged",
        None,
        None,
        "",
        "; ".join(told) or "every step was there, or not, throughout at every client",
    )
    ordered = sorted(found.hypotheses, key=lambda one: one.name != "mix")
    for one in ordered:
        name = f"mix by {found.mix_by}" if one.name == "mix" else one.name
        add("hypothesis", name, one.verdict, one.contribution, one.share, one.claim, one.reason)
    add(
        "check",
        "change within groups",
        "",
        found.steps.rate,
        None,
        "accounts for",
        "in-order progress through the funnel within groups, all steps together",
    )
    for name, part, share in zip(
        found.panel.steps[1:], found.steps.steps, found.steps.shares, strict=True
    ):
        add("step", name, "", part, share, "accounts for", part.reason or "")
    if gate.is_problem:
        add("check", "change", "fall", gate.change, None, "", f"p = {gate.p:.3f}; {gate.method}")
    fell_at = gate.changed_at if gate.is_problem else None
    for note in check_releases(found.releases, found.panel, found.exposures, fell_at):
        add("release note", note.release.name, note.verdict, None, None, "", note.finding)
    return rows


def _judge_tracking(tracking: Tracking) -> str:
    if not tracking.records:
        return "not identified"
    return "supported" if _is_tracking(tracking) else "not supported"


def _describe_tracking(tracking: Tracking) -> str:
    if not tracking.records:
        return "there are no records of projects to compare the events with"
    if not tracking.losses:
        told = [
            f"{percent(captured / records)} of {count(records, 'record')} have their {event} event"
            for event, (records, captured) in tracking.compared.items()
            if records
        ]
        return f"{'; '.join(told)}; no span of days has fewer than usual beyond chance"
    return "; ".join(
        f"{loss.event}, {loss.among}: {percent(loss.captured)} captured from {loss.first_date} to "
        f"{loss.last_date}, {percent(loss.usual)} otherwise"
        for loss in tracking.losses[:5]
    )


def _negate(part: Estimate | None) -> Estimate | None:
    from dataclasses import replace

    if part is None or part.value is None or part.low is None or part.high is None:
        return part
    return replace(part, value=-part.value, low=-part.high, high=-part.low)


def _figures(found: Findings) -> list[Figure]:
    figures = [
        figure(
            "change",
            "conversion after less before the most likely change",
            "points",
            found.gate.change,
        ),
        figure(
            "change_between_periods",
            "all people after less before, from which mix is split",
            "points",
            found.total,
        ),
    ]
    for one in found.hypotheses:
        name = one.name.lower().replace(" ", "_").replace("-", "_")
        figures.append(
            figure(
                f"{name}_contribution",
                f"what {one.name} does to the overall rate",
                "points",
                one.contribution,
            )
        )
    return figures


def _say_always_lost(tracking: Tracking) -> str:
    """Say which event is lost so often, in no span more than usual, that rates are far off."""
    lost = {
        event: f"{percent(captured / records)} of {count(records, 'record')} have their {event} "
        "event"
        for event, (records, captured) in tracking.compared.items()
        if captured < USUALLY_CAPTURED * records
    }
    if not lost or tracking.losses:
        return ""
    meant = {
        "CREATE_PROJECT": "projects are made elsewhere or their events are lost, and more people "
        "convert than is measured",
        "CREATE_ACCOUNT": "people without it are left out of conversion",
    }
    return (
        f"Only {listed(list(lost.values()))}, and no span of days stands out: "
        f"{'; '.join(meant[event] for event in lost)}. What is lost evenly makes no fall."
    )


def _caveats(found: Findings) -> list[str]:
    return [
        _say_always_lost(found.tracking),
        f"{count(found.left_out_weeks, 'week')} of entry were left out because of lost events."
        if found.left_out_weeks
        else "",
        "Supported means: beyond chance, at least a point, placebos passed, and no other change at "
        "the same time. Open means these data cannot tell; it does not mean no.",
        "Mix and steps describe these people arithmetically; only contrasts between clients, with "
        "clients as the unit, say that a change caused anything.",
        "Mix and rate point to opposite sides (Simpson): the overall rate misleads."
        if found.is_simpson
        else "",
        "Steps are the progress in order; conversion counts whoever creates a project.",
        f"No release note tells of {listed(missing)}, which arrived at some clients."
        if (missing := unrecorded(found.releases, found.exposures))
        else "",
        "Release notes (product_changes.csv) stand beside and move no number: when a step arrived "
        "is dated from what people did."
        if found.releases
        else "",
        "Accounts are compared with events only where a later step came through: prod does not "
        "tell when an account was created.",
    ]
