"""Raw rows in, `prod` rows out: a real build of the warehouse in a workspace of its own."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from oracle.definitions import Definitions, Raw, Row

from carepath.workspace import Workspace
from warehouse.raw_schema import COLUMNS, typed_columns


def make_workspace(root: Path, definitions: Definitions) -> Workspace:
    """An empty workspace with these definitions and no rows."""
    workspace = Workspace(root)
    workspace.definitions.mkdir(parents=True, exist_ok=True)
    workspace.config.touch()
    write_definitions(workspace.definitions, definitions)
    with duckdb.connect(str(workspace.raw)) as connection:
        for table in COLUMNS:
            columns = ", ".join(f"{name} {kind}" for name, kind in typed_columns(table).items())
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create table {table} ({columns})")
    return workspace


def add_rows(workspace: Workspace, raw: Raw, batch: int = 1) -> None:
    """Append raw rows as one batch, exactly as given: nothing is checked or sorted."""
    with duckdb.connect(str(workspace.raw)) as connection:
        for table, rows in raw.items():
            if not rows:
                continue
            path = workspace.root / "rows.jsonl"
            lines = (json.dumps(row | {"_batch_number": batch}, default=text_of) for row in rows)
            path.write_text("\n".join(lines))
            kinds = typed_columns(table)
            names = ", ".join(kinds)
            connection.execute(
                f"insert into {table} ({names}) select {names} "
                f"from read_json(?, format = 'newline_delimited', columns = {kinds})",
                [str(path)],
            )
            path.unlink()


def text_of(value: object) -> str:
    """A timestamp or date as DuckDB reads it."""
    assert isinstance(value, datetime | date)
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()


def write_definitions(folder: Path, definitions: Definitions) -> None:
    """The definitions as the CSV seeds of a workspace."""
    write_csv(
        folder / "funnel_steps.csv",
        "funnel_name,step_number,step_name,is_optional,valid_from,valid_to,page_urlpath,applies_when",
        [
            (
                definitions.funnel_name,
                step.number,
                step.name,
                str(step.is_optional).lower(),
                step.valid_from,
                step.valid_to,
                None,
                step.applies_when,
            )
            for step in definitions.steps
        ],
    )
    write_csv(
        folder / "status_map.csv",
        "entity,raw_status,status,category",
        [(s.entity, s.raw_status, s.status, s.category) for s in definitions.statuses],
    )
    write_csv(
        folder / "calendar.csv",
        "iso_weekday,opens_at,closes_at,time_zone",
        [
            (
                hours.iso_weekday,
                hours.opens_at.strftime("%H:%M"),
                hours.closes_at.strftime("%H:%M"),
                definitions.time_zone,
            )
            for hours in definitions.calendar
        ],
    )
    write_csv(
        folder / "holidays.csv",
        "holiday_date,holiday_name",
        [(day, f"Holiday {day}") for day in sorted(definitions.holidays)],
    )
    write_csv(
        folder / "product_changes.csv",
        "change_name,kind,step_name,client_id,released_at",
        [
            (change.name, change.kind, change.step_name, change.client_id, change.released_at)
            for change in definitions.changes
        ],
    )


def write_csv(path: Path, header: str, rows: list[tuple[Any, ...]]) -> None:
    """One CSV file; null is empty."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(["" if value is None else value for value in row] for row in rows)


def build_warehouse(workspace: Workspace, definitions: Definitions) -> None:
    """Run the build with the definitions' variables; a failing data test fails here."""
    from carepath.building import build

    as_of = definitions.as_of.isoformat(sep=" ") if definitions.as_of else None
    build(
        workspace,
        as_of=as_of,
        variables={
            "earliest_plausible_at": definitions.earliest_plausible_at.isoformat(sep=" "),
            "intake_funnel_name": definitions.funnel_name,
            "intake_step_count": len(definitions.steps),
            "conversion_window_seconds": int(definitions.window.total_seconds()),
            "tie_seconds": int(definitions.tie.total_seconds()),
        },
    )


def read_prod(workspace: Workspace) -> dict[str, list[Row]]:
    """Every table of `prod` as dicts, rows in the order of their values."""
    with duckdb.connect(str(workspace.prod), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables "
            "where table_schema = 'main' order by table_name"
        ).fetchall()
        tables = {}
        for (name,) in names:
            result = connection.execute(f'select * from "{name}" order by all')
            columns = [column[0] for column in result.description]
            tables[name] = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    return tables
