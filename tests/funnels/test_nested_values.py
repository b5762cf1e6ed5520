"""Values within values, by names with dots: as event trackers export them."""

from __future__ import annotations

import csv
import json

import duckdb
import pytest

from carepath.errors import CarepathError
from carepath.funnels import funnel

ROWS = [
    {
        "event": event,
        "properties": {
            "distinct_id": person,
            "time": 1772359200 + second,
            "$insert_id": f"i{number}",
            "plan": plan,
            "utm.source": "mail",
            "a/b": "slash",
            "device": {"os": "iOS", "size": 2},
            "items": [{"id": 7}, {"id": 8}],
        },
        "event_params": [
            {"key": "page", "value": {"string_value": None, "int_value": second}},
            {"key": "flat", "value": "x"},
        ],
    }
    for number, (person, event, second, plan) in enumerate(
        [("ann", "A", 0, "pro"), ("ann", "B", 60, "pro"), ("bob", "A", 0, "free")]
    )
]
DEFINITION = {
    "steps": [{"event": "A"}, {"event": "B"}],
    "columns": {
        "person": "properties.distinct_id",
        "timestamp": "properties.time",
        "event_id": "properties.$insert_id",
    },
}


def write_jsonl(folder):
    path = folder / "e.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, ROWS[0]]))
    return path


def write_csv(folder):
    path = folder / "e.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["event", "Properties", "event_params"])
        for row in [*ROWS, ROWS[0]]:
            writer.writerow(
                [row["event"], json.dumps(row["properties"]), json.dumps(row["event_params"])]
            )
    return path


def write_parquet(folder):
    path, plain = folder / "e.parquet", folder / "plain.jsonl"
    rows = [row | {"event_params": [row["event_params"][0]]} for row in [*ROWS, ROWS[0]]]
    plain.write_text("".join(json.dumps(row) + "\n" for row in rows))
    duckdb.sql(f"copy (from read_json('{plain}')) to '{path}'")
    return path


WRITERS = pytest.mark.parametrize("write", [write_jsonl, write_csv, write_parquet])


@WRITERS
def test_persons_times_and_ids_may_lie_within_another_value(tmp_path, write):
    result = funnel(DEFINITION, events=write(tmp_path), persons=True)
    assert result.steps[1].persons_closed == ("ann",)
    assert result.steps[1].median_seconds == 60
    assert result.events.duplicate_event_id == 1


@WRITERS
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("properties.plan", "pro"),
        ("PROPERTIES.plan", "pro"),
        ("properties.utm.source", "mail"),
        ("properties.a/b", "slash"),
        ("properties.device.os", "iOS"),
        ("properties.device.size", 2),
        ("properties.items.1.id", 8),
        ("event_params.page", 60),
    ],
)
def test_a_property_may_lie_within_another_value(tmp_path, write, name, value):
    steps = [{"event": "A"}, {"event": "B", "where": {name: value}}]
    result = funnel(DEFINITION | {"steps": steps}, events=write(tmp_path))
    assert [step.closed for step in result.steps] == [2, 1]


def test_a_list_of_keys_has_values_with_and_without_their_type(tmp_path):
    breakdown = {"property": "event_params.flat"}
    result = funnel(DEFINITION | {"breakdown": breakdown}, events=write_jsonl(tmp_path))
    assert [segment.value for segment in result.breakdown.segments] == ["x"]


def test_a_column_of_the_whole_name_goes_before(tmp_path):
    path = tmp_path / "e.jsonl"
    row = {"person": "ann", "event": "A", "timestamp": "2026-03-01", "a.b": "own", "a": {"b": "in"}}
    path.write_text(json.dumps(row) + "\n")
    steps = {"steps": DEFINITION["steps"]}
    assert funnel(steps | {"where": {"a.b": "own"}}, events=path).totals.entered == 1
    assert funnel(steps | {"where": {"a.b": "in"}}, events=path).totals.entered == 0


@WRITERS
def test_a_part_that_no_row_has_is_named_with_those_that_there_are(tmp_path, write):
    path = write(tmp_path)
    with pytest.raises(CarepathError, match=r"no column '\S+\.distinct', which") as caught:
        funnel(DEFINITION | {"columns": {"person": "properties.distinct"}}, events=path)
    assert ".distinct_id'?" in caught.value.fix
    for name, near in (("properties.plann", ".plan'?"), ("event_params.pge", ".page'?")):
        with pytest.raises(CarepathError, match="No event has the property") as caught:
            funnel(DEFINITION | {"breakdown": {"property": name}}, events=path)
        assert near in caught.value.fix


def test_what_is_no_json_has_no_parts(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("person,event,timestamp,note\nann,A,2026-03-01,{broken\nann,B,2026-03-01,\n")
    with pytest.raises(CarepathError, match="No event has the property 'note.plan'"):
        funnel({"steps": DEFINITION["steps"], "where": {"note.plan": "x"}}, events=path)


def test_what_the_definition_renames_is_suggested_by_its_own_name_only(tmp_path):
    with pytest.raises(CarepathError) as caught:
        funnel(DEFINITION | {"breakdown": {"property": "city"}}, events=write_jsonl(tmp_path))
    assert caught.value.fix == "known properties: event, event_params, properties"


def test_missing_columns_are_suggested_from_within_other_values(tmp_path):
    for write in (write_jsonl, write_csv, write_parquet):
        with pytest.raises(CarepathError) as caught:
            funnel({"steps": DEFINITION["steps"]}, events=write(tmp_path))
        fix = caught.value.fix.lower()
        assert 'person = "properties.distinct_id", timestamp = "properties.time"' in fix


def test_a_column_is_suggested_before_a_part_of_another(tmp_path):
    path = tmp_path / "e.jsonl"
    row = {"type": "Push", "payload": {"action": "opened", "user_id": 1}, "uid": "ann", "ts": 1}
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(CarepathError) as caught:
        funnel({"steps": DEFINITION["steps"]}, events=path)
    assert 'person = "uid", event = "type", timestamp = "ts"' in caught.value.fix
