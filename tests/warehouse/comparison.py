"""Differences between expected and built rows, told so that one can see which world did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from oracle.definitions import Raw, Row

KEYS: dict[str, tuple[str, ...]] = {
    "member_intake_funnel_metrics": ("member_id",),
    "member_intake_funnel_steps": ("member_id", "step_number"),
    "funnel_events": ("event_id",),
    "task_phases": ("task_id", "visit_number"),
    "project_phases": ("project_id", "visit_number"),
    "current_task_summary": ("task_id",),
    "current_project_summary": ("project_id",),
    "work_in_progress_changes": ("project_id", "changed_date"),
    "coordinator_days": ("worked_date",),
    "row_reconciliation": ("source_table", "fate"),
    "rejection_summary": ("source_table", "reason"),
    "data_freshness": ("source_table",),
    "product_releases": ("release_number",),
}
# The build itself counts raw rows, in the raw database, and fails when the fates do not add up.
NOT_IN_PROD = ("raw_row_count",)
# Quotients and percentiles are given by the database with other digits behind the sixth.
APPROXIMATE = ("flow_efficiency_rate", "lateness_p99_seconds")


@dataclass(frozen=True)
class Difference:
    """One cell, or one row, that is not as expected."""

    table: str
    key: tuple[object, ...]
    column: str
    expected: object
    built: object

    def __str__(self) -> str:
        key = ", ".join(str(part) for part in self.key)
        return f"{self.table}[{key}].{self.column}: expected {self.expected}, built {self.built}"


def compare_tables(expected: dict[str, list[Row]], built: dict[str, list[Row]]) -> list[Difference]:
    """Compare every expected cell; columns the oracle says nothing about are not looked at."""
    differences: list[Difference] = []
    entrants = {
        row["member_id"]
        for row in expected["member_intake_funnel_metrics"]
        if row["population"] == "entrant"
    }
    for table, keys in KEYS.items():
        wanted, found = expected[table], built.get(table, [])
        if table == "member_intake_funnel_steps":  # the oracle says nothing about the others
            found = [row for row in found if row["member_id"] in entrants]
        if table in ("row_reconciliation", "rejection_summary"):  # a zero may be left out
            wanted = [row for row in wanted if row["row_count"]]
            found = [row for row in found if row["row_count"]]
        differences.extend(compare_rows(table, keys, wanted, found))
    return differences


def compare_rows(
    table: str, keys: tuple[str, ...], wanted: list[Row], found: list[Row]
) -> list[Difference]:
    """Match rows by key and compare their cells."""
    wanted_of = {tuple(row[key] for key in keys): row for row in wanted}
    found_of = {tuple(row[key] for key in keys): row for row in found}
    assert len(wanted_of) == len(wanted), f"{table}: the oracle repeats a key"
    differences = []
    if len(found_of) != len(found):
        differences.append(Difference(table, (), "key", "unique", "repeated"))
    for key in sorted(set(wanted_of) | set(found_of), key=str):
        if key not in found_of or key not in wanted_of:
            row = "a row", "no row"
            expected, built = row if key in wanted_of else row[::-1]
            differences.append(Difference(table, key, "*", expected, built))
            continue
        for column, value in wanted_of[key].items():
            if column in NOT_IN_PROD:
                continue
            other = found_of[key].get(column, "no such column")
            if not is_same(column, value, other):
                differences.append(Difference(table, key, column, value, other))
    return differences


def is_same(column: str, expected: object, built: object) -> bool:
    """Equal; null where null is expected; quotients to the sixth digit."""
    if isinstance(expected, datetime) and column == "complete_through":  # less a percentile
        return isinstance(built, datetime) and abs(expected - built) <= timedelta(microseconds=1)
    if column in APPROXIMATE and expected is not None and built is not None:
        return abs(Decimal(str(expected)) - Decimal(str(built))) <= Decimal("0.000001")
    return expected == built and (expected is None) == (built is None)


def summarise(differences: list[Difference], limit: int = 3) -> str:
    """How many differences there are in each column, with a few of each."""
    by_column: dict[tuple[str, str], list[Difference]] = {}
    for difference in differences:
        by_column.setdefault((difference.table, difference.column), []).append(difference)
    lines = [f"{len(differences)} differences"]
    for (table, column), group in sorted(by_column.items()):
        lines.append(f"{table}.{column}: {len(group)}")
        lines.extend(f"    {difference}" for difference in group[:limit])
    return "\n".join(lines)


def rows_about(raw: Raw, item_id: str) -> list[Row]:
    """The raw rows that mention an id, nulls left out: the start of any investigation."""
    return [
        {"table": table} | {key: value for key, value in row.items() if value is not None}
        for table, rows in raw.items()
        for row in rows
        if item_id in row.values()
    ]
