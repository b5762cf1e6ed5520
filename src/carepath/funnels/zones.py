"""Time zones by name."""

from __future__ import annotations

import zoneinfo

import duckdb

from carepath.errors import CarepathError
from carepath.funnels.reading import suggest


def check_zone(connection: duckdb.DuckDBPyConnection, zone: str, key: str) -> None:
    """Refuse a time zone that there is not.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Knows the zones.
    zone : str
        Its name.
    key : str
        Where the definition has it.

    Raises
    ------
    CarepathError
        With the nearest name.
    """
    rows = connection.execute("select distinct name from pg_timezone_names()").fetchall()
    # DuckDB also takes abbreviations that mean several zones: its BST is Bangladesh.
    zones = {name for (name,) in rows} & zoneinfo.available_timezones() | {"UTC"}
    if zone not in zones:
        places = sorted(name for name in zones if "/" in name or name == "UTC")
        hint = suggest(zone, places, "zones").partition("known zones")[0].rstrip()
        raise CarepathError(
            f"There is no time zone {zone!r}.",
            where=key,
            fix=f'{hint} write a name like "America/New_York"'.strip(),
        )
