"""Clients exposed at different dates: group-time effects against clients not yet exposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.estimates import (
    LEVEL,
    Booleans,
    Estimate,
    Floats,
    Integers,
    Seed,
    Verdict,
    check_level,
    counts_array,
    generator,
)
from carepath.stats.interrupted import judge_effect

NEVER = -1
MINIMUM_CLIENTS = 8
PLACEBO_LEVEL = 0.01
EQUIVALENCE_LEVEL = 0.90


@dataclass(frozen=True)
class GroupTimeVerdict:
    """The effect of an exposure on the conversion of the clients exposed.

    Parameters
    ----------
    verdict : {"supported", "not supported", "not identified"}
        See `group_time_effect`.
    effect : Estimate
        Mean effect on exposed people, as a fraction (-0.05 is 5 points lost).
    p : float or None
        Wild cluster bootstrap p-value of no effect.
    contribution : Estimate
        effect * `exposed_share`: what it does to the overall rate, as a fraction.
    placebos : mapping of str to Estimate
        Effects where there can be none, with 90 % intervals: on "dates" before the exposure and
        on steps before the exposed one.
    placebo_p : float or None
        Joint p-value of all placebos.
    exposed, controls : int
        Clients that contribute to either side.
    reason : str
        Why the verdict is what it is.
    claim : str
        "caused" is what a supported verdict claims, under parallel trends.
    """

    verdict: Verdict
    effect: Estimate
    p: float | None
    contribution: Estimate
    placebos: Mapping[str, Estimate]
    placebo_p: float | None
    exposed: int
    controls: int
    reason: str
    claim: str = "caused"


@dataclass(frozen=True, eq=False)
class _Contrast:
    """One effect with the contribution of every client to each side, shape (clients,)."""

    value: float
    exposed: Floats
    exposed_weight: Floats
    control: Floats
    control_weight: Floats


def group_time_effect(
    converted: ArrayLike,
    entered: ArrayLike,
    exposed_from: ArrayLike,
    seed: Seed,
    earlier_steps: Mapping[str, ArrayLike] | None = None,
    left_out: ArrayLike | None = None,
    exposed_share: float = 1.0,
    to_explain: float | None = None,
    draws: int = 999,
    level: float = LEVEL,
) -> GroupTimeVerdict:
    """Estimate the effect of a staggered exposure within clients and judge it.

    Parameters
    ----------
    converted, entered : array of int, shape (clients, periods)
        Conversions among the people of each client and entry period, counted from entry. Final
        periods only, oldest first.
    exposed_from : array of int, shape (clients,)
        First period fully exposed; -1 for clients never exposed. Clients without a date must be
        left out: they are neither exposed nor control. Clients exposed from period 0 have no
        before and count as neither.
    seed : int or Generator
        The same seed gives the same verdict.
    earlier_steps : mapping of step name to array of int, shape (clients, periods), optional
        People who closed steps before the exposed one: placebo outcomes.
    left_out : array of bool, shape (clients, periods), optional
        Partial roll-out and outages, not used.
    exposed_share : float
        Share of the people after the change who were exposed, in [0, 1].
    to_explain : float, optional
        The fall of the overall rate, as a negative fraction; decides "not supported".
    draws : int
        Wild bootstrap draws.
    level : float
        Confidence level.

    Returns
    -------
    GroupTimeVerdict
        Not identified with under 8 exposed or 8 control clients; when the placebos jointly differ
        from zero at 1 %; without any placebo on dates; or when a placebo's 90 % interval is not
        within half of the claimed effect. Else supported for a fall with p <= .01, not supported
        when the interval leaves less than half of the fall to it.

    Raises
    ------
    CarepathError
        If shapes differ or more converted than entered.

    Notes
    -----
    ATT(g, t) = mean over clients exposed in g of Y_t - Y_before minus the same over clients not
    exposed until after t (Callaway and Sant'Anna 2021, not-yet-treated controls, no covariates),
    with all periods before g as the baseline and people as weights, averaged over g and t by
    people exposed. A client counts only against its own past. Inference: studentised wild
    bootstrap of whole clients with Rademacher signs (Cameron, Gelbach and Miller 2008), residuals
    scaled by 1 / sqrt(1 - weight). Never two-way fixed effects, which compare with clients
    already exposed. Assumes parallel trends and no anticipation, which the placebos probe.
    """
    check_level(level)
    k, n = counts_array(converted, "converted"), counts_array(entered, "entered")
    start = np.asarray(exposed_from, dtype=np.int64)
    if k.ndim != 2 or k.shape != n.shape or len(start) != len(n):
        raise CarepathError("tables of clients and periods differ in shape", where="group_time")
    if left_out is not None:
        kept = ~np.asarray(left_out, dtype=bool)
        k, n = k * kept, n * kept
    if np.any(k > n):
        raise CarepathError("more people converted than entered", where="group_time")
    periods = n.shape[1]
    first = np.where((start == NEVER) | (start >= periods), periods, start)
    people = int(n.sum())
    found = _effect(k, n, first)
    exposed = int((found.exposed_weight > 0).sum()) if found else 0
    controls = int((found.control_weight > 0).sum()) if found else 0
    if found is None or min(exposed, controls) < MINIMUM_CLIENTS:
        reason = f"{exposed} exposed and {controls} control clients, {MINIMUM_CLIENTS} are needed"
        none = Estimate(None, None, None, people, level, "group-time effects", reason)
        return GroupTimeVerdict(
            "not identified", none, None, none, {}, None, exposed, controls, reason
        )
    contrasts = {"dates": _fake_dates(k, n, first)}
    for name, counts in (earlier_steps or {}).items():
        earlier = counts_array(counts, name)
        if left_out is not None:
            earlier = earlier * kept
        contrasts[name] = _effect(earlier, n, first)
    known = {name: c for name, c in contrasts.items() if c is not None}
    signs = generator(seed).choice(np.array([-1.0, 1.0]), size=(draws, len(n)))
    drawn = _bootstrap(found, signs)
    effect, p = _interval(found, drawn, people, level)
    placebos = {
        name: _interval(c, _bootstrap(c, signs), people, EQUIVALENCE_LEVEL)[0]
        for name, c in known.items()
    }
    placebo_p = _joint_p(known, signs)
    verdict, reason = _judge(
        effect, p, placebos, placebo_p, "dates" in known, exposed_share, to_explain
    )
    return GroupTimeVerdict(
        verdict=verdict,
        effect=effect,
        p=p,
        contribution=_scaled(effect, exposed_share),
        placebos=placebos,
        placebo_p=placebo_p,
        exposed=exposed,
        controls=controls,
        reason=reason,
    )


def _judge(
    effect: Estimate,
    p: float,
    placebos: Mapping[str, Estimate],
    placebo_p: float | None,
    has_dates: bool,
    exposed_share: float,
    to_explain: float | None,
) -> tuple[Verdict, str]:
    """Apply the rule: placebos first, then equivalence, then the effect."""
    if not has_dates or placebo_p is None:
        return "not identified", "too few periods before the exposure for a placebo on dates"
    if placebo_p < PLACEBO_LEVEL:
        return "not identified", "exposed and control clients differed where nothing could differ"
    verdict, reason = judge_effect(_scaled(effect, exposed_share), p, to_explain)
    if verdict != "supported" or effect.value is None:
        return verdict, reason
    bound = abs(effect.value) / 2
    for name, placebo in placebos.items():
        if placebo.low is None or placebo.high is None:
            return "not identified", f"the placebo on {name} has no interval"
        if max(-placebo.low, placebo.high) > bound:
            return "not identified", f"the placebo on {name} does not exclude half of the effect"
    return verdict, reason


def _scaled(effect: Estimate, share: float) -> Estimate:
    """Return the effect on the overall rate."""
    if effect.value is None or effect.low is None or effect.high is None:
        return effect
    return Estimate(
        effect.value * share,
        effect.low * share,
        effect.high * share,
        effect.n,
        effect.level,
        effect.method,
    )


def _effect(k: Integers, n: Integers, first: Integers) -> _Contrast | None:
    """Average the group-time effects over all exposed groups and periods."""
    clients, periods = n.shape
    before_k = np.concatenate([np.zeros((clients, 1)), np.cumsum(k, axis=1)], axis=1)
    before_n = np.concatenate([np.zeros((clients, 1)), np.cumsum(n, axis=1)], axis=1)
    cells = []
    for g in sorted({int(f) for f in first if 0 < f < periods}):
        past_k, past_n = before_k[:, g], before_n[:, g]
        for t in range(g, periods):
            cell = _cell(k[:, t], n[:, t], past_k, past_n, first == g, first > t)
            if cell is not None:
                cells.append(cell)
    return _averaged(cells)


def _fake_dates(k: Integers, n: Integers, first: Integers) -> _Contrast | None:
    """Return the same contrast within the periods before exposure, cut in the middle."""
    periods = n.shape[1]
    cells = []
    for g in sorted({int(f) for f in first if 1 < f < periods}):
        half = g // 2
        cell = _cell(
            k[:, half:g].sum(axis=1),
            n[:, half:g].sum(axis=1),
            k[:, :half].sum(axis=1).astype(float),
            n[:, :half].sum(axis=1).astype(float),
            first == g,
            first > g,
        )
        if cell is not None:
            cells.append(cell)
    return _averaged(cells)


def _cell(
    k: Integers, n: Integers, past_k: Floats, past_n: Floats, treated: Booleans, control: Booleans
) -> tuple[Floats, Floats, Floats] | None:
    """Return each client's change, its weight among the exposed, and among the controls."""
    seen = (n > 0) & (past_n > 0)
    change = k / np.maximum(n, 1) - past_k / np.maximum(past_n, 1)
    exposed = np.where(treated & seen, n, 0).astype(float)
    precision = n * past_n / np.maximum(n + past_n, 1)
    others = np.where(control & seen, precision, 0.0)
    if exposed.sum() == 0 or others.sum() == 0:
        return None
    return change, exposed, others / others.sum()


def _averaged(cells: list[tuple[Floats, Floats, Floats]]) -> _Contrast | None:
    """Average group-time cells by people exposed and collect each client's part."""
    if not cells:
        return None
    change = np.array([c[0] for c in cells])
    exposed = np.array([c[1] for c in cells])
    others = np.array([c[2] for c in cells])
    people = exposed.sum(axis=1)
    share = people / people.sum()
    counterfactual = (others * change).sum(axis=1)
    weight = exposed.sum(axis=0) / people.sum()
    own = (exposed * (change - counterfactual[:, None])).sum(axis=0) / people.sum()
    value = float(own.sum())
    control_weight = (share[:, None] * others).sum(axis=0)
    control = (share[:, None] * others * (change - counterfactual[:, None])).sum(axis=0)
    return _Contrast(value, own - weight * value, weight, control, control_weight)


def _spread(contrast: _Contrast, exposed: Floats, control: Floats) -> Floats:
    """Return the standard error from clients' parts, shape (..., clients)."""
    scaled = exposed / np.sqrt(np.maximum(1 - contrast.exposed_weight, 0.05))
    scaled = scaled - control / np.sqrt(np.maximum(1 - contrast.control_weight, 0.05))
    result: Floats = np.sqrt((scaled**2).sum(axis=-1))
    return result


def _bootstrap(contrast: _Contrast, signs: Floats) -> Floats:
    """Return studentised deviations of the effect when clients' residuals change sign."""
    exposed = signs * contrast.exposed / np.sqrt(np.maximum(1 - contrast.exposed_weight, 0.05))
    control = signs * contrast.control / np.sqrt(np.maximum(1 - contrast.control_weight, 0.05))
    shift, shift_control = exposed.sum(axis=1), control.sum(axis=1)
    again = exposed - contrast.exposed_weight * shift[:, None]
    again_control = control - contrast.control_weight * shift_control[:, None]
    error = np.maximum(_spread(contrast, again, again_control), 1e-12)
    result: Floats = (shift - shift_control) / error
    return result


def _interval(
    contrast: _Contrast, drawn: Floats, people: int, level: float
) -> tuple[Estimate, float]:
    """Return the effect with a symmetric bootstrap-t interval, and its p-value."""
    error = float(_spread(contrast, contrast.exposed, contrast.control))
    half = float(np.quantile(np.abs(drawn), level)) * error
    value = contrast.value
    t = abs(value) / max(error, 1e-12)
    p = (1 + int(np.sum(np.abs(drawn) >= t))) / (1 + len(drawn))
    method = "group-time effects, wild cluster bootstrap"
    return Estimate(value, value - half, value + half, people, level, method), p


def _joint_p(known: Mapping[str, _Contrast], signs: Floats) -> float | None:
    """Return the p-value of the largest placebo, all drawn with the same signs."""
    if not known:
        return None
    largest = np.max([np.abs(_bootstrap(c, signs)) for c in known.values()], axis=0)
    seen = max(
        abs(c.value) / max(float(_spread(c, c.exposed, c.control)), 1e-12) for c in known.values()
    )
    return (1 + int(np.sum(largest >= seen))) / (1 + len(signs))
