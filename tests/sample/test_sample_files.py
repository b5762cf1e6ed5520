"""The files: names, columns, formats, sums, and the same bytes for the same plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from carepath.errors import CarepathError
from carepath.sample import SampleLedger, SamplePlan, make_sample

Query = Callable[[str], list[tuple[Any, ...]]]
Count = Callable[[str], int]

SMALL = SamplePlan(members=120, clients=6, months=4, seed=3)
COLUMNS = {
    "clients": "id name created modified client_size client_industry client_landing_page_url"
    " verification_type is_archived _fivetran_synced _fivetran_deleted",
    "members": "user_id user_name email birthdate country client_id is_eligibility_verified"
    " created _fivetran_synced _fivetran_deleted",
    "project": "id type status name first_active created modified creator_id"
    " _sdc_received_at _sdc_deleted_at",
    "historical_project": "history_id id type status name first_active created history_date"
    " history_user_id _sdc_received_at _sdc_deleted_at",
    "task": "id project_id title status due created modified _sdc_received_at _sdc_deleted_at",
    "historical_task": "history_id id created status title due history_date history_user_id"
    " _sdc_received_at _sdc_deleted_at",
    "events": "event_id event event_name event_version app_id platform domain_userid"
    " domain_sessionid domain_sessionidx user_ipaddress geo_country geo_region geo_city"
    " geo_zipcode geo_latitude geo_longitude geo_timezone dvce_type dvce_ismobile useragent"
    " page_url page_title page_referrer page_urlhost page_urlpath refr_urlhost refr_urlpath"
    " dvce_created_tstamp dvce_sent_tstamp collector_tstamp derived_tstamp load_tstamp"
    " etl_tstamp funnel_funnel_name funnel_step_name funnel_step_action funnel_failure_reason"
    " user_id user_role user_is_eligibility_verified v_tracker br_lang mkt_campaign",
}


def read_all(folder: Path) -> dict[str, bytes]:
    """Content of every file by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_has_the_columns_of_the_contract(table: str, query: Query) -> None:
    found = {name for name, *_ in query(f"describe {table}")}
    assert found == set(COLUMNS[table].split())


@pytest.mark.parametrize("table", COLUMNS)
def test_the_ledger_counts_the_rows_of_each_table(
    table: str, sample: SampleLedger, count: Count
) -> None:
    assert count(f"select count(*) from {table}") == sample.truth["tables"][table]


def test_the_members_asked_for_sign_up_inside_the_span(
    sample: SampleLedger, plan: SamplePlan, count: Count
) -> None:
    accounts = count(
        "select count(distinct user_id) from members where user_id is not null"
        f" and created >= '{plan.first_day}' and created < '{plan.last_day}'"
    )
    dirt = sample.truth["dirt"]
    staff = dirt["events"]["staff_people"]
    assert accounts + dirt["members"]["removed"] >= plan.members
    assert accounts <= plan.members + staff
    assert count("select count(distinct id) from clients") == plan.clients


def test_expected_sign_ups_add_up_to_the_members_asked_for(sample: SampleLedger) -> None:
    truth = sample.truth
    members = truth["plan"]["members"]
    assert sum(truth["arrivals"]["members_by_week"]) == pytest.approx(members, rel=1e-6)
    by_client = sum(client["expected_members"] for client in truth["clients"])
    assert by_client == pytest.approx(members, rel=1e-6)
    assert sum(client["share"] for client in truth["clients"]) == pytest.approx(1, abs=1e-4)


def test_the_ledger_on_disk_is_the_ledger_returned(sample: SampleLedger) -> None:
    assert json.loads((sample.folder / "truth.json").read_text()) == sample.truth
    assert set(sample.files) == {path.name for path in sample.folder.iterdir()}


def test_the_same_plan_makes_the_same_bytes(tmp_path: Path) -> None:
    plan = replace(SMALL, file_format="csv")
    make_sample(tmp_path / "first", plan)
    make_sample(tmp_path / "second", plan)
    assert read_all(tmp_path / "first") == read_all(tmp_path / "second")


def test_another_seed_makes_other_people(tmp_path: Path) -> None:
    make_sample(tmp_path / "first", replace(SMALL, file_format="csv"))
    make_sample(tmp_path / "second", replace(SMALL, file_format="csv", seed=4))
    first, second = read_all(tmp_path / "first"), read_all(tmp_path / "second")
    assert all(first[name] != second[name] for name in first)


def test_scenarios_share_their_people(tmp_path: Path) -> None:
    make_sample(tmp_path / "calm", replace(SMALL, file_format="csv"))
    make_sample(tmp_path / "slow", replace(SMALL, file_format="csv", scenario="slow_phase"))
    calm, slow = read_all(tmp_path / "calm"), read_all(tmp_path / "slow")
    same = {name for name in calm if calm[name] == slow[name]}
    assert {"clients.csv", "members.csv", "events-0001.csv"} <= same
    assert "historical_task.csv" not in same


@pytest.mark.parametrize("table", COLUMNS)
def test_all_file_formats_hold_the_same_rows(
    table: str, tmp_path_factory: pytest.TempPathFactory, formats: dict[str, Path]
) -> None:
    names = COLUMNS[table].split()
    connection = duckdb.connect()
    found = {}
    for suffix, folder in formats.items():
        reader = {
            "parquet": f"read_parquet('{folder}/{table}*.parquet')",
            "csv": f"read_csv('{folder}/{table}*.csv', all_varchar = true)",
            "jsonl": f"read_json('{folder}/{table}*.jsonl', sample_size = -1)",
        }[suffix].replace(f"{table}*", f"{table}-*" if table == "events" else table)
        as_text = ", ".join(
            f"regexp_replace(coalesce({name}::varchar, ''), '\\.?0+$', '') as {name}"
            if name.endswith(("_tstamp", "created", "modified", "due", "_at", "_date", "_synced"))
            or name in ("first_active", "geo_latitude", "geo_longitude")
            else f"coalesce({name}::varchar, '') as {name}"
            for name in names
        )
        found[suffix] = connection.execute(f"select {as_text} from {reader}").fetchall()
    assert found["csv"] == found["parquet"]
    assert found["jsonl"] == found["parquet"]


@pytest.fixture(scope="module")
def formats(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same small sample in each file format."""
    folder = tmp_path_factory.mktemp("formats")
    for suffix in ("parquet", "csv", "jsonl"):
        make_sample(folder / suffix, replace(SMALL, file_format=suffix))
    return {suffix: folder / suffix for suffix in ("parquet", "csv", "jsonl")}


def test_snowplows_json_columns_hold_the_flattened_values(
    tmp_path: Path, formats: dict[str, Path]
) -> None:
    make_sample(tmp_path, replace(SMALL, file_format="jsonl", events_format="json"))
    connection = duckdb.connect()
    flat = connection.execute(
        "select event_id, funnel_funnel_name, funnel_step_name, funnel_step_action, user_id,"
        f" user_role, user_is_eligibility_verified from '{formats['parquet']}/events-*.parquet'"
    ).fetchall()
    rows = []
    for path in sorted(tmp_path.glob("events-*.jsonl")):
        for line in path.read_text().splitlines():
            event = json.loads(line)
            funnel = event["unstruct_event_com_carepath_funnel_1"] or {}
            user = (event["contexts_com_carepath_user_1"] or [{}])[0]
            rows.append(
                (
                    event["event_id"],
                    *(funnel.get(name) for name in ("funnel_name", "step_name", "step_action")),
                    *(user.get(name) for name in ("user_id", "role", "is_eligibility_verified")),
                )
            )
    assert rows == flat


def test_the_enriched_tsv_has_snowplows_131_fields_and_no_header(
    tmp_path: Path, formats: dict[str, Path]
) -> None:
    make_sample(tmp_path, replace(SMALL, events_format="tsv"))
    lines = [
        line.split("\t")
        for path in sorted(tmp_path.glob("events-*.tsv"))
        for line in path.read_text().split("\n")[:-1]
    ]
    assert {len(line) for line in lines} == {131}
    ids = duckdb.connect().execute(
        f"select coalesce(event_id, '') from '{formats['parquet']}/events-*.parquet'"
    )
    assert [line[6] for line in lines] == [row[0] for row in ids.fetchall()]
    funnel = [json.loads(line[58]) for line in lines if line[5] == "unstruct"]
    assert {part["data"]["data"]["funnel_name"] for part in funnel} <= {
        "MEMBER_INTAKE",
        "PROVIDER_INTAKE",
    }
    assert any(line[52] for line in lines)


def test_accounts_and_their_events_agree_to_the_millisecond(
    sample: SampleLedger, count: Count
) -> None:
    pairs = (
        "(select user_id, min(derived_tstamp) as at from events where"
        " funnel_step_name = 'CREATE_ACCOUNT' and funnel_funnel_name = 'MEMBER_INTAKE' and"
        " derived_tstamp > '2000-01-01' and derived_tstamp <= coalesce(load_tstamp, 'infinity')"
        " and event_id is not null group by user_id) as e join members as m using (user_id)"
    )
    assert count(f"select count(*) from {pairs} where m.created > e.at") == 0
    # Where the first event has not been loaded yet, a repeat of it may have been.
    later = count(f"select count(*) from {pairs} where m.created < e.at")
    assert later <= sample.truth["dirt"]["events"]["not_yet_loaded"]
    assert count(f"select count(*) from {pairs} where m.created = e.at") > 5_000


def test_projects_are_created_when_their_event_says(count: Count, sample: SampleLedger) -> None:
    without = count(
        "select count(distinct p.id) from project as p anti join events as e"
        " on e.user_id = p.creator_id and e.derived_tstamp = p.created"
        " and e.funnel_step_name = 'CREATE_PROJECT' where p.id is not null"
    )
    lost = sample.truth["dirt"]["events"]["lost_create_project_people"]
    # One who lost these events may have several projects; the newest may not be loaded yet.
    assert lost <= without <= 4 * lost + sample.truth["dirt"]["events"]["not_yet_loaded"] + 5


def test_nothing_happens_after_the_data_was_extracted(plan: SamplePlan, count: Count) -> None:
    for table, column in (
        ("events", "load_tstamp"),
        ("members", "_fivetran_synced"),
        ("project", "modified"),
        ("task", "_sdc_received_at"),
        ("historical_task", "_sdc_received_at"),
    ):
        late = count(f"select count(*) from {table} where {column} > '{plan.last_day}'")
        assert late == 0, table


def test_raw_rows_carry_identifiers_that_must_not_travel(count: Count) -> None:
    everyone = count("select count(*) from events")
    assert count("select count(*) from events where user_ipaddress like '203.0.113.%'") == everyone
    assert count("select count(*) from events where page_url like '%@mail.example.org'") > 0
    assert count("select count(*) from members where email like '%@mail.example.org'") > 0
    outside = count(
        "select count(*) from events where page_urlhost not in"
        " ('www.example.org', 'app.example.org')"
    )
    assert outside == 0


def test_an_earlier_sample_is_replaced_whole(tmp_path: Path) -> None:
    make_sample(tmp_path, replace(SMALL, file_format="csv"))
    ledger = make_sample(tmp_path, SMALL)
    assert {path.name for path in tmp_path.iterdir()} == set(ledger.files)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("irreplaceable")
    with pytest.raises(CarepathError, match=r"thesis\.txt"):
        make_sample(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_one_member_is_enough_for_a_sample(tmp_path: Path) -> None:
    ledger = make_sample(tmp_path, SamplePlan(members=1, clients=1, months=1, scenario="both"))
    assert ledger.rows["members"] >= 1
    assert ledger.truth["planted"]["why-conversion-changed"]["page_added"] == "not identified"


def test_the_files_hold_the_planted_conversion(
    sample: SampleLedger, plan: SamplePlan, query: Query
) -> None:
    """Count as a careful reader would: staff out, dirt out, mature people only."""
    mature = plan.last_day - timedelta(days=15)
    ((people, converted),) = query(
        "with good as (select distinct on (event_id) * from events where event_id is not null"
        " and user_id is not null and collector_tstamp is not null and event_name = 'funnel'"
        " and funnel_funnel_name = 'MEMBER_INTAKE' and derived_tstamp > '2000-01-01'"
        " and (load_tstamp is null or derived_tstamp <= load_tstamp)"
        " order by event_id, collector_tstamp),"
        " entered as (select user_id, min(derived_tstamp) as at from good"
        " where funnel_step_name = 'CREATE_ACCOUNT' group by user_id),"
        " done as (select user_id, min(derived_tstamp) as at from good"
        " where funnel_step_name = 'CREATE_PROJECT' group by user_id),"
        " staff as (select distinct user_id from events where upper(user_role) = 'STAFF')"
        " select count(*), count(*) filter (where done.at <= entered.at + interval 14 day)"
        " from entered left join done using (user_id)"
        f" where entered.at < '{mature}' and user_id not in (from staff)"
    )
    expected = sample.truth["expected"]["mature"]["conversion_as_tracked"]
    assert people > 0.95 * plan.members
    error = (expected * (1 - expected) / people) ** 0.5
    assert abs(converted / people - expected) < 4 * error


def test_before_its_release_the_files_hold_no_event_of_the_page(tmp_path: Path) -> None:
    plan = SamplePlan(members=3_000, seed=6, scenario="new_page")
    ledger = make_sample(tmp_path, plan)
    released = {
        client["client_id"]: client["page_partial_from"] for client in ledger.truth["clients"]
    }
    rows = (
        duckdb.connect()
        .execute(
            "select m.client_id::varchar, min(m.created)::varchar || '+00:00', count(*)"
            f" from '{tmp_path}/events-*.parquet' as e join '{tmp_path}/members.parquet' as m"
            " using (user_id) where e.funnel_step_name = 'CAREGIVING_GOAL'"
            " and m.client_id is not null and m.user_id not in (select user_id from"
            f" '{tmp_path}/events-*.parquet' where upper(user_role) = 'STAFF') group by 1"
        )
        .fetchall()
    )
    assert len(rows) == sum(moment is not None for moment in released.values()) >= 8
    for client, first, _ in rows:
        moment = released[client]
        assert moment is not None
        assert datetime.fromisoformat(first) >= datetime.fromisoformat(moment)
