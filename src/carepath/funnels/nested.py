"""Values within values by a name with dots: `properties.plan` of JSON, of a struct, of a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import accumulate

import duckdb

from carepath.landing.casting import write_text
from carepath.landing.matching import normalise_name
from carepath.quoting import quote_text

_SAMPLED = 1_000


def list_outers(names: Iterable[str]) -> list[str]:
    """List names, and of those with dots what could be a column: `a`, `a.b` and `a.b.c`."""
    return [
        outer
        for name in names
        for outer in accumulate(name.split("."), lambda one, other: f"{one}.{other}")
    ]


def find_column(name: str, columns: Collection[str]) -> str | None:
    """Find a column by its name, in whatever case; None where there is none."""
    wanted = normalise_name(name)
    return next((column for column in columns if normalise_name(column) == wanted), None)


def find_outer(name: str, columns: Collection[str]) -> tuple[str, str] | None:
    """Tell of which column a name with dots is a part, and of which: the longest that there is.

    Returns
    -------
    (str, str) or None
        The column as the source writes it, and the rest of the name; None where `name` is a
        column itself, or none of it is.
    """
    if find_column(name, columns) is not None:
        return None
    for outer in reversed(list_outers([name])):
        column = find_column(outer, columns)
        if column is not None:
            return column, name[len(outer) + 1 :]
    return None


def write_part(cell: str, kind: str, inner: str) -> str:
    """Write SQL of a part of a cell as text.

    A list of keys and values, as Google Analytics has its parameters, is read by its keys; the
    value may be put under the name of its type.

    Parameters
    ----------
    cell : str
        SQL of the cell.
    kind : str
        Its DuckDB type.
    inner : str
        The part: a key, or keys with dots between.
    """
    text = write_text(cell, kind)
    item = (
        "list_filter(json_extract(document, '$[*]'), "
        f"lambda one: json_extract_string(one, '$.key') = {quote_text(inner)})[1]"
    )
    value = f"""coalesce(
                    list_filter(
                        json_extract_string({item}, '$.value.*'), lambda one: one is not null
                    )[1],
                    json_extract_string({item}, '$.value')
                )"""
    # A list of one: what is valid is named once for all ways.
    return f"""list_transform(
            [case when json_valid({text}) then {text} end],
            lambda document: coalesce(
                json_extract_string(document, {_write_pointer([inner])}),
                json_extract_string(document, {_write_pointer(inner.split("."))}),
                case when json_type(document) = 'ARRAY' then {value} end
            )
        )[1]"""


def _write_pointer(keys: list[str]) -> str:
    return quote_text("".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys))


def list_parts(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, tuple[str, str]],
    outer: str,
) -> list[str]:
    """List the parts that a column has in the first rows, by their whole names."""
    text = write_text(*columns[outer])
    rows = connection.execute(f"""
select distinct unnest(
    case json_type(document)
        when 'OBJECT' then json_keys(document)
        when 'ARRAY' then json_extract_string(document, '$[*].key')
    end
) as part
from (
    select case when json_valid(cell) then cast(cell as json) end as document
    from (select {text} as cell from {relation} limit {_SAMPLED})
)
order by part
""").fetchall()
    return [f"{outer}.{part}" for (part,) in rows if part]
