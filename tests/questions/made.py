"""A prod database made by hand, with the columns and types of the models' contracts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from carepath.questions.answer import Answer
from carepath.questions.asking import ask

MODELS = Path(__file__).parents[2] / "warehouse" / "models" / "prod"
AS_OF = datetime(2026, 1, 1)
WINDOW = timedelta(days=14)
STEPS = (
    "CREATE_ACCOUNT",
    "INPUT_FULL_NAME",
    "CONFIRM_COUNTRY",
    "VERIFY_ELIGIBILITY",
    "CAREGIVING_GOAL",
    "CREATE_PROJECT",
)
MONDAY = datetime(2025, 1, 6)


class Made:
    """Rows by rows; nothing is derived that a test should work out itself."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.db = duckdb.connect(str(root / "prod.duckdb"))
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.columns: dict[str, list[str]] = {}
        for path in sorted(MODELS.glob("*.yml")):
            for model in yaml.safe_load(path.read_text())["models"]:
                typed = [(column["name"], column["data_type"]) for column in model["columns"]]
                columns = ", ".join(f'"{name}" {kind}' for name, kind in typed)
                self.db.execute(f"create table {model['name']} ({columns})")
                self.columns[model["name"]] = [name for name, _ in typed]
        self.people = 0
        self.zone = "UTC"

    def add(self, table: str, **values: Any) -> None:
        """Remember one row; columns not given are null."""
        unknown = set(values) - set(self.columns[table])
        assert not unknown, unknown
        self.rows.setdefault(table, []).append(values)

    def fresh(
        self,
        as_of: datetime = AS_OF,
        complete_through: datetime | None = None,
        ends: dict[str, datetime] | None = None,
        *,
        are_loads_known: bool = True,
    ) -> None:
        """Say up to when the sources are complete; `ends` of those that stopped earlier."""
        for source in (
            "snowplow.events",
            "care_platform.project",
            "care_platform.historical_project",
            "care_platform.task",
            "care_platform.historical_task",
        ):
            end = (ends or {}).get(source, complete_through or as_of)
            self.add(
                "data_freshness",
                source_table=source,
                latest_loaded_at=end if are_loads_known else None,
                complete_through=end,
                as_of=as_of,
                site_time_zone=self.zone,
            )

    def person(
        self,
        entered_at: datetime = MONDAY,
        did: Sequence[int] = (1,),
        *,
        applies: Sequence[int] = (1, 2, 3, 4, 5, 6),
        is_mature: bool = True,
        seconds: float = 60.0,
        **columns: Any,
    ) -> str:
        """Add a person who did the steps of `did` in order, `seconds` apart."""
        self.people += 1
        member_id = f"m{self.people:05d}"
        closed = 0
        for number in range(1, 7):
            if number in did or number not in applies:
                closed = number
            else:
                break
        converted = 6 in did
        reached = {
            number: entered_at + timedelta(seconds=seconds * i)
            for i, number in enumerate(sorted(did))
        }
        self.add(
            "member_intake_funnel_metrics",
            **{
                "member_id": member_id,
                "population": "entrant",
                "has_account": True,
                "is_deleted": False,
                "entered_at": entered_at,
                "entered_date": entered_at.date(),
                "entered_week_date": (entered_at - timedelta(days=entered_at.weekday())).date(),
                "entry_client_id": "c1",
                "entry_client_name": "Acme",
                "entry_client_source": "landing_page",
                "entry_device_type": "mobile",
                "entry_country": "US",
                "window_ends_at": entered_at + WINDOW,
                "is_mature": is_mature,
                "is_converted": converted,
                "converted_at": reached.get(6),
                "last_closed_step_number": closed,
                **columns,
            },
        )
        last = 0
        for number, name in enumerate(STEPS, start=1):
            later = any(k > number for k in did)
            status = (
                "not_applicable"
                if number not in applies
                else "done"
                if number in did
                else "skipped"
                if later
                else "not_reached"
            )
            self.add(
                "member_intake_funnel_steps",
                member_id=member_id,
                step_number=number,
                step_name=name,
                is_optional=False,
                exclusion_reason=columns.get("exclusion_reason"),
                population=columns.get("population", "entrant"),
                is_mature=is_mature,
                is_applicable=number in applies,
                applicability_reason="applies" if number in applies else "never_released",
                status=status,
                is_closed=number <= closed,
                is_in_order=number in did,
                is_open=number in did,
                reached_at=reached.get(number),
                seconds_from_previous=seconds if number in did and number > 1 else None,
                seconds_from_entry=(reached[number] - entered_at).total_seconds()
                if number in did
                else None,
                event_count=int(number in did),
            )
            last = number if number in did else last
        return member_id

    def task(
        self,
        task_id: str,
        started: datetime | None,
        days: float | None = None,
        *,
        end_reason: str | None = None,
        ended: datetime | None = None,
        **columns: Any,
    ) -> None:
        """Add a task that took `days` from its start, or is still open, or ended otherwise."""
        self.add(
            "current_task_summary",
            **{
                "task_id": task_id,
                "project_id": f"p{task_id}",
                "task_type": "member",
                "created_at": started,
                "is_imputed": False,
                "is_deleted": end_reason == "deleted",
                "first_active_at": started,
                "first_done_seconds": None if days is None else days * 86_400,
                "first_done_at": None if days is None else started + timedelta(days=days),
                "last_done_at": None if days is None else started + timedelta(days=days),
                "end_reason": end_reason or (None if days is None else "completed"),
                "ended_at": ended,
                **columns,
            },
        )

    def visit(
        self,
        task_id: str,
        number: int,
        status: str,
        category: str,
        entered_at: datetime,
        days: float | None,
        **columns: Any,
    ) -> None:
        """Add a visit of `days`, or one that still lasts."""
        seconds = (AS_OF - entered_at).total_seconds() if days is None else days * 86_400
        self.add(
            "task_phases",
            **{
                "task_id": task_id,
                "project_id": f"p{task_id}",
                "visit_number": number,
                "status": status,
                "category": category,
                "entered_at": entered_at,
                "exited_at": None if days is None else entered_at + timedelta(days=days),
                "is_open": days is None,
                "is_imputed": False,
                "seconds": seconds,
                **columns,
            },
        )

    def project(
        self, project_id: str, started: datetime | None, days: float | None = None, **columns: Any
    ) -> None:
        """Add a project."""
        self.add(
            "current_project_summary",
            **{
                "project_id": project_id,
                "project_type": "ELDER_CARE",
                "created_at": started,
                "started_at": started,
                "started_at_source": "active_status",
                "started_date": started and started.date(),
                "started_week_date": started
                and (started - timedelta(days=started.weekday())).date(),
                "is_imputed": False,
                "is_deleted": False,
                "first_active_at": started,
                "first_done_seconds": None if days is None else days * 86_400,
                "end_reason": None if days is None else "completed",
                **columns,
            },
        )

    def write(self) -> Path:
        """Write the rows and let go of the file."""
        # A statement per row takes longer than the questions do.
        for table, rows in self.rows.items():
            columns = self.columns[table]
            written = self.root / f"{table}.json"
            with written.open("w") as file:
                for row in rows:
                    whole = {column: row.get(column) for column in columns}
                    file.write(json.dumps(whole, default=str) + "\n")
            self.db.execute(f"copy {table} from '{written}' (format json, array false)")
            written.unlink()
        self.close()
        return self.root

    def ask(self, question: str, **options: Any) -> Answer:
        """Write what is not written yet and ask."""
        if self.db is not None:
            self.write()
        return ask(question, workspace=self.root, **options)

    def close(self) -> None:
        """Close the file."""
        if self.db is not None:
            self.db.close()
        self.db = None
