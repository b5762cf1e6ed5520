"""The clocks of one task or project (durations.md, "Clocks")."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from decimal import Decimal

from oracle.business_hours import working_time
from oracle.definitions import Definitions, Row
from oracle.times import seconds
from oracle.visits import CLOSED, Phase, runs

TOUCHED = ("active", "waiting", "paused")
Span = tuple[datetime, datetime]


def read_clocks(
    phases: list[Phase], created_at: datetime, deleted_at: datetime | None, definitions: Definitions
) -> Row:
    """Every clock and count that follows from the phases alone."""
    visits = [phase for phase in phases if phase.visit_number > 0]
    last = visits[-1]
    is_observed = not last.is_imputed
    is_done = last.category == "done"
    active = [visit.entered_at for visit in visits if visit.category == "active" and is_observed]
    completions = [run[0].entered_at for run in runs(visits, ("done",)) if is_observed]
    first_active = active[0] if active else None
    last_done = completions[-1] if completions else None
    after = [at for at in completions if first_active and at >= first_active]
    cycle = (first_active, last_done) if is_done and first_active and last_done else None
    span = (first_active, after[-1]) if first_active and after else None
    touch = spent(visits, span, TOUCHED)
    hands_on = spent(visits, span, ("active",))
    end_reason, ended_at = end_of(visits, deleted_at)
    return {
        "status": last.status,
        "category": last.category,
        "is_imputed": last.is_imputed,
        "first_active_at": first_active,
        "first_done_at": completions[0] if completions else None,
        "last_done_at": last_done,
        "is_done": is_done,
        "lead_seconds": seconds(last_done - created_at) if is_done and last_done else None,
        "cycle_seconds": length(cycle),
        "first_done_seconds": length((first_active, after[0]) if first_active and after else None),
        "touch_seconds": touch,
        "active_seconds": hands_on,
        "business_seconds": seconds(working_time(*cycle, definitions)) if cycle else None,
        "flow_efficiency_rate": hands_on / touch if touch and hands_on is not None else None,
        "rework_seconds": rework(visits, completions),
        "reopen_count": sum(
            first.category == "done" and second.category not in CLOSED
            for first, second in itertools.pairwise(visits)
        ),
        "completion_count": len(completions),
        "visit_count": len(visits),
        "end_reason": end_reason,
        "ended_at": ended_at,
    }


def length(span: Span | None) -> Decimal | None:
    """Seconds from one end to the other."""
    return seconds(span[1] - span[0]) if span else None


def spent(visits: list[Phase], span: Span | None, categories: tuple[str, ...]) -> Decimal | None:
    """Time of the visits of these categories inside the span."""
    if span is None:
        return None
    total = timedelta(0)
    for visit in visits:
        inside = visit.entered_at >= span[0] and visit.entered_at < span[1]
        if visit.category in categories and inside and visit.exited_at is not None:
            total += min(visit.exited_at, span[1]) - visit.entered_at
    return seconds(total)


def rework(visits: list[Phase], completions: list[datetime]) -> Decimal | None:
    """Time not done and not cancelled between the first completion and the last."""
    if not completions:
        return None
    total = timedelta(0)
    for visit in visits:
        inside = completions[0] <= visit.entered_at < completions[-1]
        if inside and visit.category not in CLOSED and visit.exited_at is not None:
            total += visit.exited_at - visit.entered_at
    return seconds(total)


def end_of(visits: list[Phase], deleted_at: datetime | None) -> tuple[str | None, datetime | None]:
    """How the work ended and when; completion first, then cancellation, then deletion."""
    last = visits[-1]
    if last.category in CLOSED:
        entered = None if last.is_imputed else runs(visits, (last.category,))[-1][0].entered_at
        return ("completed" if last.category == "done" else "cancelled"), entered
    if deleted_at is not None:
        return "deleted", last.exited_at
    return None, None
