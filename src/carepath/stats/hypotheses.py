"""Put the evidence together: which explanation of a fall is supported, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from carepath.stats.decomposition import Decomposition
from carepath.stats.estimates import Estimate, Verdict
from carepath.stats.interrupted import EQUIVALENT
from carepath.stats.trend import TrendVerdict

MINIMUM_CONTRIBUTION = EQUIVALENT


@dataclass(frozen=True)
class Hypothesis:
    """One explanation of a fall with the verdict on it.

    Parameters
    ----------
    name : str
        Such as "eligibility", "page", "mix" or "tracking".
    verdict : {"supported", "not supported", "not identified"}
        From the estimator of this hypothesis; `weigh` may take "supported" back.
    contribution : Estimate
        What it does to the overall rate, as a fraction (-0.03 is 3 points lost).
    share : Estimate or None
        Contribution / the fall, with an interval; None where the fall is too unsure.
    claim : str
        "caused", "consistent with" or "accounts for".
    reason : str
        Why the verdict is what it is.
    everybody_from, everybody_until : int or None
        Cohorts between which a change that met everybody at once arrived. None for others.
    """

    name: str
    verdict: Verdict
    contribution: Estimate
    share: Estimate | None
    claim: str
    reason: str
    everybody_from: int | None = None
    everybody_until: int | None = None


def mix_hypothesis(found: Decomposition, name: str = "mix") -> Hypothesis:
    """Judge "other people arrive now" from a decomposition over one predeclared dimension.

    Supported: the mix part (with entering and leaving segments) lowers the rate by at least one
    point and its interval excludes zero. Not supported: its interval leaves less than half of
    the fall to it, or less than a point. Else not identified. The claim is arithmetic: "accounts
    for".
    """
    mix, total = found.mix, found.total
    if mix.value is None or mix.low is None or mix.high is None or total.value is None:
        return Hypothesis(
            name, "not identified", mix, None, "accounts for", mix.reason or "no estimate"
        )
    verdict: Verdict = "not identified"
    reason = "the interval holds both no shift and a large one"
    if mix.high < 0 and mix.value <= -MINIMUM_CONTRIBUTION:
        verdict, reason = "supported", "a shift beyond chance towards segments that convert less"
    elif mix.low > min(total.value / 2, -MINIMUM_CONTRIBUTION):
        half = mix.low > total.value / 2
        told = "half of the fall" if half else "1 point"
        verdict, reason = "not supported", f"the shift accounts for less than {told}"
    return Hypothesis(name, verdict, mix, found.mix_share, "accounts for", reason)


def weigh(trend: TrendVerdict, hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Let a hypothesis stand only where there is a fall, and it is the only one of its date.

    Parameters
    ----------
    trend : TrendVerdict
        Of the whole conversion: the gate.
    hypotheses : sequence of Hypothesis
        Each with the verdict of its own estimator.

    Returns
    -------
    tuple of Hypothesis
        In the order given. Without a fall nothing is supported, and "not supported" stays only
        where a contribution of a point or more is excluded. "Supported" becomes "not identified"
        under one point of contribution, when another change met everybody at the same time, or
        when the fall came at another time than a change that met everybody at once.
    """
    return tuple(_weighed(trend, one, hypotheses) for one in hypotheses)


def _weighed(trend: TrendVerdict, one: Hypothesis, others: Sequence[Hypothesis]) -> Hypothesis:
    """Return one hypothesis with its verdict kept or taken back."""
    if not trend.is_problem:
        return _without_fall(one, trend.is_problem is None)
    if one.verdict != "supported":
        return one
    if one.contribution.value is None or one.contribution.value > -MINIMUM_CONTRIBUTION:
        return replace(one, verdict="not identified", reason="it explains under one point")
    if one.everybody_from is None or one.everybody_until is None:
        return one
    for other in others:
        if other is not one and _together(one, other.everybody_from, other.everybody_until):
            reason = f"{other.name} met everybody at the same time"
            return replace(one, verdict="not identified", reason=reason)
    if not _together(one, trend.changed_low, trend.changed_high):
        return replace(one, verdict="not identified", reason="the fall came at another time")
    return one


def _without_fall(one: Hypothesis, is_open: bool) -> Hypothesis:
    """Keep "not supported" where at most a point is left to it; the rest is open."""
    low = one.contribution.low
    if one.verdict == "not supported" and (low is None or low > -MINIMUM_CONTRIBUTION):
        return one
    reason = "whether there is a fall cannot be told" if is_open else "there is no fall to explain"
    return replace(one, verdict="not identified", reason=reason)


def _together(one: Hypothesis, low: int | None, high: int | None) -> bool:
    """Whether two intervals of cohorts overlap."""
    if low is None or high is None or one.everybody_from is None or one.everybody_until is None:
        return False
    return one.everybody_from <= high and low <= one.everybody_until
