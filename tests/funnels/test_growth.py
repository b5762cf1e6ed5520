"""Repeats: twice as many make twice the rows that the database handles, never the square."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.funnel_growth import make_document, write_repeats
from carepath.funnels import execution, funnel

REPEATS, PEOPLE = 100, 2


class CountingConnection:
    """A connection that adds up the rows between the operators of every statement."""

    def __init__(self, connection, profile: Path) -> None:
        self.connection, self.profile, self.rows = connection, profile, 0
        connection.execute("set enable_profiling = 'json'")
        connection.execute("set profiling_output = ?", [str(profile)])

    def execute(self, *arguments):
        self.profile.unlink(missing_ok=True)
        cursor = self.connection.execute(*arguments)
        if self.profile.exists():
            self.rows += sum(map(count_rows, json.loads(self.profile.read_text())["operator"]))
        return cursor

    def __getattr__(self, name: str):
        return getattr(self.connection, name)


def count_rows(operator) -> int:
    return operator["intermediate_rows"] + sum(map(count_rows, operator.get("children", [])))


def handle(folder: Path, monkeypatch, repeats: int, steps=None, **modes) -> int:
    path = folder / f"{repeats}.parquet"
    write_repeats(path, repeats, people=PEOPLE)
    made = []

    def connect(scratch):
        made.append(CountingConnection(open_connection(scratch), folder / "profile.json"))
        return made[-1]

    open_connection = execution._connect
    with monkeypatch.context() as patch:
        patch.setattr(execution, "_connect", connect)
        document = make_document(**modes)
        result = funnel(document | {"steps": steps or document["steps"]}, events=path)
    assert result.totals.entered == PEOPLE
    assert result.events.counted == PEOPLE * repeats * 5
    return made[0].rows


CROSSING = [
    {"event": "step 1"},
    {"any_event": True, "where": {"turn": "odd"}},
    {"any_event": True, "where": {"turn": "even"}},
]


@pytest.mark.parametrize("entry", ["first_entry", "any_entry"])
@pytest.mark.parametrize(
    ("order", "steps"),
    [("ordered", None), ("strict", None), ("unordered", None), ("unordered", CROSSING)],
)
def test_twice_the_repeats_are_at_most_twice_the_rows(tmp_path, monkeypatch, order, steps, entry):
    modes = {"order": order, "entry": entry, "steps": steps}
    few = handle(tmp_path, monkeypatch, REPEATS, **modes)
    many = handle(tmp_path, monkeypatch, 2 * REPEATS, **modes)
    assert few > PEOPLE * REPEATS * 5
    assert many <= 2.1 * few
