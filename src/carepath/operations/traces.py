"""What a person has left in the raw database: their rows, and what names them in rejected rows."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

# Tables of rows to look for. `people` holds the ids asked for.
#
# A device is the person's own when nobody else was ever identified on it: then its anonymous
# events are theirs too. On a shared device only the anonymous events of sessions in which the
# person was identified are.
_STATEMENTS = (
    """
    create temp table own_projects as
    select distinct id from raw.care_platform.project
    where creator_id in (from people)
    """,
    """
    create temp table own_tasks as
    select distinct id from raw.care_platform.task
    where project_id in (from own_projects)
    """,
    """
    create temp table own_sessions as
    select distinct domain_sessionid as id from raw.snowplow.events
    where user_id in (from people) and domain_sessionid is not null
    """,
    """
    create temp table own_devices as
    select domain_userid as id from raw.snowplow.events
    where domain_userid is not null
    group by domain_userid
    having count(*) filter (where user_id in (from people)) > 0
        and count(*) filter (where user_id not in (from people)) = 0
    """,
    """
    create temp table own_events as
    select distinct event_id as id from raw.snowplow.events
    where user_id in (from people)
        or (
            user_id is null
            and (domain_userid in (from own_devices) or domain_sessionid in (from own_sessions))
        )
    """,
    """
    create temp table own_contacts as
    select distinct unnest([nullif(email, ''), nullif(user_name, '')]) as id
    from raw.care_platform.members
    where user_id in (from people)
    """,
)

OWN_ROWS: dict[str, str] = {
    "care_platform.members": "user_id in (from people)",
    "care_platform.project": "id in (from own_projects)",
    "care_platform.historical_project": "id in (from own_projects)",
    "care_platform.task": "id in (from own_tasks) or project_id in (from own_projects)",
    "care_platform.historical_task": "id in (from own_tasks)",
    # A copy of an event may lack its user: the id is the person's all the same.
    "snowplow.events": (
        "user_id in (from people) or (user_id is null and event_id in (from own_events))"
    ),
}
"""Table -> which of its rows are the person's."""

EMPTIED: dict[str, str] = {
    "care_platform.historical_project": "history_user_id",
    "care_platform.historical_task": "history_user_id",
}
"""Table -> the column that names who made a change: emptied, the row is somebody else's."""

_NAMING: dict[str, tuple[str, ...]] = {
    "care_platform.members": ("people", "own_contacts"),
    "care_platform.project": ("people", "own_projects"),
    "care_platform.historical_project": ("people", "own_projects"),
    "care_platform.task": ("own_projects", "own_tasks"),
    "care_platform.historical_task": ("people", "own_tasks"),
    "snowplow.events": ("people", "own_contacts", "own_devices", "own_sessions", "own_events"),
}
"""Table -> what names the person in a row of it that was rejected, whatever is wrong with it."""


def find_traces(connection: duckdb.DuckDBPyConnection, people: Iterable[str]) -> None:
    """Make temporary tables of what is the person's; `raw` is attached.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Where the tables go.
    people : iterable of str
        Platform ids, as in ``members.user_id``.
    """
    connection.execute("create temp table people (id varchar)")
    connection.executemany("insert into people values (?)", [[person] for person in people])
    for statement in _STATEMENTS:
        connection.execute(statement)
    _find_rejected(connection)


def _find_rejected(connection: duckdb.DuckDBPyConnection) -> None:
    """List rejected rows that name the person, as whole words, in whatever is left of them."""
    selects = [
        f"select '{table}' as table_name, lower(id) as word from {name}"
        for table, names in _NAMING.items()
        for name in names
    ]
    connection.execute(f"create temp table words as {' union '.join(selects)}")
    connection.execute(
        r"""
        create temp table own_rejected as
        select distinct rejected.rowid as id
        from raw.landing.rejected_rows as rejected
        inner join words
            on rejected.table_name = words.table_name
            and contains(lower(rejected.row_text), words.word)
        where regexp_matches(
            lower(rejected.row_text),
            '(^|[^a-z0-9_@.+-])' || regexp_escape(words.word) || '($|[^a-z0-9_@-])'
        )
        """
    )
