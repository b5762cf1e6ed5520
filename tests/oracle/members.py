"""Every person's way through the intake: one row per member, one per member and step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from oracle.applicability import Entrant, Release, Witness, infer_release, judge
from oracle.dedup import deleted_at
from oracle.definitions import EVENTS, MEMBERS, Definitions, FunnelStep, Row
from oracle.entry import (
    Evidence,
    entry_client,
    entry_referrer,
    gather_evidence,
    verification_type,
)
from oracle.freshness import freshness_of
from oracle.matching import PersonEvent, Rules, in_total_order, in_window, match_path
from oracle.rejection import Settled
from oracle.times import local_date, seconds, week_of


@dataclass
class Person:
    """A member with their events, and, for an entrant, their entry."""

    member_id: str
    is_staff: bool
    account: Row | None
    is_deleted: bool
    events: list[PersonEvent]
    entry: PersonEvent | None = None
    entry_row: Row = field(default_factory=dict)
    client_id: str | None = None
    client_source: str = "unknown"
    client: Row | None = None
    referrer: str | None = None
    week: date | None = None
    in_window: dict[int, list[PersonEvent]] = field(default_factory=dict)

    @property
    def entered_at(self) -> datetime:
        """Time of entry; only for entrants."""
        assert self.entry is not None
        return self.entry.event_at

    def did(self, step_number: int) -> bool:
        """Whether the step was done at all in the window (`is_open`)."""
        return bool(self.in_window.get(step_number))


def funnel_events(settled: Settled, definitions: Definitions) -> list[Row]:
    """One row per deduplicated, identified, believable event."""
    return [
        {
            "event_id": row["event_id"],
            "member_id": row["user_id"],
            "event_at": row["derived_tstamp"] or row["collector_tstamp"],
            "event_name": row["event_name"],
            "funnel_name": spelled(row.get("funnel_funnel_name")),
            "step_name": spelled(row.get("funnel_step_name")),
            "step_number": step_number_of(row, definitions),
        }
        for row in settled.kept[EVENTS]
        if row.get("user_id")
    ]


def step_number_of(row: Row, definitions: Definitions) -> int | None:
    """The step an event belongs to."""
    if spelled(row.get("funnel_funnel_name")) != spelled(definitions.funnel_name):
        return None
    if spelled(row.get("funnel_step_action")) not in (None, "SUBMIT"):
        return None  # skipped or merely opened
    if row.get("funnel_failure_reason") is not None:
        return None
    names = {spelled(step.name): step.number for step in definitions.steps}
    return names.get(spelled(row.get("funnel_step_name")))


def spelled(name: str | None) -> str | None:
    """A name as names are compared."""
    return name.strip().upper() if name is not None else None


def gather_people(settled: Settled, definitions: Definitions) -> list[Person]:
    """Everyone known from members or from an identified event."""
    evidence = gather_evidence(settled)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in settled.kept[EVENTS]:
        if row.get("user_id"):
            rows_of[row["user_id"]].append(row)
    member_ids = {row["user_id"] for row in settled.kept[MEMBERS]} | set(rows_of)
    return [
        gather_person(member_id, rows_of[member_id], evidence, settled.as_of, definitions)
        for member_id in sorted(member_ids)
    ]


def gather_person(
    member_id: str, rows: list[Row], evidence: Evidence, as_of: datetime, definitions: Definitions
) -> Person:
    """One person; the first step-1 event over all history is the entry."""
    events = in_total_order(
        [
            PersonEvent(
                row["event_id"],
                row["derived_tstamp"] or row["collector_tstamp"],
                step_number_of(row, definitions),
            )
            for row in rows
        ]
    )
    account = evidence.accounts.get(member_id)
    person = Person(
        member_id,
        any((row.get("user_role") or "").strip().upper() == "STAFF" for row in rows),
        account,
        deleted_at(MEMBERS, account, as_of) is not None,
        events,
        next((event for event in events if event.step_number == 1), None),
    )
    if person.entry is not None:
        rules = Rules(definitions.window, definitions.tie)
        person.entry_row = next(row for row in rows if row["event_id"] == person.entry.event_id)
        person.client_id, person.client_source = entry_client(
            member_id, person.entry_row, definitions.tie, evidence
        )
        person.client = evidence.clients.get(person.client_id or "")
        person.referrer = entry_referrer(person.entry_row, evidence)
        person.week = week_of(local_date(person.entered_at, definitions.zone))
        for step in definitions.steps:
            person.in_window[step.number] = [
                event
                for event in events
                if event.step_number == step.number
                and in_window(event.event_at, person.entered_at, rules)
            ]
    return person


def infer_releases(
    people: list[Person], settled: Settled, definitions: Definitions
) -> dict[tuple[str, int], Release]:
    """What the events of each client show about each step but the first and the last."""
    releases = {}
    for client_id in {person.client_id for person in people if person.client_id}:
        for step in definitions.steps[1:-1]:
            later = [other.number for other in definitions.steps if other.number > step.number]
            releases[client_id, step.number] = infer_release(
                [
                    Witness(person.week, person.did(step.number))
                    for person in people
                    if person.entry is not None
                    and person.week is not None
                    and person.client_id == client_id
                    and not person.is_staff
                    and person.entered_at <= settled.as_of
                    and any(person.did(number) for number in later)
                ]
            )
    return releases


def applies(
    person: Person, step: FunnelStep, releases: dict[tuple[str, int], Release]
) -> tuple[bool, str]:
    """Whether a step existed for the person, and why."""
    if step.number == 1:
        return True, "applies"
    assert person.week is not None
    entrant = Entrant(
        person.entered_at,
        person.week,
        person.client_id is not None,
        person.client is not None,
        verification_type(person.client) is not None,
        person.did(step.number),
    )
    release = releases.get((person.client_id or "", step.number), Release("unknown"))
    is_dated = step.valid_from is not None or step.valid_to is not None
    is_uneven = not is_dated and any(
        other.kind in ("appeared", "never_released")
        for (_, number), other in releases.items()
        if number == step.number
    )
    return judge(step, entrant, release, is_uneven=is_uneven)


def steps_of(
    person: Person, releases: dict[tuple[str, int], Release], definitions: Definitions
) -> list[Row]:
    """One row per defined step of an entrant."""
    verdicts = {step.number: applies(person, step, releases) for step in definitions.steps}
    matched = [step.number for step in definitions.steps[1:] if verdicts[step.number][0]]
    rules = Rules(definitions.window, definitions.tie)
    assert person.entry is not None
    reached = match_path(person.events, person.entry, matched, rules).reached
    rows: list[Row] = []
    previous: datetime | None = None
    is_closed = True
    for step in definitions.steps:
        later = [
            other.number
            for other in definitions.steps
            if other.number > step.number and verdicts[other.number][0]
        ]
        applicable, reason = verdicts[step.number]
        is_open = person.did(step.number)
        is_passed_over = step.is_optional and not is_open and any(n in reached for n in later)
        is_closed = is_closed and (step.number in reached or not applicable or is_passed_over)
        at = reached.get(step.number)
        if not applicable:
            status = "not_applicable"
        elif is_open:
            status = "done"
        elif any(person.did(number) for number in later):
            status = "skipped"
        else:
            status = "not_reached"
        rows.append(
            {
                "member_id": person.member_id,
                "step_number": step.number,
                "step_name": step.name,
                "is_optional": step.is_optional,
                "is_applicable": applicable,
                "applicability_reason": reason,
                "status": status,
                "is_closed": is_closed,
                "is_in_order": at is not None,
                "is_open": is_open,
                "reached_at": at,
                "seconds_from_previous": seconds(at - previous) if at and previous else None,
                "seconds_from_entry": seconds(at - person.entered_at) if at else None,
                "event_count": len(person.in_window[step.number]),
            }
        )
        previous = at or previous
    return rows


def metrics_of(
    person: Person, steps: list[Row], complete_through: datetime | None, definitions: Definitions
) -> Row:
    """The member's row; everything about the entry is null without one."""
    row: Row = {
        "member_id": person.member_id,
        "exclusion_reason": "staff" if person.is_staff else None,
        "is_deleted": person.is_deleted,
        "has_account": person.account is not None,
    }
    if person.entry is None:
        has_step = any(event.step_number for event in person.events)
        return row | {"population": "no_entry" if has_step else "no_funnel_events"}
    entered_at, client = person.entered_at, person.client or {}
    window_ends_at = entered_at + definitions.window
    conversions = [event.event_at for event in person.in_window[definitions.steps[-1].number]]
    converted_at = max(entered_at, min(conversions)) if conversions else None
    closed = [step for step in steps if step["is_closed"]]
    return row | {
        "population": "entrant",
        "entered_at": entered_at,
        "entered_date": local_date(entered_at, definitions.zone),
        "entered_week_date": person.week,
        "entry_event_id": person.entry.event_id,
        "entry_client_id": person.client_id,
        "entry_client_source": person.client_source,
        "entry_client_name": client.get("name"),
        "entry_client_size": client.get("client_size"),
        "entry_client_industry": client.get("client_industry"),
        "entry_verification_type": verification_type(person.client),
        "entry_device_type": (person.entry_row.get("dvce_type") or "").lower() or None,
        "entry_country": spelled(person.entry_row.get("geo_country")),
        "entry_referrer": person.referrer,
        "entry_is_eligibility_verified": person.entry_row.get("user_is_eligibility_verified"),
        "window_ends_at": window_ends_at,
        "is_mature": complete_through is not None and window_ends_at <= complete_through,
        "is_converted": converted_at is not None,
        "converted_at": converted_at,
        "seconds_to_convert": seconds(converted_at - entered_at) if converted_at else None,
        "last_closed_step_number": closed[-1]["step_number"],
        "last_closed_step_name": closed[-1]["step_name"],
        "applicable_step_count": sum(step["is_applicable"] for step in steps),
        "skipped_step_count": sum(step["status"] == "skipped" for step in steps),
        "repeat_event_count": sum(max(step["event_count"] - 1, 0) for step in steps),
    }


def intake(settled: Settled, definitions: Definitions) -> tuple[list[Row], list[Row]]:
    """Both funnel tables: one row per member; one per entrant and defined step."""
    people = gather_people(settled, definitions)
    releases = infer_releases(people, settled, definitions)
    complete_through = freshness_of(EVENTS, settled)["complete_through"]
    metrics, steps = [], []
    for person in people:
        own = steps_of(person, releases, definitions) if person.entry is not None else []
        metrics.append(metrics_of(person, own, complete_through, definitions))
        steps.extend(own)
    return metrics, steps
