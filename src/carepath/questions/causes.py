"""Each explanation of a fall, judged by its own estimator (funnel.md 28)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carepath.questions.cohorts import WEEKS
from carepath.questions.exposures import StepExposure
from carepath.questions.panel import Integers, Panel, by_cohort

if TYPE_CHECKING:
    from carepath.stats.decomposition import Decomposition
    from carepath.stats.hypotheses import Hypothesis
    from carepath.stats.step_shares import StepContributions
    from carepath.stats.trend import TrendVerdict

VERIFY = "VERIFY_ELIGIBILITY"
# With fewer weeks than this between the first and the last client, everybody met it at once.
AT_ONCE_WEEKS = WEEKS
MOST = 0.9


@dataclass(frozen=True, eq=False)
class Periods:
    """Groups before and after the change, small ones pooled; shapes (groups, ...)."""

    groups: tuple[str, ...]
    converted: tuple[Integers, Integers]
    entered: tuple[Integers, Integers]
    closed: tuple[Integers, Integers]


def split(panel: Panel, cut: int) -> Periods:
    """Add up cohorts before `cut` and from it on, pooling groups under 30 in either as `other`."""
    from carepath.stats.decomposition import small_segments

    week = cut * WEEKS
    sums = [
        (table[:, :week].sum(axis=1), table[:, week:].sum(axis=1))
        for table in (panel.converted, panel.entered, panel.closed)
    ]
    small = small_segments(sums[1][0], sums[1][1])
    names = tuple(name for name, few in zip(panel.groups, small, strict=True) if not few)
    if small.any():
        names = (*names, "other")
        sums = [
            (
                np.concatenate([before[~small], before[small].sum(axis=0, keepdims=True)]),
                np.concatenate([after[~small], after[small].sum(axis=0, keepdims=True)]),
            )
            for before, after in sums
        ]
    return Periods(names, sums[0], sums[1], sums[2])


def decompose_mix(periods: Periods, seed: int) -> Decomposition:
    """Split the change into mix and rate."""
    from carepath.stats.decomposition import decompose

    return decompose(
        periods.converted[0], periods.entered[0], periods.converted[1], periods.entered[1], seed
    )


def decompose_steps(periods: Periods, seed: int) -> StepContributions:
    """Split the change within groups over the steps."""
    from carepath.stats.step_shares import contributions_by_step

    return contributions_by_step(periods.closed[0], periods.closed[1], seed)


def judge_arrival(
    name: str,
    panel: Panel,
    exposure: StepExposure,
    others: tuple[StepExposure, ...],
    gate: TrendVerdict,
    cut: int,
    seed: int,
) -> Hypothesis:
    """Judge whether the arrival of a step lowered conversion.

    Staggered over clients: group-time effects against clients not yet exposed, cells touched by
    another step's arrival left out. Met by everybody at once: interrupted time series.
    """
    fall = gate.change.value if gate.is_problem else None
    clash = _find_clash(exposure, others)
    span = exposure.span
    if span is not None and _is_at_once(panel, exposure):
        found = _interrupt(name, panel, exposure, others, fall, span)
    else:
        found = _compare_clients(name, panel, exposure, others, fall, cut, seed)
    if clash and found.verdict == "supported":
        reason = f"{clash} arrived in the same week at most of these clients"
        return replace(found, verdict="not identified", reason=reason)
    return found


def _compare_clients(
    name: str,
    panel: Panel,
    exposure: StepExposure,
    others: tuple[StepExposure, ...],
    fall: float | None,
    cut: int,
    seed: int,
) -> Hypothesis:
    from carepath.stats.group_time import group_time_effect
    from carepath.stats.hypotheses import Hypothesis

    converted, entered = by_cohort(panel.converted), by_cohort(panel.entered)
    closed = by_cohort(panel.closed)
    cohorts = entered.shape[1]
    usable = exposure.dated | exposure.never
    left_out = exposure.partial(cohorts)
    for other in others:
        left_out |= other.touched(cohorts)
    start = exposure.exposed_from()
    exposed = exposure.dated[:, None] & (np.arange(cohorts) >= start[:, None])
    people = (entered[:, :cut].sum(), entered[:, cut:].sum())
    shares = [
        float((entered * exposed)[:, part].sum()) / max(int(total), 1)
        for part, total in zip((slice(None, cut), slice(cut, None)), people, strict=True)
    ]
    effect = group_time_effect(
        converted[usable],
        entered[usable],
        start[usable],
        seed,
        {panel.steps[k]: closed[usable][:, :, k] for k in range(1, exposure.step)},
        left_out=left_out[usable],
        exposed_share=max(shares[1] - shares[0], 0.0),
        to_explain=fall,
    )
    reason = effect.reason
    if effect.effect.value is not None:
        reason = (
            f"{reason}; {100 * effect.effect.value:+.1f} points at {effect.exposed} exposed "
            f"clients against {effect.controls} not yet exposed"
        )
    return Hypothesis(name, effect.verdict, effect.contribution, None, effect.claim, reason)


def _interrupt(
    name: str,
    panel: Panel,
    exposure: StepExposure,
    others: tuple[StepExposure, ...],
    fall: float | None,
    span: tuple[int, int],
) -> Hypothesis:
    from carepath.stats.hypotheses import Hypothesis
    from carepath.stats.interrupted import interrupted_series

    clean = exposure.dated.copy()
    for other in others:
        clean &= ~other.dated
    kept = clean if clean.any() else exposure.dated
    found = interrupted_series(
        panel.converted[kept], panel.entered[kept], span[0], span[1], to_explain=fall
    )
    return Hypothesis(
        name,
        found.verdict,
        found.change,
        None,
        found.claim,
        found.reason,
        span[0] // WEEKS,
        span[1] // WEEKS,
    )


def _is_at_once(panel: Panel, exposure: StepExposure) -> bool:
    people = panel.entered.sum(axis=1)
    share = float(people[exposure.dated].sum()) / max(float(people.sum()), 1.0)
    changes = [client.changed_at or 0 for client in exposure.clients if client.kind == "dated"]
    return share >= MOST and max(changes) - min(changes) <= AT_ONCE_WEEKS


def _find_clash(exposure: StepExposure, others: tuple[StepExposure, ...]) -> str | None:
    """Return the other step that came within a week at half the dated clients or more."""
    dated = exposure.dated
    for other in others:
        together = 0
        for mine, theirs in zip(exposure.clients, other.clients, strict=True):
            if mine.kind == theirs.kind == "dated":
                together += abs((mine.changed_at or 0) - (theirs.changed_at or 0)) <= 1
        if dated.any() and together >= dated.sum() / 2:
            return other.name
    return None
