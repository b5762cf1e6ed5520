"""No direct identifier reaches prod, nor anything that people read, log or mail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from canaries import CANARY, search_database, search_files
from column_lineage import Lineage, trace
from commands import run

from carepath.landing.tables import TABLES
from carepath.workspace import Workspace

pytestmark = pytest.mark.slow
Copy = Callable[[Workspace], Workspace]

IDENTIFIERS = {
    "care_platform.members": ("user_name", "email", "birthdate"),
    "care_platform.project": ("name",),
    "care_platform.historical_project": ("name",),
    "snowplow.events": (
        "user_ipaddress",
        "geo_latitude",
        "geo_longitude",
        "geo_zipcode",
        "geo_city",
        "useragent",
        "page_url",
        "page_referrer",
        "page_title",
    ),
}
# What a column may keep of an identifier: the host and the path of an address say which page it
# was, not who saw it.
KEPT = {
    ("events", "page_host"),
    ("events", "page_path"),
    ("events", "referrer_host"),
}
DIRECT = {f"{table}.{column}" for table, columns in IDENTIFIERS.items() for column in columns}


def read_models(workspace: Workspace) -> list[tuple[str, str, str]]:
    """Every model of the last build, those it reads before it: name, relation, compiled SQL."""
    nodes = json.loads((workspace.target / "manifest.json").read_text())["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    ordered: list[str] = []

    def visit(key: str) -> None:
        if key in models and key not in ordered:
            for parent in models[key]["depends_on"]["nodes"]:
                visit(parent)
            ordered.append(key)

    for key in models:
        visit(key)
    return [
        (
            models[key]["name"],
            models[key]["relation_name"].replace('"', "").lower(),
            models[key].get("compiled_code") or "",
        )
        for key in ordered
    ]


def read_columns(workspace: Workspace) -> Lineage:
    """Raw columns, each its own origin; columns of seeds, which come from nobody."""
    known: Lineage = {
        f"raw.{table.full_name}": {
            column.name: frozenset({f"{table.full_name}.{column.name}"}) for column in table.columns
        }
        for table in TABLES
    }
    with duckdb.connect(str(workspace.prep), read_only=True) as connection:
        for table, column in connection.execute(
            "select 'prep.definitions.' || table_name, column_name from duckdb_columns() "
            "where schema_name = 'definitions'"
        ).fetchall():
            known.setdefault(table, {})[column] = frozenset()
    return known


@pytest.fixture(scope="module")
def lineage(watched: Workspace) -> Lineage:
    known = read_columns(watched)
    for name, relation, sql in read_models(watched):
        assert sql, f"{name} was not compiled"
        columns = trace(sql, known)
        known[relation] = {
            column: frozenset() if (name, column) in KEPT else origins
            for column, origins in columns.items()
        }
    return known


def test_by_lineage_no_direct_identifier_reaches_prod(lineage: Lineage) -> None:
    prod = {relation: columns for relation, columns in lineage.items() if relation[:5] == "prod."}
    assert len(prod) > 5
    leaks = {
        f"{relation}.{column}": sorted(origins & DIRECT)
        for relation, columns in prod.items()
        for column, origins in columns.items()
        if origins & DIRECT
    }
    assert leaks == {}
    # It follows columns at all: a status comes from where it comes from.
    reached = frozenset().union(*(o for columns in prod.values() for o in columns.values()))
    assert {"care_platform.project.type", "care_platform.task.status"} <= reached


def test_the_columns_followed_are_those_of_the_database(
    lineage: Lineage, watched: Workspace
) -> None:
    with duckdb.connect(str(watched.prod), read_only=True) as connection:
        real = connection.execute(
            "select 'prod.main.' || table_name, list(column_name order by column_name) "
            "from duckdb_columns() where not internal group by all"
        ).fetchall()
    assert {table: sorted(lineage[table]) for table, _ in real} == dict(real)


LEAKS = {
    "as it is": "select member_id, email from prep.base.members",
    "renamed": "select full_name as country from prep.base.members",
    "in a function": "select lower(trim(email)) as contact from prep.base.members",
    "as a hash of its own": "select md5(lower(email)) as person_key from prep.base.members",
    "through a star": "with m as (select * from prep.base.members) select m.* from m",
    "through a union": (
        "select member_id as x from prep.base.members union all select email from prep.base.members"
    ),
    "through an aggregate": "select max(birth_date) as b from prep.base.members",
    "through a window": (
        "select first_value(email) over (partition by client_id order by member_id) as f "
        "from prep.base.members"
    ),
    "through a case": (
        "select case when client_id is null then email else 'none' end as kind "
        "from prep.base.members"
    ),
    "through a subquery": "select (select max(ip_address) from prep.base.events) as address",
    "through a join": (
        "select e.member_id, m.full_name as n from prep.base.events as e "
        "left join prep.base.members as m on m.member_id = e.member_id"
    ),
}


@pytest.mark.parametrize("way", LEAKS)
def test_a_leak_is_seen_whichever_way_it_takes(way: str, lineage: Lineage) -> None:
    found = trace(LEAKS[way], lineage)
    assert frozenset().union(*found.values()) & DIRECT


def test_what_only_tells_yes_or_no_or_counts_is_no_leak(lineage: Lineage) -> None:
    sql = (
        "select email is not null as has_email, count(distinct email) as emails "
        "from prep.base.members group by all"
    )
    assert not frozenset().union(*trace(sql, lineage).values()) & DIRECT


def test_planted_identifiers_are_in_no_column_of_prod(watched: Workspace) -> None:
    # They are where they belong, and the search finds them there.
    found = search_database(watched.raw, CANARY.pattern)
    planted = {f"{table}.{column}" for table, columns in IDENTIFIERS.items() for column in columns}
    assert planted <= set(found)
    assert search_database(watched.prod, CANARY.pattern) == []
    assert search_files(watched.root, "CANARY") == ["raw.duckdb"]


def test_nothing_that_people_read_or_log_holds_a_planted_identifier(
    watched: Workspace, copy_of: Copy, tmp_path: Path
) -> None:
    workspace = copy_of(watched)
    report = tmp_path / "report.html"
    again = tmp_path / "again"
    again.mkdir()
    members = "user_id,user_name,email,birthdate,created\n"
    (again / "members.csv").write_text(
        members + "9,CANARYname,CANARYmail@x.org,CANARYbirth,2026-01-01\n"
    )
    (again / "events.csv").write_text(
        "event_id,collector_tstamp,user_ipaddress,geo_latitude,page_url,useragent\n"
        "1,2026-01-01,CANARYip,CANARYlatitude,https://x/CANARYurl,CANARYagent\n"
    )
    said = ""
    for arguments in (
        ("land", again, "--log-format", "json"),
        ("report", "-o", report),
        ("ask", "conversion", "--format", "json", "--sql"),
        ("ask", "tasks-in-progress", "--format", "csv"),
        ("doctor", "--format", "json"),
        ("history", "--format", "json"),
    ):
        process = run(*arguments, "-w", workspace.root)
        assert process.returncode == 0, process.stderr
        said += process.stdout + process.stderr
    assert "rejected" in said
    assert CANARY.search(said) is None
    assert CANARY.search(report.read_text()) is None
    for folder in (workspace.target, workspace.logs / "carepath.jsonl"):
        found = search_files(folder, "CANARY") if folder.is_dir() else []
        assert found == []
    assert "CANARY" not in (workspace.logs / "carepath.jsonl").read_text()


def test_private_databases_are_for_their_owner_and_prod_follows_the_umask(
    watched: Workspace,
) -> None:
    assert watched.raw.stat().st_mode & 0o777 == 0o600
    assert watched.prep.stat().st_mode & 0o777 == 0o600
    assert watched.building.stat().st_mode & 0o077 == 0
    probe = watched.root / "probe"
    probe.touch()
    assert watched.prod.stat().st_mode == probe.stat().st_mode
    probe.unlink()
