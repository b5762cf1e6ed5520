"""No answer tells about fewer than ten people of a group, nor lets them be worked out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from made import MONDAY, STEPS, Made

from carepath.questions.answer import Answer
from carepath.questions.registry import QUESTIONS
from carepath.questions.segments import PEOPLE

DAY = timedelta(days=1)
CLIENTS = 9
# What the made-up clients are called: a number in a sentence is never part of a name.
NAMES = tuple(f"Zeta{letter}" for letter in "ABCDEFGHI")
# For every question, how its groups are found in the rows of people.
COLUMNS = {
    "client": "entry_client_name",
    "client-size": "entry_client_size",
    "client-industry": "entry_client_industry",
    "verification": "entry_verification_type",
    "client-source": "entry_client_source",
    "device": "entry_device_type",
    "country": "entry_country",
    "referrer": "entry_referrer",
}


def people(made: Made, seed: int) -> list[dict[str, object]]:
    """Add people of clients of every size, small ones alone or in company of one other."""
    rng = np.random.default_rng(seed)
    sizes = rng.permutation([3, 7, 12, 15, 31, 40, 60, 90, 9 if seed % 2 else 11])
    added = []
    for client, size in enumerate(sizes):
        attributes = {
            "entry_client_id": f"id{client}",
            "entry_client_name": NAMES[client],
            "entry_client_size": f"size{client // 2}",
            "entry_client_industry": f"industry{client // 3}",
            "entry_verification_type": ("none", "code")[client % 2],
            "entry_client_source": ("sourcea", "sourceb")[client > 6],
        }
        for _ in range(int(size)):
            person = attributes | {
                "entry_device_type": str(rng.choice(["mobile", "desktop", "tablet"])),
                "entry_country": str(rng.choice(["US", "CA", "FR"], p=[0.8, 0.18, 0.02])),
                "entry_referrer": str(rng.choice(["search", "mail"])),
            }
            gone = int(rng.integers(1, 7))
            did = tuple(k for k in range(1, gone + 1) if k == 1 or rng.random() < 0.9)
            days = int(rng.integers(0, 300))
            made.person(MONDAY + days * DAY, did, is_mature=days < 290, **person)
            added.append(person | {"is_mature": days < 290, "did": did})
    return added


def every_text(answer: Answer) -> str:
    """Everything of the answer that is prose."""
    labels = [figure.label for figure in answer.estimates]
    left = [exclusion.reason for exclusion in answer.excluded]
    findings = [
        cell
        for row in answer.table.rows
        for cell, column in zip(row, answer.table.columns, strict=True)
        if column.name in ("finding", "verdict", "name")
    ]
    return " ".join(map(str, [answer.headline, *answer.caveats, *labels, *left, *findings]))


def rows_by_group(answer: Answer, by: str) -> dict[tuple[str, str], list[dict[str, object]]]:
    """The table's rows by grouping and group."""
    names = [column.name for column in answer.table.columns]
    found: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in answer.table.rows:
        cells = dict(zip(names, row, strict=True))
        group = cells.get("segment", cells.get("client"))
        if group is not None:
            found.setdefault((str(cells.get("by", by)), str(group)), []).append(cells)
    return found


def is_blank(cells: dict[str, object]) -> bool:
    """Whether a row tells nothing but its name."""
    names = ("by", "segment", "client", "step_number", "step", "is_optional")
    told = {name: cell for name, cell in cells.items() if name not in names}
    return told.pop("note") == "suppressed" and set(told.values()) == {None}


def assert_nothing_is_told(
    groups: dict[tuple[str, str], list[dict[str, object]]],
    members: list[dict[str, object]],
    question: str,
    answer: Answer,
) -> None:
    """No small group is a sum or difference of what is shown: by the rank of a table of people."""
    base = [person for person in members if person["is_mature"]]
    if question == "dropoff-by-segment":
        step = next(k for k, name in enumerate(STEPS, 1) if name in answer.headline)
        base = [person for person in base if set(range(1, step)) <= set(person["did"])]
    shown, small = [np.ones(len(base))], []
    for (grouping, group), rows in groups.items():
        if grouping not in COLUMNS:
            return
        name = re.sub(r" \(id\d\)$", "", group)
        vector = np.array([float(person[COLUMNS[grouping]] == name) for person in base])
        if not is_blank(rows[0]):
            shown.append(vector)
        elif 0 < vector.sum() < 10:
            small.append((grouping, group, vector))
    rank = np.linalg.matrix_rank(np.array(shown))
    for grouping, group, vector in small:
        told = np.linalg.matrix_rank(np.array([*shown, vector])) == rank
        assert not told, (question, grouping, group)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_question_tells_of_a_group_under_ten(make: Callable[[str], Made], seed: int) -> None:
    made = make("small")
    made.fresh()
    members = people(made, seed)
    asked = 0
    for entry in QUESTIONS:
        segments = entry.load().QUESTION.segments
        for by in (None, *(segment.id for segment in segments if segment in PEOPLE)):
            answer = made.ask(entry.id, by=by)
            text = every_text(answer)
            groups = rows_by_group(answer, by or "client")
            dark = {group for (_, group), rows in groups.items() if is_blank(rows[0])}
            for (grouping, group), rows in groups.items():
                column = COLUMNS.get(grouping)
                if column is None or group == "all":
                    continue
                name = re.sub(r" \(id\d\)$", "", group)
                here = [person for person in members if person[column] == name]
                assert here, (entry.id, by, group)
                asked += 1
                if len(here) < 10:
                    assert all(is_blank(cells) for cells in rows), (entry.id, by, group)
                if group in dark:
                    assert not re.search(rf"\b{re.escape(name)}\b", text), (entry.id, by, text)
                for cells in rows:
                    few = [
                        value
                        for size in ("entered", "mature", "applies", "reached_previous",
                                     "went_further", "came")
                        if isinstance(value := cells.get(size), int) and 0 < value < 10
                    ]  # fmt: skip
                    assert not few, (entry.id, by, cells)
            assert_nothing_is_told(groups, members, entry.id, answer)
    assert asked > 150


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_group_under_ten_is_told_by_the_answers_of_several_groupings_by_client(
    make: Callable[[str], Made], seed: int
) -> None:
    made = make("small")
    made.fresh()
    members = people(made, seed)
    shown: dict[tuple[str, str], list[dict[str, object]]] = {}
    for question in ("conversion", "conversion-by-client", "largest-dropoff"):
        for by in ("client", "client-size", "client-industry", "verification"):
            if question == "conversion-by-client" and by != "client":
                continue
            answer = made.ask(question, by=None if question == "conversion-by-client" else by)
            for group, rows in rows_by_group(answer, by).items():
                if group not in shown or is_blank(shown[group][0]):
                    shown[group] = rows
    assert_nothing_is_told(shown, members, "conversion", answer)
