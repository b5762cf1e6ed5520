"""The raw tables: columns, types, what a row must have, and the file names they go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["VARCHAR", "TIMESTAMP", "DATE", "BOOLEAN", "BIGINT", "INTEGER", "DOUBLE"]

# Values of these columns never appear in a message, a log or a reason; only in the row itself.
SENSITIVE_COLUMNS = frozenset(
    {
        "user_name",
        "email",
        "birthdate",
        "user_ipaddress",
        "geo_latitude",
        "geo_longitude",
        "geo_zipcode",
        "page_url",
        "page_referrer",
        "client_landing_page_url",
    }
)


@dataclass(frozen=True)
class Column:
    """One column of a raw table.

    Parameters
    ----------
    name : str
        Name in the raw table.
    type : ColumnType
        DuckDB type it is stored as.
    is_required : bool
        Whether a row without a value is rejected, and a file without the column refused.
    is_key : bool
        Whether it is an identifier: an opaque text, in which ``123.0`` is a number's ``123``.
    """

    name: str
    type: ColumnType = "VARCHAR"
    is_required: bool = False
    is_key: bool = False

    @property
    def is_sensitive(self) -> bool:
        """Whether its values must stay out of messages."""
        return self.name in SENSITIVE_COLUMNS


@dataclass(frozen=True)
class Table:
    """One raw table.

    Parameters
    ----------
    schema, name : str
        Where it lies in ``raw.duckdb``.
    columns : tuple of Column
        Columns a file may deliver; landing adds ``_batch_number``.
    aliases : tuple of str
        Names of files and folders that hold rows of this table.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    aliases: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """Schema and name, as the ledger writes them."""
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> frozenset[str]:
        """Names of the columns a file may deliver."""
        return frozenset(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns a file must have."""
        return tuple(column.name for column in self.columns if column.is_required)


BATCH = Column("_batch_number", "INTEGER")

_LOADER_COLUMNS = (
    Column("_fivetran_synced", "TIMESTAMP"),
    Column("_fivetran_deleted", "BOOLEAN"),
    Column("_sdc_received_at", "TIMESTAMP"),
    Column("_sdc_deleted_at", "TIMESTAMP"),
)


def _key(name: str, *, required: bool = False) -> Column:
    return Column(name, "VARCHAR", is_required=required, is_key=True)


def _time(name: str, *, required: bool = False) -> Column:
    return Column(name, "TIMESTAMP", is_required=required)


def _platform_table(name: str, aliases: tuple[str, ...], *columns: Column) -> Table:
    return Table("care_platform", name, (*columns, *_LOADER_COLUMNS), aliases)


CLIENTS = _platform_table(
    "clients",
    ("clients", "client"),
    _key("id", required=True),
    Column("name"),
    _time("created"),
    _time("modified"),
    Column("client_size"),
    Column("client_industry"),
    Column("client_landing_page_url"),
    Column("verification_type"),
    Column("is_archived", "BOOLEAN"),
)

MEMBERS = _platform_table(
    "members",
    ("members", "member"),
    _key("user_id", required=True),
    Column("user_name"),
    Column("email"),
    Column("birthdate", "DATE"),
    Column("country"),
    _key("client_id"),
    Column("is_eligibility_verified", "BOOLEAN"),
    _time("created"),
)

PROJECT = _platform_table(
    "project",
    ("project", "projects"),
    _key("id", required=True),
    Column("type"),
    Column("status"),
    Column("name"),
    _time("first_active"),
    _time("created", required=True),
    _time("modified"),
    _key("creator_id"),
)

HISTORICAL_PROJECT = _platform_table(
    "historical_project",
    (
        "historical_project",
        "historical_projects",
        "project_history",
        "projects_history",
        "history_project",
    ),
    _key("history_id", required=True),
    _key("id", required=True),
    Column("type"),
    Column("status"),
    Column("name"),
    _time("first_active"),
    _time("created"),
    _time("history_date", required=True),
    _key("history_user_id"),
)

TASK = _platform_table(
    "task",
    ("task", "tasks"),
    _key("id", required=True),
    _key("project_id"),
    Column("title"),
    Column("status"),
    _time("due"),
    _time("created", required=True),
    _time("modified"),
)

HISTORICAL_TASK = _platform_table(
    "historical_task",
    ("historical_task", "historical_tasks", "task_history", "tasks_history", "history_task"),
    _key("history_id", required=True),
    _key("id", required=True),
    _time("created"),
    Column("status"),
    Column("title"),
    _time("due"),
    _time("history_date", required=True),
    _key("history_user_id"),
)

EVENTS = Table(
    "snowplow",
    "events",
    (
        _key("event_id", required=True),
        Column("event"),
        Column("event_name"),
        Column("event_version"),
        Column("app_id"),
        Column("platform"),
        Column("domain_userid"),
        Column("domain_sessionid"),
        Column("domain_sessionidx", "BIGINT"),
        Column("user_ipaddress"),
        Column("geo_country"),
        Column("geo_region"),
        Column("geo_city"),
        Column("geo_zipcode"),
        Column("geo_latitude", "DOUBLE"),
        Column("geo_longitude", "DOUBLE"),
        Column("geo_timezone"),
        Column("dvce_type"),
        Column("dvce_ismobile", "BOOLEAN"),
        Column("useragent"),
        Column("page_url"),
        Column("page_title"),
        Column("page_referrer"),
        Column("page_urlhost"),
        Column("page_urlpath"),
        Column("refr_urlhost"),
        Column("refr_urlpath"),
        _time("dvce_created_tstamp"),
        _time("dvce_sent_tstamp"),
        _time("collector_tstamp", required=True),
        _time("derived_tstamp"),
        _time("load_tstamp"),
        _time("etl_tstamp"),
        Column("funnel_funnel_name"),
        Column("funnel_step_name"),
        Column("funnel_step_action"),
        Column("funnel_failure_reason"),
        _key("user_id"),
        Column("user_role"),
        Column("user_is_eligibility_verified", "BOOLEAN"),
    ),
    (
        "events",
        "event",
        "atomic_events",
        "snowplow_events",
        "snowplow_atomic_events",
        "enriched_events",
        "enriched",
    ),
)

TABLES: tuple[Table, ...] = (
    CLIENTS,
    MEMBERS,
    PROJECT,
    HISTORICAL_PROJECT,
    TASK,
    HISTORICAL_TASK,
    EVENTS,
)

LEDGER_DDL = (
    """
    create table if not exists landing.files (
        file_id varchar,
        batch_number integer,
        table_name varchar,
        file_name varchar,
        sha256 varchar,
        landed_at timestamp,
        row_count bigint,
        accepted_count bigint,
        rejected_count bigint,
        unknown_columns varchar[],
        source_columns varchar[]
    )
    """,
    """
    create table if not exists landing.rejected_rows (
        batch_number integer,
        table_name varchar,
        file_name varchar,
        row_number bigint,
        reason varchar,
        row_text varchar
    )
    """,
    """
    create table if not exists landing.erasures (
        erasure_number integer,
        erased_at timestamp,
        table_name varchar,
        accepted_count bigint,
        rejected_count bigint
    )
    """,
)


def define_tables() -> tuple[str, ...]:
    """Write the statements that make every schema and table, empty where absent."""
    statements = [
        f"create schema if not exists {schema}"
        for schema in ("care_platform", "snowplow", "landing")
    ]
    for table in TABLES:
        columns = (*table.columns, BATCH)
        listed = ", ".join(f'"{column.name}" {column.type}' for column in columns)
        statements.append(f"create table if not exists {table.full_name} ({listed})")
    return (*statements, *LEDGER_DDL)


def define_missing_columns(present: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """Write the statements that add what an older database lacks.

    Parameters
    ----------
    present : frozenset of (str, str)
        Full table name and column name of every column there is.
    """
    return tuple(
        f'alter table {table.full_name} add column "{column.name}" {column.type}'
        for table in TABLES
        for column in (*table.columns, BATCH)
        if (table.full_name, column.name) not in present
    )
