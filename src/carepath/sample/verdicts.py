"""What the questions should answer, given what was planted."""

from __future__ import annotations

from typing import Any

import numpy as np

from carepath.sample.clients import NEVER, Rollout
from carepath.sample.expectation import Expectation
from carepath.sample.plan import DAY, SamplePlan
from carepath.sample.rates import Rates
from carepath.sample.vocabulary import PROJECT_TYPES, STEPS, TASK_TYPES

FEWEST_CLIENTS = 8
"""Exposed clients, and control clients, below which a staggered change cannot be identified."""

NOTICEABLE = 0.05
"""Relative change of the projects that arrive from which on it may show in the load."""


def verdicts(rates: Rates, expectation: Expectation) -> dict[str, Any]:
    """The answer each question should find, by the question's id."""
    plan, clients = rates.plan, rates.clients
    what = plan.what
    conversion = before_and_after(plan, expectation)

    def staggered(planted: bool, rollout: Rollout, other: Rollout) -> str:
        if not planted:
            return "not supported"
        # Clients that the other change does not touch: enough of them even without modelling both.
        clean = ~other.is_released if what.adds_page and what.adds_eligibility else np.True_
        exposed = int((rollout.is_released & clean).sum())
        controls = int(((rollout.full_from >= NEVER) & clean).sum())
        enough = min(exposed, controls) >= FEWEST_CLIENTS
        return "supported" if enough else "not identified"

    reached = expectation.reached_by_step.sum(axis=(0, 1))
    lost = -np.diff(reached)
    return {
        "why-conversion-changed": {
            "tracking": "supported" if what.loses_events else "not supported",
            "mix": "supported" if what.shifts_mix else "not supported",
            "page_added": staggered(what.adds_page, clients.page, clients.verification),
            "eligibility": staggered(what.adds_eligibility, clients.verification, clients.page),
        },
        "demand-or-efficiency": _load(plan, expectation),
        "conversion-trend": {
            "expected_before": conversion[0],
            "expected_after": conversion[1],
            "is_problem": bool(conversion[0] - conversion[1] >= 0.02),
        },
        "largest-dropoff": {"step_name": STEPS[int(np.argmax(lost)) + 1]},
        "slowest-type": {
            "project_type": max(PROJECT_TYPES, key=lambda kind: kind[2])[0],
            "task_type": max(TASK_TYPES, key=lambda kind: kind[2])[0],
        },
    }


def _load(plan: SamplePlan, expectation: Expectation) -> dict[str, str]:
    """Judge the load: what lowers conversion also lowers how many projects arrive.

    Whether that alone moves work in progress by a quarter no parameter says, so either verdict
    is right then.
    """
    what = plan.what
    if what.driver != "none":
        return {"verdict": what.capacity_verdict, "driver": what.driver}
    day = (plan.changes - plan.begins) // DAY
    projects = expectation.conversions_by_day
    before, after = (
        rate(part.sum(), float(part.size)) for part in (projects[:day], projects[day:])
    )
    if before > 0 and abs(after / before - 1) >= NOTICEABLE:
        return {"verdict": "none or demand", "driver": "arrivals"}
    return {"verdict": "none", "driver": "none"}


def before_and_after(plan: SamplePlan, expectation: Expectation) -> tuple[float, float]:
    """Expected conversion before and after the change date."""
    day = (plan.changes - plan.begins) // DAY
    arrivals, converted = expectation.arrivals.sum(axis=1), expectation.conversions_by_day
    return (
        rate(converted[:day].sum(), arrivals[:day].sum()),
        rate(converted[day:].sum(), arrivals[day:].sum()),
    )


def rate(part: float, whole: float) -> float:
    """`part` of `whole`; 0 where there is nobody."""
    return float(part / whole) if whole > 0 else 0.0
