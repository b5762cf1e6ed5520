"""What a person has left in the raw database: their rows, and what names them in rejected rows."""

from __future__ import annotations

import re
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

_ROWS_AT_ONCE = 10_000
_ESCAPE = re.compile(
    r'\\u(?P<code>[0-9A-Fa-f]{4})|\\x(?P<byte>[0-9A-Fa-f]{2})|\\(?P<escaped>.)|""', re.DOTALL
)
_ESCAPED = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


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


def list_missing(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """List who of `people` has left nothing: neither in a row nor in a rejected one."""
    columns = {
        "care_platform.members": "user_id",
        "care_platform.project": "creator_id",
        "snowplow.events": "user_id",
        **EMPTIED,
    }
    seen = " union ".join(
        f"select {column} as id from raw.{table} where {column} in (from people)"
        for table, column in columns.items()
    )
    rows = connection.execute(
        f"""
        select distinct id from people
        where id not in ({seen})
            and lower(id) not in (select word from rejected_words)
        order by id
        """
    ).fetchall()
    return tuple(person for (person,) in rows)


def _find_rejected(connection: duckdb.DuckDBPyConnection) -> None:
    """List rejected rows that name the person, as whole words, in whatever is left of them."""
    selects = [
        f"select '{table}' as table_name, lower(id) as word from {name}"
        for table, names in _NAMING.items()
        for name in names
    ]
    connection.execute(f"create temp table words as {' union '.join(selects)}")
    _read_escaped(connection)
    connection.execute(
        r"""
        create temp table rejected_words as
        with readings as (
            select rowid as id, table_name, lower(row_text) as row_text
            from raw.landing.rejected_rows
            union all
            select id, table_name, lower(row_text) as row_text from escaped_rejected
        )
        select distinct readings.id, words.word
        from readings
        inner join words
            on readings.table_name = words.table_name
            and contains(readings.row_text, words.word)
        where regexp_matches(
            readings.row_text,
            '(^|[^a-z0-9_@.+-])' || regexp_escape(words.word) || '($|[^a-z0-9_@-])'
        )
        """
    )
    connection.execute("create temp table own_rejected as select distinct id from rejected_words")


def _read_escaped(connection: duckdb.DuckDBPyConnection) -> None:
    """List the rejected rows with escapes once more, as what the escapes stand for."""
    connection.execute(
        "create temp table escaped_rejected (id bigint, table_name varchar, row_text varchar)"
    )
    cursor = connection.cursor()
    cursor.execute(
        r"""
        select rowid, table_name, row_text from raw.landing.rejected_rows
        where contains(row_text, '\') or contains(row_text, '""')
        """
    )
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        plain = [
            (number, table, text)
            for number, table, escaped in rows
            for text in read_escapes(escaped)[1:]
        ]
        if plain:
            connection.execute(
                "insert into escaped_rejected select unnest(?), unnest(?), unnest(?)",
                [list(column) for column in zip(*plain, strict=True)],
            )


def read_escapes(text: str) -> list[str]:
    r"""Read a row's text as it is, then with escapes undone, level by level, until none is left.

    Escapes are those of JSON, doubled quotation marks of CSV, and the \xNN of landing for bytes
    that are not UTF-8 (read as Latin-1). JSON may stand in a cell of CSV, or in JSON.
    """
    read = [text]
    while (plain := _undo_escapes(read[-1])) != read[-1]:
        read.append(plain)
    return read


def _undo_escapes(text: str) -> str:
    plain = _ESCAPE.sub(_undo_escape, text)
    # Two halves of one character make it; half of one alone is no text.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _undo_escape(found: re.Match[str]) -> str:
    code, escaped = found["code"] or found["byte"], found["escaped"]
    if code:
        return chr(int(code, 16))
    return _ESCAPED.get(escaped, found[0]) if escaped else '"'
