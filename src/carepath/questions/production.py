"""`prod` on Snowflake, read by the same statements as the embedded one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from carepath.errors import CarepathError
from carepath.questions.warehouse import Columns, Parameter
from carepath.snowflake.connection import connect, describe_error
from carepath.snowflake.settings import SnowflakeSettings

if TYPE_CHECKING:
    from snowflake.connector.cursor import ResultMetadata

BATCH_ROWS = 50_000
_PLACE = re.compile(r"\$([a-z_]+)")
# Type codes of the connector.
_FIXED, _REAL, _DATE, _BOOLEAN = 0, 1, 3, 13
_TIMESTAMPS = (4, 6, 7, 8)


class SnowflakeWarehouse:
    """`prod` as a schema of Snowflake.

    Parameters
    ----------
    settings : SnowflakeSettings
        Where it is.
    purpose : str
        Word for the query tag.

    Raises
    ------
    CarepathError
        When it cannot be reached.
    """

    def __init__(self, settings: SnowflakeSettings, purpose: str = "ask") -> None:
        self._settings = settings
        self._connection = connect(settings, purpose)

    def fetch(self, sql: str, parameters: Mapping[str, Parameter]) -> Columns:
        """Run one select and return its columns, fetched in batches."""
        names = _PLACE.findall(sql)
        values = [parameters[name] for name in names]
        cursor = self._connection.cursor()
        try:
            cursor.execute(_PLACE.sub("?", sql), values or None)
            described = cursor.description
            batches: list[list[NDArray[Any]]] = []
            while rows := cursor.fetchmany(BATCH_ROWS):
                batches.append(_to_arrays(rows, described))
        except _errors() as error:
            raise CarepathError(
                f"prod could not answer: {describe_error(error)}",
                where=f"{self._settings.prod}.public",
                fix="run `carepath build` again: prod may be of an older version; "
                "or grant the role what it lacks (docs/snowflake.md)",
            ) from None
        finally:
            cursor.close()
        if not batches:
            batches = [_to_arrays([], described)]
        return Columns(
            {
                column.name.lower(): _join([batch[place] for batch in batches])
                for place, column in enumerate(described)
            }
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _join(parts: list[NDArray[Any]]) -> NDArray[Any]:
    joined: NDArray[Any] = np.ma.concatenate(parts)  # type: ignore[no-untyped-call]
    return joined


def _errors() -> type[Exception]:
    from snowflake.connector.errors import Error

    return Error


def _to_arrays(rows: Sequence[Any], described: Sequence[ResultMetadata]) -> list[NDArray[Any]]:
    return [
        _to_array([row[place] for row in rows], column) for place, column in enumerate(described)
    ]


def _to_array(values: list[Any], column: ResultMetadata) -> NDArray[Any]:
    """Make a masked array of the kind that DuckDB gives for the same type."""
    mask = [value is None for value in values]
    kind, blank = _kind(column)
    filled = [blank if value is None else value for value in values]
    array: NDArray[Any] = np.ma.MaskedArray(np.array(filled, dtype=kind), mask=mask)
    return array


def _kind(column: ResultMetadata) -> tuple[Any, Any]:
    """Give the type of the array, and a value to stand where there is none."""
    code = column.type_code
    if code == _FIXED:
        return (np.float64, 0.0) if column.scale else (np.int64, 0)
    if code == _REAL:
        return np.float64, 0.0
    if code == _BOOLEAN:
        return np.bool_, False
    if code == _DATE or code in _TIMESTAMPS:
        return "datetime64[us]", np.datetime64(0, "us")
    return object, None
