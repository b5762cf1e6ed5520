"""Sample files in which every identifier of a person is a word that occurs nowhere else.

Direct identifiers of everybody hold CANARY; whatever belongs to one person holds XGONEX besides:
their id, projects, tasks, devices, sessions, and rows that landing rejects.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from carepath.sample import SamplePlan, make_sample

Row = dict[str, str]

CANARIES: dict[str, dict[str, Callable[[int], str]]] = {
    "members": {
        "user_name": "CANARYname{}".format,
        "email": "CANARYmail{}@example.org".format,
        "birthdate": lambda number: f"1907-0{number % 9 + 1}-{number % 28 + 1:02d}",
    },
    "project": {"name": "CANARYproject{}".format},
    "historical_project": {"name": "CANARYproject{}".format},
    "events": {
        "user_ipaddress": "CANARYaddress{}".format,
        "geo_zipcode": "CANARYzip{}".format,
        "geo_city": "CANARYcity{}".format,
        "geo_latitude": "-77.1907{:03d}".format,
        "geo_longitude": "-177.1907{:03d}".format,
        "useragent": "CANARYagent{}".format,
        "page_url": "https://app.example.org/CANARYpath?email=CANARYquery{}@example.org".format,
        "page_referrer": "https://app.example.org/CANARYpath?user=CANARYreferrer{}".format,
        "page_title": "CANARYtitle{}".format,
    },
}
MARKS = ("CANARY", "1907-0", "77.1907", "XGONEX")
CANARY = re.compile("CANARY|1907-0|77[.]1907", re.IGNORECASE)
BROKEN = {
    "members": "XGONEXperson,XGONEXname,XGONEXmail@example.org,not a date,US,101,false,,,\n",
    "task": "XGONEXtask9,XGONEXproject0,G,TODO,,not a time,,,\n",
}
PERSON = "XGONEXperson"
# How the planted words go on after their mark.
PLANTED = (
    *("name", "mail", "project", "address", "zip", "city", "agent", "path", "query", "referrer"),
    *("title", "person", "task", "device", "session", "event"),
)


def plant(folder: Path, *, without_person: bool = False) -> Path:
    """Write the files; without the person, as if they had never been there."""
    make_sample(folder, SamplePlan(members=60, clients=3, months=3, file_format="csv"))
    (folder / "truth.json").unlink()
    tables = {path: list(_read(path)) for path in sorted(folder.glob("*.csv"))}
    renamed = _name_person(tables)
    for path, rows in tables.items():
        kind = path.stem.partition("-")[0]
        for number, row in enumerate(rows):
            for column, value in row.items():
                row[column] = renamed.get(value, value)
            for column, make in CANARIES.get(kind, {}).items():
                row[column] = make(number)
        kept = [row for row in rows if not (without_person and _is_gone(row))]
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
            if not without_person:
                stream.write(BROKEN.get(kind, ""))
    return folder


def _is_gone(row: Row) -> bool:
    return any("XGONEX" in value for column, value in row.items() if column != "history_user_id")


def _name_person(tables: dict[Path, list[Row]]) -> dict[str, str]:
    """Choose the person with the most tasks; give the new names of all that is theirs."""
    of = {path.stem: rows for path, rows in tables.items()}
    events = [row for path, rows in tables.items() if "events" in path.stem for row in rows]
    counts: dict[str, int] = {}
    creators = {row["id"]: row["creator_id"] for row in of["project"]}
    for row in of["task"]:
        creator = creators.get(row["project_id"], "")
        counts[creator] = counts.get(creator, 0) + 1
    known = {row["user_id"] for row in of["members"]}
    person = max(sorted(known & counts.keys()), key=counts.__getitem__)
    projects = sorted({row["id"] for row in of["project"] if row["creator_id"] == person})
    tasks = sorted({row["id"] for row in of["task"] if row["project_id"] in projects})
    devices = {row["domain_userid"] for row in events if row["user_id"] == person}
    shared = {row["domain_userid"] for row in events if row["user_id"] not in ("", person)}
    devices -= shared
    theirs = [row for row in events if row["domain_userid"] in devices]
    names = {person: PERSON}
    for word, values in (
        ("project", projects),
        ("task", tasks),
        ("device", devices - {""}),
        ("session", {row["domain_sessionid"] for row in theirs} - {""}),
        ("event", {row["event_id"] for row in theirs}),
    ):
        names |= {value: f"XGONEX{word}{number}" for number, value in enumerate(sorted(values))}
    return names


def _read(path: Path) -> Iterator[Row]:
    with path.open(newline="") as stream:
        yield from csv.DictReader(stream)


def search_files(folder: Path, mark: str) -> list[str]:
    """Name the files below a folder whose bytes hold a planted word that starts with a mark.

    Whole words: seven bytes of one may come from memory, whatever was written
    (docs/decisions/0158), and bytes that were written may stand beside them and look like letters.
    """
    pattern = re.compile(mark.encode() + b"(?:" + "|".join(PLANTED).encode() + b")", re.IGNORECASE)
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and pattern.search(path.read_bytes())
    ]


def search_database(database: Path, pattern: str) -> list[str]:
    """Name the columns of a database that hold a match, whatever their type."""
    found = []
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where table_oid in (select table_oid from duckdb_tables()) "
            "and database_name = current_database() and not internal order by all"
        ).fetchall()
        for schema, table, column in columns:
            row = connection.execute(
                f'select count(*) from "{schema}"."{table}" '
                f"where regexp_matches(cast(\"{column}\" as varchar), ?, 'i')",
                [pattern],
            ).fetchone()
            if row and row[0]:
                found.append(f"{schema}.{table}.{column}")
    return found
