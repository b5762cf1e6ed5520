"""The ledger `truth.json`: the parameters that were planted, not what happened to be drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carepath.sample import people as people_parameters
from carepath.sample.browsing import MORE_PROJECTS_SHARE
from carepath.sample.care import (
    EARLY_END_SHARE,
    TASKS_PER_PROJECT,
    UTILISATION,
    expected_tasks_per_hour,
    visits_per_task,
    work_factors,
)
from carepath.sample.clients import ALWAYS, NEVER
from carepath.sample.event_rows import (
    LOST_ACCOUNT_SHARE,
    LOST_PROJECT_SHARE,
    OUTAGE_DEVICE_NAME,
    outage_clients,
    outage_span,
)
from carepath.sample.expectation import Expectation, expect, expected_by_week
from carepath.sample.plan import DAY
from carepath.sample.rates import (
    ARRIVAL_SHOCK_SD,
    COUNTRY_EFFECTS,
    COUNTRY_SHARES,
    IN_WINDOW,
    PERIOD_WEEKS,
    RETURN_SHARE,
    SHOCK_SD,
    STEP_BASE,
    TOO_LATE_SHARE,
    WINDOW_DAYS,
    Rates,
)
from carepath.sample.team import ABSENCE, REACTION_HOURS, SLOTS, CareParameters
from carepath.sample.verdicts import before_and_after, rate, verdicts
from carepath.sample.vocabulary import (
    COUNTRIES,
    DEVICES,
    PROJECT_TYPES,
    STEPS,
    TASK_TYPES,
)

VERSION = 2
MATURE_AFTER = (WINDOW_DAYS + 1) * DAY
"""Before the end of the span: the window, and a day for events that come late."""


@dataclass(frozen=True)
class SampleLedger:
    """What was made.

    Parameters
    ----------
    folder : Path
        Where the files are.
    files : tuple of str
        File names, `truth.json` last.
    rows : mapping of str to int
        Rows written by table.
    truth : mapping
        Content of ``truth.json``.
    """

    folder: Path
    files: tuple[str, ...]
    rows: Mapping[str, int]
    truth: Mapping[str, Any]


def moment(time: int) -> str | None:
    """A time as text; None for never, ``always`` for since ever."""
    if time >= NEVER:
        return None
    if time <= ALWAYS:
        return "always"
    return datetime.fromtimestamp(time / 1_000_000, UTC).isoformat(timespec="seconds")


def tell(
    rates: Rates,
    expectation: Expectation,
    parameters: CareParameters,
    dirt: Mapping[str, Mapping[str, int]],
    rows: Mapping[str, int],
) -> dict[str, Any]:
    """Put the ledger together."""
    plan = rates.plan
    return {
        "version": VERSION,
        "plan": {
            **{k: v for k, v in asdict(plan).items() if k not in ("start", "effect")},
            "start": plan.first_day.isoformat(),
            "effect": plan.planted_effect,
        },
        "span": {
            "begins": moment(plan.begins),
            "ends": moment(plan.ends),
            "changes": moment(plan.changes),
        },
        "scenario": {
            "name": plan.scenario,
            "story": plan.what.story,
            "effect": plan.planted_effect,
            "effect_means": plan.what.effect_means,
        },
        "planted": verdicts(rates, expectation),
        "funnel": _funnel(),
        "expected": _expected(rates, expectation),
        "arrivals": _arrivals(rates, expectation),
        "outage": {
            "begins": moment(outage_span(plan)[0]),
            "ends": moment(outage_span(plan)[1]),
            "device_type": OUTAGE_DEVICE_NAME,
            "share": plan.planted_effect,
        }
        if plan.what.loses_events
        else None,
        "shocks": {
            "conversion_sd_logit": SHOCK_SD,
            "arrivals_sd_log": ARRIVAL_SHOCK_SD,
            "period_weeks": PERIOD_WEEKS,
            "week": rates.week_shocks,
            "client_by_period": rates.client_shocks,
            "arrivals_by_week": rates.arrival_shocks,
        },
        "clients": _clients(rates, expectation),
        "care": _care(rates, expectation, parameters),
        "dirt": {table: dict(sorted(counts.items())) for table, counts in sorted(dirt.items())},
        "tables": dict(sorted(rows.items())),
    }


def save(truth: Mapping[str, Any], path: Path) -> None:
    """Write the ledger: the same ledger gives the same bytes."""
    text = json.dumps(rounded(truth), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:
    """Plain JSON values with six decimals."""
    if isinstance(value, Mapping):
        return {str(key): rounded(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [rounded(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 6)
    if isinstance(value, np.integer):
        return int(value)
    return value


def _funnel() -> dict[str, Any]:
    later = STEPS[1:]
    return {
        "window_days": WINDOW_DAYS,
        "in_window_share": IN_WINDOW,
        "step_base": {
            device: dict(zip(later, row, strict=True))
            for (device, _), row in zip(DEVICES, STEP_BASE.tolist(), strict=True)
        },
        "device_shares": dict(DEVICES),
        "country_shares": dict(zip(COUNTRIES, COUNTRY_SHARES.tolist(), strict=True)),
        "country_effects_logit": dict(zip(COUNTRIES, COUNTRY_EFFECTS.tolist(), strict=True)),
        "skip_shares": dict(zip(STEPS[1:5], people_parameters.SKIP_SHARES, strict=True)),
        "step_seconds_median": dict(zip(later, people_parameters.STEP_SECONDS, strict=True)),
        "step_seconds_spread_log": people_parameters.STEP_SPREAD,
        "return_share": RETURN_SHARE,
        "return_after_window_share": TOO_LATE_SHARE,
        "tie_share": people_parameters.TIE_SHARE,
        "second_early_share": people_parameters.EARLY_SHARE,
        "swapped_share": people_parameters.SWAP_SHARE,
        "without_landing_share": people_parameters.NO_LANDING_SHARE,
        "other_landing_share": people_parameters.OTHER_LANDING_SHARE,
        "without_account_client_share": people_parameters.NO_CLIENT_SHARE,
        "more_projects_share": MORE_PROJECTS_SHARE,
        "lost_create_account_share": LOST_ACCOUNT_SHARE,
        "lost_create_project_share": LOST_PROJECT_SHARE,
    }


def _expected(rates: Rates, expectation: Expectation) -> dict[str, Any]:
    plan = rates.plan
    arrivals = expectation.arrivals.sum(axis=1)
    total = float(arrivals.sum())
    converted = expectation.conversions_by_day
    by_week = expected_by_week(plan, np.stack([arrivals, converted], axis=1))
    before, after = before_and_after(plan, expectation)
    return {
        **_conversion(expectation),
        # What a rate of mature people estimates: the last sign-ups are not in it, and where a
        # change lowers conversion they convert less than the others.
        "mature": _conversion(expect(rates, plan.ends - MATURE_AFTER)),
        "conversion_before": before,
        "conversion_after": after,
        "conversion_by_week": [rate(done, people) for people, done in by_week],
        "passed_by_step": dict(
            zip(
                STEPS,
                (expectation.reached_by_step.sum(axis=(0, 1)) / total).tolist(),
                strict=True,
            )
        ),
        "people_by_period_device_step": [
            {
                device: dict(zip(STEPS, row, strict=True))
                for (device, _), row in zip(DEVICES, period, strict=True)
            }
            for period in expectation.reached_by_step.tolist()
        ],
    }


def _conversion(expectation: Expectation) -> dict[str, Any]:
    """Conversion of all people of an expectation, and by device and country."""
    total = float(expectation.arrivals.sum())
    converted = float(expectation.conversions_by_day.sum())
    return {
        "conversion": rate(converted, total),
        "conversion_as_tracked": rate(converted, total) * (1 - LOST_PROJECT_SHARE),
        "conversion_by_device": {
            name: rate(done, total * share)
            for (name, share), done in zip(
                DEVICES, expectation.conversions_by_device.tolist(), strict=True
            )
        },
        "conversion_by_country": {
            name: rate(done, total * share)
            for name, share, done in zip(
                COUNTRIES,
                COUNTRY_SHARES.tolist(),
                expectation.conversions_by_country.tolist(),
                strict=True,
            )
        },
    }


def _arrivals(rates: Rates, expectation: Expectation) -> dict[str, Any]:
    plan = rates.plan
    by_day = expectation.arrivals.sum(axis=1)
    by_week = expected_by_week(plan, by_day[:, None])[:, 0]
    day = (plan.changes - plan.begins) // DAY
    return {
        "members_by_week": by_week,
        "members_per_day_before": rate(by_day[:day].sum(), float(day)),
        "members_per_day_after": rate(by_day[day:].sum(), float(by_day.size - day)),
    }


def _clients(rates: Rates, expectation: Expectation) -> list[dict[str, Any]]:
    plan, clients = rates.plan, rates.clients
    starts = plan.begins + np.arange(expectation.arrivals.shape[0], dtype=np.int64) * DAY
    outage = outage_clients(len(clients))

    def conversion(client: int, days: NDArray[np.bool_]) -> float | None:
        people = float(expectation.arrivals[days, client].sum())
        done = float(expectation.conversions_by_client_day[days, client].sum())
        return done / people if people > 0 else None

    told = []
    for client in range(len(clients)):
        released = [
            int(time)
            for rollout in (clients.page, clients.verification)
            for time in (rollout.partial_from[client], rollout.full_from[client])
            if ALWAYS < time < NEVER
        ]
        last_day = (max(released) // DAY + 1) * DAY if released else plan.changes
        first_day = min(released) // DAY * DAY if released else plan.changes
        told.append(
            {
                "client_id": str(clients.ids[client]),
                "slug": clients.slugs[client],
                "share": clients.weights[client],
                "effect_logit": clients.effects[client],
                "verification_type": clients.verification_types[client],
                "joined": moment(int(clients.joined[client])),
                "page_partial_from": moment(int(clients.page.partial_from[client])),
                "page_from": moment(int(clients.page.full_from[client])),
                "verification_partial_from": moment(int(clients.verification.partial_from[client])),
                "verification_from": moment(int(clients.verification.full_from[client])),
                "loses_events": bool(plan.what.loses_events and outage[client]),
                "expected_members": float(expectation.arrivals[:, client].sum()),
                "expected_conversion": conversion(client, starts >= plan.begins),
                "expected_conversion_before": conversion(client, starts < first_day),
                "expected_conversion_after": conversion(client, starts >= last_day),
            }
        )
    return told


def _care(rates: Rates, expectation: Expectation, parameters: CareParameters) -> dict[str, Any]:
    spread = parameters.wait_spread
    median = float(np.exp(-spread * spread / 2))
    return {
        **asdict(parameters),
        "utilisation_before": UTILISATION,
        "absence_share": ABSENCE,
        "slots_per_coordinator": SLOTS,
        "reaction_hours": REACTION_HOURS,
        "tasks_per_project": TASKS_PER_PROJECT,
        "given_up_before_begun_share": EARLY_END_SHARE,
        "expected_tasks_per_working_hour_before": expected_tasks_per_hour(rates, expectation),
        "visits_per_task": visits_per_task(parameters.reopen_share),
        "visits_per_task_after": visits_per_task(parameters.reopen_share_after),
        "wait_days_median": [mean * median for mean in parameters.wait_days],
        "wait_days_median_after": [mean * median for mean in parameters.wait_days_after],
        "pause_days_median": parameters.pause_days * median,
        "work_hours_median": parameters.work_hours
        * float(np.exp(-(parameters.work_spread**2) / 2)),
        "work_factors": {
            project[0]: dict(zip((task[0] for task in TASK_TYPES), row, strict=True))
            for project, row in zip(PROJECT_TYPES, work_factors().tolist(), strict=True)
        },
        "project_type_shares": {kind[0]: kind[1] for kind in PROJECT_TYPES},
        "task_type_shares": {kind[0]: kind[1] for kind in TASK_TYPES},
    }
