"""Rates over people, as the questions give them (funnel.md 4, 5, 13, 16-18)."""

from __future__ import annotations

import itertools
from datetime import date
from fractions import Fraction

from oracle.definitions import Row


def population(metrics: list[Row], start: date | None = None, end: date | None = None) -> set[str]:
    """Entrants who are nobody's staff and entered within [start, end]."""
    return {
        row["member_id"]
        for row in metrics
        if row["population"] == "entrant"
        and row["exclusion_reason"] is None
        and (start is None or row["entered_date"] >= start)
        and (end is None or row["entered_date"] <= end)
    }


def rate(part: int, whole: int) -> Fraction | None:
    """A share; null over nobody."""
    return Fraction(part, whole) if whole else None


def conversion_rate(metrics: list[Row], people: set[str]) -> Fraction | None:
    """Share of the people who got to the last step in their window."""
    converted = [row for row in metrics if row["member_id"] in people and row["is_converted"]]
    return rate(len(converted), len(people))


def skip_rate(steps: list[Row], people: set[str], number: int) -> Fraction | None:
    """Among those to whom it applies and who reached a later step: the share that never did it."""
    statuses: dict[tuple[str, int], str] = {
        (row["member_id"], row["step_number"]): row["status"] for row in steps
    }
    numbers = {row["step_number"] for row in steps}
    asked = [
        person
        for person in people
        if statuses[person, number] != "not_applicable"
        and any(statuses[person, other] == "done" for other in numbers if other > number)
    ]
    return rate(sum(statuses[person, number] == "skipped" for person in asked), len(asked))


def drop_off(steps: list[Row], people: set[str]) -> dict[int, tuple[int, Fraction | None]]:
    """Per step: people lost at it, and their share of those who got past the step before.

    Only people to whom a step applies count at it.
    """
    closed = {(row["member_id"], row["step_number"]): row["is_closed"] for row in steps}
    applicable = {(row["member_id"], row["step_number"]): row["is_applicable"] for row in steps}
    numbers = sorted({row["step_number"] for row in steps})
    result: dict[int, tuple[int, Fraction | None]] = {}
    for previous, number in itertools.pairwise(numbers):
        arrived = [p for p in people if closed[p, previous] and applicable[p, number]]
        lost = sum(not closed[p, number] for p in arrived)
        result[number] = (lost, rate(lost, len(arrived)))
    return result
