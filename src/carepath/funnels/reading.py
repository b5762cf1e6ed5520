"""Typed values out of a TOML table; whatever is wrong is named by file, line and key."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from carepath.errors import CarepathError
from carepath.funnels.definition import Scalar, Where
from carepath.moments import to_utc


def suggest(name: str, known: Iterable[str], kind: str) -> str:
    """Name the nearest of what there is, and what there is."""
    names = list(known)
    folded = {other.lower(): other for other in names}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.5)
    hint = f"did you mean {folded[near[0]]!r}? " if near else ""
    return hint + list_names(names, kind)


def list_names(names: Sequence[str], kind: str) -> str:
    """Name what there is."""
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return f"known {kind}: {shown}" if names else f"there are no {kind}"


def _read_text(text: str) -> date | bool:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text.strip())
        except ValueError:
            pass
    return False


@dataclass(frozen=True)
class Source:
    """Where a definition comes from: the file's name and its text, to find lines in."""

    name: str
    text: str = ""

    def locate(self, path: str) -> str:
        """Name the file, the line where the key first stands, and the key."""
        key = re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]
        place = re.search(r"\[(\d+)\]", path)
        pattern = re.compile(rf'(?<![\w"]){re.escape(key)}"?\s*(=|\]|\.)')
        lines = [
            number
            for number, line in enumerate(self.text.splitlines(), start=1)
            if pattern.search(line.partition("#")[0]) or f'"{key}"' in line
        ]
        if not lines:
            return f"{self.name}: {path}"
        # A key of the third of several steps is most likely the third such key, if all have it.
        index = int(place.group(1)) - 1 if place and len(lines) >= int(place.group(1)) else 0
        if place and len(lines) < int(place.group(1)) and len(lines) > 1:
            return f"{self.name}: {path}"
        return f"{self.name}:{lines[index]}: {path}"


class Table:
    """A TOML table of which every key must be known.

    Parameters
    ----------
    values : mapping
        As parsed.
    source : Source
        For messages.
    path : str
        Where the table lies in the document; empty for the document itself.
    known : sequence of str
        Keys it may have.
    """

    def __init__(self, values: object, source: Source, path: str, known: Sequence[str]) -> None:
        self._source, self._path = source, path
        if not isinstance(values, Mapping):
            raise self.complain("", "must be a table", f"write {path} = {{ {known[0]} = ... }}")
        self._values: Mapping[str, Any] = values
        for key in values:
            if key not in known:
                raise self.complain(key, "is not a known key", suggest(key, known, "keys"))

    def __contains__(self, key: str) -> bool:
        """Tell whether the table has the key."""
        return key in self._values

    def raw(self, key: str) -> Any:
        """Return what stands there; None where nothing does."""
        return self._values.get(key)

    def complain(self, key: str, what: str, fix: str) -> CarepathError:
        """Make the error that names a key."""
        path = ".".join(part for part in (self._path, key) if part) or "the definition"
        return CarepathError(f"{path} {what}.", where=self._source.locate(path), fix=fix)

    def text(self, key: str, default: str | None = None) -> str | None:
        """Return a text that is not blank."""
        value = self._values.get(key, default)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self.complain(key, "must be a text", f'write {key} = "..."')
        return value

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> Any:
        """Return one of several words."""
        value = self._values.get(key, default)
        if value not in choices:
            said = "is missing" if value is None else f"cannot be {value!r}"
            raise self.complain(key, said, suggest(str(value), choices, "values"))
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; false by default."""
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise self.complain(key, "must be true or false", f"write {key} = true")
        return value

    def seconds(self, key: str, default: float, *, least: float, most: float) -> float:
        """Return a number of seconds, to the microsecond."""
        value = self._values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.complain(key, "must be a number of seconds", f"write {key} = {default}")
        if not math.isfinite(value) or not least <= value <= most:
            low = "more than 0" if least > 0 else "0 or more"
            fix = f"give {low}, at most {most:.0f} seconds"
            raise self.complain(key, f"cannot be {value}", fix)
        return float(value)

    def number(self, key: str, default: int | None, *, least: int, most: int) -> int | None:
        """Return a whole number within limits."""
        value = self._values.get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.complain(key, "must be a whole number", f"write {key} = {least}")
        if not least <= value <= most:
            fix = f"give a number from {least} to {most}"
            raise self.complain(key, f"cannot be {value}", fix)
        return int(value)

    def moment(self, key: str, *, ends_day: bool = False) -> datetime | None:
        """Return a moment in UTC without zone; a date is its start, or the end of that day.

        The end of the calendar's last day is its last moment.
        """
        value = self._values.get(key)
        if isinstance(value, str):
            value = _read_text(value)
        if value is None:
            return None
        if isinstance(value, datetime):
            try:
                return to_utc(value)
            except ValueError:
                raise self.complain(
                    key,
                    "is outside of the years 1 to 9999 when it is converted to UTC",
                    f"write {key} = 2026-06-30 (UTC), or leave {key} out",
                ) from None
        if isinstance(value, date):
            if ends_day and value == date.max:
                return datetime.max
            return datetime.combine(value, time()) + timedelta(days=ends_day)
        raise self.complain(key, "is not a date or a moment", f"write {key} = 2026-06-30 (UTC)")

    def where(self, key: str = "where") -> Where:
        """Return conditions: property -> the values it may have."""
        value = self._values.get(key, {})
        if not isinstance(value, Mapping):
            raise self.complain(key, "must be a table", f'write {key} = {{ country = "US" }}')
        return {name: self._values_of(f"{key}.{name}", wanted) for name, wanted in value.items()}

    def _values_of(self, key: str, wanted: object) -> tuple[Scalar, ...]:
        values = wanted if isinstance(wanted, list) else [wanted]
        if not values:
            raise self.complain(key, "lists no value", "give at least one")
        for value in values:
            if not isinstance(value, str | int | float | bool):
                fix = "write a text, a number, true or false, or a list of them"
                raise self.complain(key, "has a value of a wrong kind", fix)
            if isinstance(value, float) and not math.isfinite(value):
                raise self.complain(key, f"cannot be {value}", "give a finite number")
            if isinstance(value, int) and abs(value) >= 10**18:
                raise self.complain(key, f"cannot be {value}", "write such a number as a text")
        return tuple(values)


LONGEST_WINDOW_SECONDS = timedelta(days=36_525).total_seconds()
