"""A build on Snowflake: prod is built in a schema of its own, tested, reconciled, swapped in."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from carepath.building.reconciliation import Row, count_fates
from carepath.building.report import Fate, RestatedWeek
from carepath.building.restatement import TABLES as _COMPARED
from carepath.building.restatement import compare_weeks
from carepath.errors import CarepathError
from carepath.landing.tables import TABLES
from carepath.quoting import quote_text
from carepath.snowflake.connection import connect, describe_error
from carepath.snowflake.settings import (
    PREFIX,
    PROD_SCHEMA,
    PUBLISHED_SCHEMA,
    REPORTER,
    THREADS,
    SnowflakeSettings,
)
from carepath.workspace import Workspace

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

CANDIDATE_SCHEMA = "carepath_candidate"
LOCK_TABLE = "carepath_build_lock"
LEASE = timedelta(hours=6)
_NEVER = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Production:
    """A connection that builds, and what it builds.

    Parameters
    ----------
    settings : SnowflakeSettings
        Where, and as whom.
    connection : SnowflakeConnection
        Open, and closed by `open_production`.
    """

    settings: SnowflakeSettings
    connection: SnowflakeConnection

    @property
    def candidate(self) -> str:
        """Qualified name of the schema that prod is built in."""
        return f"{self.settings.prod}.{CANDIDATE_SCHEMA}"

    @property
    def published(self) -> str:
        """Qualified name of the schema that people read."""
        return f"{self.settings.prod}.{PUBLISHED_SCHEMA}"

    def environment(self, threads: int) -> dict[str, str]:
        """Give what dbt's profile and project read, besides the user's own variables."""
        return {
            PREFIX.name: self.settings.prefix,
            PROD_SCHEMA.name: CANDIDATE_SCHEMA,
            REPORTER.name: self.settings.reporter,
            THREADS.name: str(threads),
        }

    def read(self, sql: str) -> list[Row]:
        """Run one statement and return its rows.

        Raises
        ------
        CarepathError
            When Snowflake refuses.
        """
        return self._run(sql)[0]

    def change(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        return self._run(sql, values)[1]

    def _run(self, sql: str, values: tuple[Any, ...] = ()) -> tuple[list[Row], int]:
        from snowflake.connector.errors import Error

        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return list(cursor.fetchall()), cursor.rowcount or 0
        except Error as error:
            raise CarepathError(
                f"Snowflake refused a statement: {describe_error(error)}",
                where=" ".join(sql.split()),
                fix="grant the role what it lacks (docs/snowflake.md), then build again; "
                "prod is unchanged",
            ) from None


@contextmanager
def open_production(settings: SnowflakeSettings, workspace: Workspace) -> Iterator[Production]:
    """Connect, keep other builds out, and give an empty candidate schema.

    Raises
    ------
    CarepathError
        When Snowflake cannot be reached, or another build is running.
    """
    try:
        import dbt.adapters.snowflake  # noqa: F401
    except ImportError:
        raise CarepathError(
            "dbt's adapter for Snowflake is not installed.",
            fix="pip install 'carepath[snowflake]'",
        ) from None
    connection = connect(settings, "build")
    try:
        production = Production(settings, connection)
        with _lease(production, _holder(workspace)):
            production.change(f"drop schema if exists {production.candidate}")
            production.change(f"create schema {production.candidate}")
            yield production
    finally:
        connection.close()


@contextmanager
def _lease(production: Production, holder: str) -> Iterator[None]:
    """Take the one row of the lock table: an update of it waits for any other that is under way.

    A build that was killed leaves its lease; the same workspace takes it over, another one when it
    has run out.
    """
    table = f"{production.settings.prep}.{PUBLISHED_SCHEMA}.{LOCK_TABLE}"
    production.change(
        f"create table if not exists {table} as "
        "select cast('' as varchar) as holder, "
        "cast('1970-01-01 00:00:00' as timestamp_ntz) as held_until"
    )
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    taken = production.change(
        f"update {table} set holder = ?, held_until = ? where held_until < ? or holder = ?",
        (holder, now + LEASE, now, holder),
    )
    if not taken:
        (until,) = production.read(f"select max(held_until) from {table}")[0]
        raise CarepathError(
            "Another build is running on this warehouse.",
            where=f"{table}, held until {until} UTC at most",
            fix="wait until it has ended; if it was killed, "
            f"`update {table} set held_until = '1970-01-01'`, then build again",
        )
    try:
        yield
    finally:
        with suppress(CarepathError):
            production.change(
                f"update {table} set held_until = ? where holder = ?", (_NEVER, holder)
            )


def _holder(workspace: Workspace) -> str:
    """Name the workspace without saying whose it is."""
    place = f"{socket.gethostname()}:{workspace.root}"
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def fix_moment(production: Production, variables: Mapping[str, Any]) -> str:
    """Choose the moment at which the sources are read: now, by the clock of Snowflake.

    Loaders write while a build runs, and its models read at different times.

    Returns
    -------
    str
        For the variable `sources_at`.

    Raises
    ------
    CarepathError
        When Snowflake keeps no history of a source, or it is no table.
    """
    (clock,) = production.read("select current_timestamp()")[0]
    moment = str(clock.astimezone(UTC).isoformat(timespec="milliseconds"))
    view = f"{production.candidate}.moment_of_sources"
    for table in TABLES:
        now, then = (
            _name_source(table.full_name, {**variables, "sources_at": at}) for at in ("", moment)
        )
        production.read(f"select 1 from {now} limit 1")
        try:
            # through a view, as base models read it
            production.change(f"create or replace view {view} as select 1 as one from {then}")
            production.read(f"select one from {view} limit 1")
        except CarepathError as error:
            raise CarepathError(
                f"{table.full_name} cannot be read as it was when the build began. {error.what}",
                where=then,
                fix="give it Time Travel (data_retention_time_in_days = 1); where it can have "
                "none, set time_travel = false in [warehouse] of carepath.toml, and build "
                "while nothing is loaded",
            ) from None
    production.change(f"drop view {view}")
    return moment


def account_production(production: Production, variables: Mapping[str, Any]) -> tuple[Fate, ...]:
    """Count, for each source table, its raw rows and their fates in the candidate."""
    production.change(f"use schema {production.candidate}")

    def count_raw(table: str) -> int:
        rows = production.read(f"select count(*) from {_name_source(table, variables)}")
        return int(rows[0][0])

    return count_fates(production.read, count_raw, {})


def _name_source(table: str, variables: Mapping[str, Any]) -> str:
    """Name a source table as the models read it (`source_as_read`)."""
    source, _, name = table.partition(".")
    schema = variables.get(f"{source}_schema", source)
    relation = f"{variables.get('raw_database', 'raw')}.{schema}.{name}"
    moment = variables.get("sources_at")
    if not moment:
        return relation
    return f"{relation} at(timestamp => cast({quote_text(moment)} as timestamp_tz))"


def list_restated_production(production: Production, time_zone: str) -> tuple[RestatedWeek, ...]:
    """Compare the candidate with what readers see; nothing is restated where that is no prod yet.

    Parameters
    ----------
    production : Production
        Whose candidate is complete.
    time_zone : str
        The site's time zone (IANA name), in which weeks begin.
    """
    schemas = (f"{production.published}.", f"{production.candidate}.")
    if _list_published(production) >= _COMPARED:
        with suppress(CarepathError):  # tables of another version
            return compare_weeks(production.read, production.read, time_zone, "snowflake", schemas)
    return ()


def _list_published(production: Production) -> set[str]:
    """Name the tables that readers see."""
    found = production.read(
        f"select lower(table_name) from {production.settings.prod}.information_schema.tables "
        f"where upper(table_schema) = upper('{PUBLISHED_SCHEMA}')"
    )
    return {str(name) for (name,) in found}


def publish_production(production: Production, models: frozenset[str]) -> None:
    """Let readers see the candidate instead of what they see now, in one statement.

    Privileges go with a swapped schema, so the candidate is given them first; dbt has granted those
    on its tables.

    Parameters
    ----------
    production : Production
        Whose candidate is complete, tested and reconciled.
    models : frozenset of str
        Names of the tables of prod: what else lies in the published schema would be lost.

    Raises
    ------
    CarepathError
        When there is something else, or Snowflake refuses; readers then see what they saw before.
    """
    settings = production.settings
    strangers = sorted(_list_published(production) - models)
    if strangers:
        raise CarepathError(
            f"{production.published} holds what is not from a model: {', '.join(strangers[:5])}.",
            where=production.published,
            fix="move them to another schema: publishing replaces all of this one; "
            "nothing was published",
        )
    production.change(f"grant usage on schema {production.candidate} to role {settings.reporter}")
    production.change(f"create schema if not exists {production.published}")
    production.change(f"alter schema {production.published} swap with {production.candidate}")
    production.change(f"drop schema if exists {production.candidate}")
