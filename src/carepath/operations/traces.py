"""What a person has left in the raw database: their rows, and what names them in rejected rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from carepath.operations.mentions import Mentions, normalise

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

TEXTS: dict[str, tuple[str, ...]] = {
    "care_platform.project": ("name",),
    "care_platform.historical_project": ("name",),
    "care_platform.task": ("title",),
    "care_platform.historical_task": ("title",),
    "snowplow.events": (
        "page_url",
        "page_title",
        "page_referrer",
        "page_urlpath",
        "refr_urlpath",
        "useragent",
        "funnel_failure_reason",
    ),
}
"""Table -> its free texts: what names the person in somebody else's row goes from them."""

COUNTED: dict[str, str] = {"care_platform.clients": "false", **OWN_ROWS}
"""The same of all tables of which rows may go: of clients only rejected ones."""

_NAMING: dict[str, tuple[str, ...]] = {
    "care_platform.clients": (),
    "care_platform.members": ("people", "own_contacts"),
    "care_platform.project": ("people", "own_projects"),
    "care_platform.historical_project": ("people", "own_projects"),
    "care_platform.task": ("own_projects", "own_tasks"),
    "care_platform.historical_task": ("people", "own_tasks"),
    "snowplow.events": ("people", "own_contacts", "own_devices", "own_sessions", "own_events"),
}
"""Table -> what names the person in a row of it that was rejected, whatever is wrong with it.

What is telling names them in a row of any table, and in the texts of other people's rows.
"""

_IDS = ("people", "own_projects", "own_tasks", "own_devices", "own_sessions")
_LONG = 8
"""An id with fewer characters occurs in texts by chance."""
_ROWS_AT_ONCE = 10_000
# Up to where a URL is kept when what follows names the person.
_PARTS_OF_URL = ("#", "?")


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
    connection.execute("create temp table named (word varchar)")
    telling = _read_telling(connection)
    _find_rejected(connection, telling)
    _find_texts(connection, telling)


def list_missing(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """List who of `people` has left nothing: neither in a row nor in a text."""
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
        f"select distinct id from people where id not in ({seen}) order by id"
    ).fetchall()
    named = {word for (word,) in connection.execute("from named").fetchall()}
    return tuple(person for (person,) in rows if normalise(person) not in named)


def choose_spared(table: str, column: str) -> str:
    """Write what stays of a text of somebody else's row: all of it where it names nobody."""
    return f"""
        case
            when {column} in (select text from naming_texts where table_name = '{table}')
                then (
                    select spared from naming_texts
                    where naming_texts.table_name = '{table}' and naming_texts.text = {column}
                )
            else {column}
        end
    """


def list_naming(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """Give the tables with texts that name the person, and their free texts."""
    rows = connection.execute("select distinct table_name from naming_texts").fetchall()
    return {table: TEXTS[table] for (table,) in rows}


def _read_telling(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """List what names the person wherever it stands.

    A name of one word is many people's, and may be an ordinary word besides; a name that another
    member has as well may stand for them.
    """
    contacts = _read_unshared(connection)
    ids = [word for name in _IDS for word in _read_words(connection, name)]
    return [
        *(word for word in contacts if "@" in normalise(word) or len(word.split()) > 1),
        *(word for word in ids if len(word) >= _LONG),
    ]


def _find_rejected(connection: duckdb.DuckDBPyConnection, telling: list[str]) -> None:
    """List rejected rows that name the person, as whole words, in whatever is left of them."""
    mentions = {
        table: Mentions(
            [*telling, *(word for name in names for word in _read_words(connection, name))]
        )
        for table, names in _NAMING.items()
    }
    connection.execute("create temp table naming_rows (table_name varchar, row_text varchar)")
    for table, its_mentions in mentions.items():
        found = _find_each(
            connection,
            its_mentions,
            f"select distinct row_text from raw.landing.rejected_rows where table_name = '{table}'",
        )
        _insert(connection, "naming_rows", [[table, text] for text in found])
    connection.execute(
        """
        create temp table own_rejected as
        select rowid as id from raw.landing.rejected_rows
        where (table_name, row_text) in (select (table_name, row_text) from naming_rows)
        """
    )


def _find_texts(connection: duckdb.DuckDBPyConnection, telling: list[str]) -> None:
    """List the texts of other people's rows that name the person, and what may stay of each."""
    connection.execute(
        "create temp table naming_texts (table_name varchar, text varchar, spared varchar)"
    )
    mentions = Mentions(telling)
    for table, columns in TEXTS.items():
        texts = " union ".join(
            f"select {column} as text from raw.{table} "
            f"where {column} is not null and ({OWN_ROWS[table]}) is not true"
            for column in columns
        )
        found = _find_each(connection, mentions, texts)
        spared = [[table, text, _spare(text, mentions)] for text in found]
        _insert(connection, "naming_texts", spared)


def _spare(text: str, mentions: Mentions) -> str | None:
    """Keep of a URL what comes before the part that names the person; nothing of another text."""
    if "://" in text:
        for sign in _PARTS_OF_URL:
            kept, _, rest = text.partition(sign)
            # Where the sign is one of an entity (`&#64;`), both sides hold a piece of the name.
            if mentions.find(rest) and not mentions.find(kept):
                return kept
    return None


def _read_unshared(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """List the names and addresses of the person that no other member has, however written."""
    contacts = _read_words(connection, "own_contacts")
    found = {normalise(contact) for contact in contacts}
    shared: set[str] = set()
    result = connection.execute(
        "select distinct unnest([email, user_name]) from raw.care_platform.members "
        "where user_id not in (from people)"
    )
    while rows := result.fetchmany(_ROWS_AT_ONCE):
        shared |= found & {normalise(contact) for (contact,) in rows if contact}
    return [contact for contact in contacts if normalise(contact) not in shared]


def _read_words(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return [word for (word,) in connection.execute(f"from {name}").fetchall() if word]


def _find_each(connection: duckdb.DuckDBPyConnection, mentions: Mentions, sql: str) -> list[str]:
    """List which of many texts name the person, and note the words that they name."""
    found: dict[str, set[str]] = {}
    result = connection.execute(sql)
    while rows := result.fetchmany(_ROWS_AT_ONCE):
        found |= mentions.find_each([text for (text,) in rows if text])
    _insert(connection, "named", [[word] for word in set().union(*found.values())])
    return list(found)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]
) -> None:
    if rows:
        columns = ", ".join("unnest(?)" for _ in rows[0])
        connection.execute(
            f"insert into {table} select {columns}",
            [list(column) for column in zip(*rows, strict=True)],
        )
