"""Whether a step existed for a person when they entered (funnel.md 14, 28)."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from oracle.definitions import FunnelStep

ENOUGH = 10


@dataclass(frozen=True)
class Witness:
    """A non-staff entrant who reached a later step: evidence on whether the step existed."""

    week: date
    did_step: bool


@dataclass(frozen=True)
class Release:
    """What the events of one client say about one step."""

    kind: str  # 'unknown', 'throughout', 'in_part', 'never_released' or 'appeared'
    last_week_without: date | None = None
    first_week_with: date | None = None


@dataclass(frozen=True)
class Entrant:
    """What decides applicability, for one person and step."""

    entered_at: datetime
    week: date
    has_client_id: bool
    is_client_known: bool
    has_verification: bool
    did_step: bool


def infer_release(witnesses: list[Witness]) -> Release:
    """Date a step's appearance for one client by the likeliest split between two shares."""
    if len(witnesses) < ENOUGH:
        return Release("unknown")
    weekly: dict[date, list[bool]] = defaultdict(list)
    for witness in witnesses:
        weekly[witness.week].append(witness.did_step)
    weeks = sorted(weekly)
    best: tuple[float, date] | None = None
    for week in weeks[1:]:
        before = [did for other in weeks if other < week for did in weekly[other]]
        after = [did for other in weeks if other >= week for did in weekly[other]]
        likelihood = round(log_likelihood(before) + log_likelihood(after), 9)
        if best is None or likelihood > best[0]:
            best = (likelihood, week)
    if best is not None:
        without = [week for week in weeks if week < best[1] and was_absent(weekly, week)]
        having = [week for week in weeks if week >= best[1] and was_present(weekly, week)]
        if without and having:
            return Release("appeared", max(without), min(having))
    overall = share([witness.did_step for witness in witnesses])
    if overall < 0.05:
        return Release("never_released")
    return Release("throughout" if overall > 0.5 else "in_part")


def was_absent(weekly: dict[date, list[bool]], week: date) -> bool:
    """Whether hardly anyone did the step in this week, nor in all weeks up to it."""
    until = [did for other in weekly if other <= week for did in weekly[other]]
    return share(weekly[week]) < 0.05 and len(until) >= ENOUGH and share(until) < 0.05


def was_present(weekly: dict[date, list[bool]], week: date) -> bool:
    """Whether most did the step in this week, and in all weeks from it on."""
    since = [did for other in weekly if other >= week for did in weekly[other]]
    return share(weekly[week]) > 0.5 and len(since) >= ENOUGH and share(since) > 0.5


def log_likelihood(outcomes: list[bool]) -> float:
    """Of the best single share for these outcomes."""
    done, missed, count = outcomes.count(True), outcomes.count(False), len(outcomes)
    return sum(part * math.log(part / count) for part in (done, missed) if part)


def share(outcomes: list[bool]) -> float:
    """Share that did the step."""
    return outcomes.count(True) / len(outcomes)


def judge(
    step: FunnelStep, entrant: Entrant, release: Release, *, is_uneven: bool
) -> tuple[bool, str]:
    """Whether the step applies, and why; uneven: it came to some client later, or never."""
    if step.valid_from is not None and entrant.entered_at < step.valid_from:
        return False, "outside_valid_dates"
    if step.valid_to is not None and entrant.entered_at >= step.valid_to:
        return False, "outside_valid_dates"
    is_dated = step.valid_from is not None or step.valid_to is not None
    if not is_dated and release.kind != "unknown":
        verifies = step.applies_when != "client_verifies" or entrant.has_verification
        if release.kind == "in_part" and entrant.is_client_known and not verifies:
            return (True, "observed") if entrant.did_step else (False, "client_does_not_verify")
        return judge_by_release(entrant, release)
    if is_uneven and not entrant.has_client_id:
        return (True, "observed") if entrant.did_step else (False, "client_unknown")
    if step.applies_when == "client_verifies" and not entrant.has_verification:
        if entrant.did_step:
            return True, "observed"
        return False, "client_does_not_verify" if entrant.is_client_known else "client_unknown"
    return True, "applies"


def judge_by_release(entrant: Entrant, release: Release) -> tuple[bool, str]:
    """Applicability as the client's own events show it."""
    reason = "applies"
    if release.kind == "never_released":
        reason = "never_released"
    if release.kind == "appeared":
        assert release.last_week_without and release.first_week_with
        if entrant.week <= release.last_week_without:
            reason = "not_yet_released"
        elif entrant.week < release.first_week_with:
            reason = "partial_rollout"
    if reason == "applies":
        return True, reason
    return (True, "observed") if entrant.did_step else (False, reason)
