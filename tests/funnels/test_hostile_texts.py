"""Names and values are data, whatever they contain: quotes, SQL, Jinja, control characters."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import polars
import pytest
from effort import times
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from carepath.funnels import funnel
from carepath.funnels.spreadsheet import write_csv

NASTY = (
    "'; drop table events; --", '"', "''", "\\", "{{ 1 / 0 }}", "{% raw %}", "${x}", "%s", "a\nb",
    "\0", "é́", "👩‍👩‍👧", "\u202e", "=cmd|' /C calc'!A0", "null", "NaN",
    "true", "1e999", " A ", "$.a",
    "property_0", "event_number", "*", "[]", "a,b", "\t", "--", "/*",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
).filter(lambda text: text.strip() != "")
RESERVED = {"person", "event", "timestamp", "event_id"}
names = texts.filter(lambda name: name.strip().lower() not in RESERVED)


@settings(max_examples=times(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(first=texts, second=texts, person=texts, name=names, value=texts, other=texts)
def test_any_text_can_be_a_name_or_a_value(first, second, person, name, value, other):
    assume(first != second and value != other)
    rows = [
        (person, first, value, 0),
        (person, second, value, 1),
        (person + "2", first, other, 0),
        (person + "3", second, value, 0),
    ]
    frame = polars.DataFrame(
        {
            "person": [row[0] for row in rows],
            "event": [row[1] for row in rows],
            name: [row[2] for row in rows],
            "timestamp": [1_772_359_200 + row[3] for row in rows],
        }
    )
    document = {
        "steps": [{"event": first}, {"event": second, "where": {name: value}}],
        "tie_seconds": 0,
        "breakdown": {"property": name},
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        frame.write_parquet(path)
        result = funnel(document, events=path, persons=True)
    assert [step.persons_closed for step in result.steps] == [(person, person + "2"), (person,)]
    assert {s.value: s.totals.entered for s in result.breakdown.segments} == {value: 1, other: 1}
    json.loads(json.dumps(result.to_dict(with_sql=True)))


@pytest.mark.parametrize(
    "value", ["=1+1", "+1+1", "-1+1", "@x", " =1", "\t=1", "'=1", "a\n=1", '"']
)
def test_csv_output_is_no_formula_and_keeps_the_text(tmp_path, value):
    frame = polars.DataFrame(
        {"person": ["p"], "event": ["A"], "timestamp": [1772359200], "c": [value]}
    )
    frame.write_parquet(tmp_path / "e.parquet")
    steps = [{"event": "A"}, {"event": "B"}]
    result = funnel({"steps": steps, "breakdown": {"property": "c"}}, events=tmp_path / "e.parquet")
    (row, _) = csv.DictReader(io.StringIO(write_csv(result, "breakdown")))
    assert row["segment"].removeprefix("'") == value.removeprefix("'")
    assert not row["segment"].lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "America/New_Yrok", "'; select 1", "utc+25", ""])
def test_a_zone_that_does_not_exist_is_named(tmp_path, zone):
    from carepath.errors import CarepathError

    frame = polars.DataFrame({"person": ["p"], "event": ["A"], "timestamp": [1772359200]})
    frame.write_parquet(tmp_path / "e.parquet")
    steps = [{"event": "A"}, {"event": "B"}]
    with pytest.raises(CarepathError) as caught:
        funnel(
            {"steps": steps, "trend": {"interval": "day", "timezone": zone}},
            events=tmp_path / "e.parquet",
        )
    assert "timezone" in str(caught.value)
    if zone == "America/New_Yrok":
        assert "America/New_York" in (caught.value.fix or "")
