"""The custom event and the user entity, from every delivery, against the JSON schemas."""

from __future__ import annotations

import csv
import json
from importlib import resources

import duckdb
import pytest
from effort import times
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from landed import make_workspace, query, read_rejects

from carepath.errors import CarepathError
from carepath.landing import land
from carepath.landing.enriched import ENRICHED_COLUMNS
from carepath.landing.schemas import read_schemas

FLAT = (
    "select event_name, event_version, funnel_funnel_name, funnel_step_name, funnel_step_action, "
    "funnel_failure_reason, user_id, user_role, user_is_eligibility_verified "
    "from snowplow.events order by event_id"
)
FUNNEL = {"funnel_name": "MEMBER_INTAKE", "step_name": "CREATE_ACCOUNT"}
USER = {"user_id": "u1", "role": "MEMBER", "is_eligibility_verified": True}
EXPECTED = ("funnel", "1-0-4", "MEMBER_INTAKE", "CREATE_ACCOUNT", None, None, "u1", "MEMBER", True)


def schema(name: str, version: str) -> dict:
    """Read a schema file as jsonschema takes it."""
    path = resources.files("carepath.landing") / "schemas" / f"{name}_{version}.json"
    document = json.loads(path.read_text())
    return {key: value for key, value in document.items() if key not in ("$schema", "self")}


def write_csv(path, rows):
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)


def event(number=1, **cells):
    return {
        "event_id": f"e{number:06d}",
        "collector_tstamp": "2024-01-02 00:00:00",
        "event_name": "funnel",
        "event_version": "1-0-4",
        **cells,
    }


def wide(number=1, funnel=FUNNEL, users=(USER,), **cells):
    return event(
        number,
        **{
            "unstruct_event_com_acme_funnel_1": json.dumps(funnel),
            "contexts_com_acme_user_1": json.dumps(list(users)),
            **cells,
        },
    )


def self_describe(name: str, version: str, data: object) -> dict:
    return {"schema": f"iglu:com.acme/{name}/jsonschema/{version}", "data": data}


def enriched(**cells) -> str:
    return "\t".join(str(cells.get(column, "")) for column in ENRICHED_COLUMNS) + "\n"


def enriched_event(funnel_version="1-0-4", user_version="2-0-1", **cells) -> str:
    event = self_describe("funnel", funnel_version, FUNNEL)
    contexts = [
        self_describe("web_page", "1-0-0", {"id": "p"}),
        self_describe("user", user_version, USER),
    ]
    return enriched(
        **{
            "event_id": "e1",
            "collector_tstamp": "2024-01-02 00:00:00.000",
            "event": "unstruct",
            "event_name": "funnel",
            "event_version": funnel_version,
            "user_id": "snowplow's own",
            "dvce_ismobile": "1",
            "unstruct_event": json.dumps(self_describe("unstruct_event", "1-0-0", event)),
            "contexts": json.dumps(self_describe("contexts", "1-0-1", contexts)),
            **cells,
        }
    )


def test_wide_rows_are_flattened_and_the_entity_wins(workspace, folder):
    write_csv(folder / "events.csv", [wide(user_id="snowplow's own")])
    land(folder, workspace)
    assert query(workspace, FLAT) == [EXPECTED]


def test_column_names_of_any_vendor_major_and_case_are_recognised(workspace, folder):
    for number, (funnel, user) in enumerate(
        [
            ("UNSTRUCT_EVENT_COM_ACME_FUNNEL_1", "CONTEXTS_COM_ACME_USER_1"),
            ("unstruct_event_org_care_co_uk_funnel_1", "contexts_org_care_co_uk_user_2"),
            ("unstruct_event_io_x_funnel_1_0_4", "contexts_io_x_user_2_0_1"),
            (
                "unstruct_event_io_x_funnel_1_recovered_1_0_4_9f3a",
                "contexts_io_x_user_2_recovered_2_0_1_1b",
            ),
        ]
    ):
        row = event(number) | {funnel: json.dumps(FUNNEL), user: json.dumps([USER])}
        write_csv(folder / f"events_{number}.csv", [row])
    assert land(folder, workspace).rejected == 0
    assert query(workspace, FLAT) == [EXPECTED] * 4


def test_entities_of_other_vendors_called_user_are_not_ours(workspace, folder):
    foreign = {"contexts_com_google_analytics_measurement_protocol_user_1": '[{"x": 1}]'}
    write_csv(folder / "events.csv", [wide() | foreign])
    report = land(folder, workspace)
    assert report.files[0].unknown_columns == tuple(foreign)
    assert query(workspace, FLAT) == [EXPECTED]


def test_flat_rows_nested_json_lines_and_parquet_structs_land_alike(tmp_path):
    flat = {f"funnel_{key}": value for key, value in FUNNEL.items()} | {
        "user_id": "u1",
        "user_role": "MEMBER",
        "user_is_eligibility_verified": "true",
    }
    nested = event(unstruct_event_com_acme_funnel_1=FUNNEL, contexts_com_acme_user_1=[USER])
    struct = (
        "select 'e1' as event_id, timestamp '2024-01-02' as collector_tstamp, "
        "'funnel' as event_name, '1-0-4' as event_version, "
        "{'funnel_name': 'MEMBER_INTAKE', 'step_name': 'CREATE_ACCOUNT', 'step_action': null::text}"
        " as unstruct_event_com_acme_funnel_1, "
        "[{'user_id': 'u1', 'role': 'MEMBER', 'is_eligibility_verified': true}] "
        "as contexts_com_acme_user_1"
    )
    for name in ("flat", "nested", "struct"):
        (tmp_path / name).mkdir()
    write_csv(tmp_path / "flat" / "events.csv", [event(**flat)])
    (tmp_path / "nested" / "events.jsonl").write_text(json.dumps(nested) + "\n")
    duckdb.sql(f"copy ({struct}) to '{tmp_path / 'struct' / 'events.parquet'}' (format parquet)")
    for name in ("flat", "nested", "struct"):
        workspace = make_workspace(tmp_path / f"workspace-{name}")
        land(tmp_path / name, workspace)
        assert query(workspace, FLAT) == [EXPECTED], name


@pytest.mark.parametrize("name", ["events.tsv", "enriched/part-00000", "run.txt"])
def test_snowplows_enriched_rows_are_flattened(workspace, folder, name):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(enriched_event() + enriched_event(event_id="e2", contexts=""))
    report = land(folder, workspace)
    assert (report.accepted, report.rejected) == (2, 0)
    assert query(workspace, FLAT) == [EXPECTED, (*EXPECTED[:6], "snowplow's own", None, None)]
    assert query(workspace, "select distinct event, dvce_ismobile from snowplow.events") == [
        ("unstruct", True)
    ]


def test_user_entities_among_derived_contexts_count_too(workspace, folder):
    derived = json.dumps(self_describe("contexts", "1-0-1", [self_describe("user", "2-0-0", USER)]))
    (folder / "events.tsv").write_text(enriched_event(contexts="", derived_contexts=derived))
    land(folder, workspace)
    assert query(workspace, FLAT) == [EXPECTED]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"contexts": "{"}, "contexts is not JSON"),
        ({"contexts": "[]"}, "contexts is not self-describing JSON"),
        ({"unstruct_event": "{}"}, "unstruct_event is not self-describing JSON"),
        ({"funnel_version": "1-0-9"}, "funnel version: '1-0-9' is not known (known: 1-0-0, "),
        ({"user_version": "3-0-0"}, "user version: '3-0-0' is not known (known: 2-0-0, 2-0-1)"),
        ({"event_name": "page_view"}, "event_name: 'page_view' is not funnel"),
        ({"collector_tstamp": ""}, "collector_tstamp is missing"),
    ],
)
def test_broken_enriched_rows_are_rejected_with_the_reason(workspace, folder, cells, reason):
    (folder / "events.tsv").write_text(enriched_event(**cells) + enriched_event(event_id="e2"))
    report = land(folder, workspace)
    assert (report.accepted, report.rejected) == (1, 1)
    ((row_number, found, row_text),) = read_rejects(workspace)
    assert row_number == 1
    assert found.startswith(reason)
    assert row_text + "\n" == enriched_event(**cells)


def test_an_enriched_row_with_too_few_columns_costs_only_itself(workspace, folder):
    (folder / "events.tsv").write_text(enriched_event() + "a\tb\n" + enriched_event(event_id="e2"))
    report = land(folder, workspace)
    assert (report.accepted, report.rejected) == (2, 1)
    assert read_rejects(workspace) == [(2, "the row has 2 cells, the header has 131", "a\tb")]


@pytest.mark.parametrize("width", [128, 132])
def test_enriched_events_of_another_width_are_told_from_a_header(workspace, folder, width):
    cells = [*enriched_event().rstrip("\n").split("\t"), "x"][:width]
    (folder / "enriched.tsv").write_text("\t".join(cells) + "\n")
    with pytest.raises(CarepathError, match=f"has {width} tab-separated columns and no header"):
        land(folder, workspace)


def test_a_tab_separated_file_of_any_names_is_not_taken_for_enriched_events(workspace, folder):
    rows = [wide(1)]
    write_csv(folder / "events.csv", rows)
    (folder / "visits.tsv").write_text("Case\tWhat\tWhen\n" + "1\topened\t2026-03-01\n" * 60)
    report = land(folder, workspace)
    assert (report.accepted, report.rejected) == (1, 0)
    assert {file.file_name: file.status for file in report.files} == {
        "events.csv": "landed",
        "visits.tsv": "unknown",
    }


def test_the_first_of_several_user_entities_is_used_and_counted(workspace, folder):
    rows = [wide(1, users=(USER, {"user_id": "u2"})), wide(2), wide(3, users=())]
    write_csv(folder / "events.csv", rows)
    report = land(folder, workspace)
    assert [row[6] for row in query(workspace, FLAT)] == ["u1", "u1", None]
    assert report.files[0].notes == ("1 row carries several user entities; the first was used",)


def test_two_schema_versions_in_one_file_keep_what_each_carries(workspace, folder):
    old = FUNNEL | {"step_action": "SKIP", "failure_reason": None}
    rows = [
        wide(1, old, event_version="1-0-3"),
        wide(2),
        wide(3, old),
        wide(4, old, event_version=""),
    ]
    write_csv(folder / "events.csv", rows)
    report = land(folder, workspace)
    assert (report.accepted, report.rejected) == (3, 1)
    assert [row[1:6:3] for row in query(workspace, FLAT)] == [
        ("1-0-3", "SKIP"),
        ("1-0-4", None),
        (None, "SKIP"),
    ]
    reason = read_rejects(workspace)[0][1]
    assert reason == "funnel: 'failure_reason, step_action' is not allowed in this version"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({}, "funnel.funnel_name is missing; funnel.step_name is missing"),
        ({"funnel_funnel_name": "MEMBER_INTAKE"}, "funnel.step_name is missing"),
        (
            {"funnel_funnel_name": "F", "funnel_step_name": "S", "funnel_step_action": "SKIP"},
            "funnel: 'step_action' is not allowed in this version",
        ),
        (
            {"funnel_funnel_name": "F", "funnel_step_name": "S" * 256},
            "funnel.step_name is longer than 255 characters",
        ),
    ],
)
def test_flat_funnel_events_are_held_to_the_same_schema(workspace, folder, cells, reason):
    write_csv(folder / "events.csv", [event(**cells)])
    land(folder, workspace)
    assert read_rejects(workspace)[0][1] == reason


def test_an_unknown_step_is_for_the_models_to_judge(workspace, folder):
    write_csv(folder / "events.csv", [wide(funnel={"funnel_name": "F", "step_name": "NEW_STEP"})])
    assert land(folder, workspace).rejected == 0


def test_a_numeric_user_id_in_the_entity_becomes_its_text(workspace, folder):
    users = [({"user_id": 12},), ({"user_id": 12.0},), ({"user_id": 10**17},)]
    write_csv(folder / "events.csv", [wide(n, users=user) for n, user in enumerate(users)])
    assert land(folder, workspace).rejected == 0
    assert [row[6] for row in query(workspace, FLAT)] == ["12", "12", str(10**17)]


texts = st.one_of(
    st.sampled_from(["", "MEMBER_INTAKE", "x" * 255, "x" * 256, "ü" * 255, "😀" * 256, "y" * 4097]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
values = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just([]),
    st.just({}),
)


def payloads(*keys: str) -> st.SearchStrategy:
    known = st.dictionaries(st.sampled_from([*keys, "other"]), values, max_size=5)
    likely = st.fixed_dictionaries({key: st.one_of(texts, values) for key in keys[:2]})
    return st.one_of(
        known, likely, st.tuples(likely, known).map(lambda pair: pair[0] | pair[1]), values
    )


# Without shrinking: an example is hundreds of payloads, and the message names the odd ones out.
@settings(
    max_examples=times(8),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(st.data())
def test_the_verdict_on_any_payload_is_that_of_jsonschema(tmp_path_factory, data):
    versions = [found.version for found in read_schemas("funnel")]
    funnels = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(versions),
                payloads("funnel_name", "step_name", "step_action", "failure_reason"),
                payloads("user_id", "role", "is_eligibility_verified"),
            ),
            min_size=80,
            max_size=120,
        )
    )
    rows, expected = [], set()
    for number, (version, funnel, user) in enumerate(funnels):
        funnel_row = 2 * number
        rows.append(wide(funnel_row, funnel, (), event_version=version))
        # JSON null in the place of the event is no event at all; the flat check then applies.
        if funnel is not None and Draft7Validator(schema("funnel", version)).is_valid(funnel):
            expected.add(f"e{funnel_row:06d}")
        rows.append(wide(funnel_row + 1, FUNNEL, (user,)))
        if Draft7Validator(schema("user", "2-0-1")).is_valid(user):
            expected.add(f"e{funnel_row + 1:06d}")
    base = tmp_path_factory.mktemp("payloads")
    (base / "files").mkdir()
    write_csv(base / "files" / "events.csv", rows)
    workspace = make_workspace(base / "workspace")
    report = land(base / "files", workspace)
    assert report.rows_read == len(rows)
    accepted = {key for (key,) in query(workspace, "select event_id from snowplow.events")}
    by_number = {row["event_id"]: row for row in rows}
    odd = [by_number[key] for key in sorted(accepted ^ expected)]
    assert not odd, odd[:3]


def test_what_was_drawn_for_the_oracle_holds_good_and_bad_payloads():
    """Guard the property above against a strategy that only draws one kind."""
    good = Draft7Validator(schema("funnel", "1-0-4"))
    assert good.is_valid(FUNNEL)
    assert not good.is_valid(FUNNEL | {"step_action": "SKIP"})
    assert Draft7Validator(schema("funnel", "1-0-0")).is_valid(FUNNEL | {"step_action": "SKIP"})


@pytest.mark.parametrize("name", ["funnel", "user"])
def test_every_schema_file_is_self_describing(name):
    for found in read_schemas(name):
        Draft7Validator.check_schema(schema(name, found.version))
