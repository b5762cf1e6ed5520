"""Reading `prod`: parameterised SQL in, columns out, every statement kept for the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from carepath.errors import CarepathError
from carepath.faults import is_out_of_space
from carepath.questions.answer import Cell
from carepath.quoting import quote_text

if TYPE_CHECKING:
    import duckdb

Parameter = str | int | float | bool | date | datetime
_PLACE = re.compile(r"\$([a-z_]+)")


class Columns:
    """The result of a statement, by column.

    Parameters
    ----------
    arrays : mapping of str to array
        Masked where null.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays = dict(arrays)

    def __len__(self) -> int:
        """Count the rows."""
        return len(next(iter(self._arrays.values()))) if self._arrays else 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self._arrays)

    def floats(self, name: str) -> NDArray[np.float64]:
        """Return numbers; NaN where null."""
        values = np.ma.asarray(self._arrays[name]).astype(np.float64)
        return np.asarray(np.ma.filled(values, np.nan), dtype=np.float64)

    def integers(self, name: str) -> NDArray[np.int64]:
        """Return whole numbers; 0 where null."""
        values = np.ma.filled(np.ma.asarray(self._arrays[name]), 0)
        return np.asarray(values).astype(np.int64)

    def booleans(self, name: str) -> NDArray[np.bool_]:
        """Return truth values; False where null."""
        return np.asarray(np.ma.filled(np.ma.asarray(self._arrays[name]), False), dtype=bool)

    def moments(self, name: str) -> NDArray[np.datetime64]:
        """Return moments to the microsecond; NaT where null."""
        values = np.ma.asarray(self._arrays[name])
        moments = np.ma.getdata(values).astype("datetime64[us]")
        return np.where(np.ma.getmaskarray(values), np.datetime64("NaT"), moments)

    def texts(self, name: str) -> list[str | None]:
        """Return texts; None where null."""
        return [None if value is None else str(value) for value in self.values(name)]

    def objects(self, name: str) -> NDArray[Any]:
        """Return Python values as an array of objects; None where null."""
        return np.array(self.values(name), dtype=object)

    def values(self, name: str) -> list[Any]:
        """Return Python values; None where null. Dates come as dates, moments as datetimes."""
        array = self._arrays[name]
        mask = np.ma.getmaskarray(np.ma.asarray(array))
        listed: list[Any] = np.ma.getdata(np.ma.asarray(array)).tolist()
        if array.dtype.kind == "M":
            listed = [
                None if value is None else _moment(value, name)
                for value in np.ma.getdata(array).astype("datetime64[us]").tolist()
            ]
        if not mask.any():
            return listed
        return [None if hidden else value for value, hidden in zip(listed, mask, strict=True)]

    def rows(self) -> list[tuple[Any, ...]]:
        """Return Python values by row."""
        return list(zip(*(self.values(name) for name in self._arrays), strict=True))


def _moment(value: Any, name: str) -> Cell:
    if isinstance(value, int):
        raise CarepathError(
            "prod holds a moment that is not of the years 1 to 9999.",
            where=name,
            fix="set earliest_plausible_at under [build] in carepath.toml to a later date, correct "
            "what is dated after the year 9999, and run `carepath build`",
        )
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


class Warehouse(Protocol):
    """What a question needs of a warehouse; embedded or not."""

    def fetch(self, sql: str, parameters: Mapping[str, Parameter]) -> Columns:
        """Run one select with ``$name`` parameters and return its columns."""

    def close(self) -> None:
        """Let go of the warehouse."""


class EmbeddedWarehouse:
    """`prod` as a DuckDB file, opened read-only.

    Parameters
    ----------
    path : Path
        The published database.

    Raises
    ------
    CarepathError
        When it has not been built, or something else holds it.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise CarepathError(
                "The warehouse has not been built yet.",
                where=str(path),
                fix="land data with `carepath land FOLDER`, then run `carepath build`",
            )
        import duckdb

        self._error = duckdb.Error
        try:
            self._connection = _open_read_only(path)
        except duckdb.Error as error:
            raise CarepathError(
                f"The warehouse cannot be opened: {str(error).splitlines()[0]}",
                where=str(path),
                fix="close what writes to it, or run `carepath build` again",
            ) from error

    def fetch(self, sql: str, parameters: Mapping[str, Parameter]) -> Columns:
        """Run one select and return its columns."""
        try:
            cursor = self._connection.execute(sql, dict(parameters))
            return Columns(cursor.fetchnumpy())
        except self._error as error:
            if is_out_of_space(error):
                raise
            raise CarepathError(
                f"prod could not answer: {str(error).splitlines()[0]}",
                where="prod",
                fix="run `carepath build` again: prod may be of an older version",
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a file for reading, also beside a connection that a notebook has opened for that."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]]
    settings = {"autoinstall_known_extensions": "false"}
    try:
        return duckdb.connect(str(path), read_only=True, config=settings)
    except duckdb.ConnectionException:  # all connections of a process share their settings
        return duckdb.connect(str(path), read_only=True)


def write_out(sql: str, parameters: Mapping[str, Parameter]) -> str:
    """Return the statement with its values in place, tidied, so that it runs as it stands."""

    def literal(match: re.Match[str]) -> str:
        value = parameters[match.group(1)]
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime):
            return f"cast('{value.isoformat(sep=' ')}' as timestamp)"
        if isinstance(value, date):
            return f"cast('{value.isoformat()}' as date)"
        if isinstance(value, str):
            return quote_text(value)
        return str(value)

    lines = [line.rstrip() for line in _PLACE.sub(literal, sql).strip().splitlines()]
    return "\n".join(line for line in lines if line)
