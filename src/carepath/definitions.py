"""Definitions are data: CSV files that say what steps, statuses, hours and changes there are.

Checked before a build, so that a mistake is named by file and line and not by a failing model. The
build is given what was checked, each value in one spelling, and not the files.
"""

from __future__ import annotations

import csv
import io
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from carepath.errors import CarepathError, suggest

COLUMNS: dict[str, tuple[str, ...]] = {
    "funnel_steps.csv": (
        "funnel_name",
        "step_number",
        "step_name",
        "is_optional",
        "valid_from",
        "valid_to",
        "page_urlpath",
        "applies_when",
    ),
    "status_map.csv": ("entity", "raw_status", "status", "category"),
    "calendar.csv": ("iso_weekday", "opens_at", "closes_at", "time_zone"),
    "holidays.csv": ("holiday_date", "holiday_name"),
    "product_changes.csv": ("change_name", "kind", "step_name", "client_id", "released_at"),
}
CATEGORIES = ("todo", "active", "waiting", "paused", "done", "cancelled")
ENTITIES = ("task", "project")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
_PATH = re.compile(r"/[^?#]*")


@dataclass(frozen=True)
class CheckedDefinitions:
    """What a build needs to know of valid definitions.

    Parameters
    ----------
    step_count : int
        Steps of the intake funnel.
    time_zone : str
        IANA name of the site's zone.
    rows : mapping
        File name to its rows, cells in the order of `COLUMNS`: without spaces around them, words
        of a fixed list in lower case, dates as ``2026-12-25``, times ``2026-12-25 17:00:00``.
    """

    step_count: int
    time_zone: str
    rows: Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True)
class _Line:
    """One row of a definition file and where it stands."""

    path: Path
    number: int
    values: dict[str, str]

    def fail(self, what: str, column: str, fix: str) -> CarepathError:
        return CarepathError(what, where=f"{self.path}:{self.number}, column {column}", fix=fix)

    def choice(self, column: str, known: tuple[str, ...]) -> str:
        """Give a value that must be one of a few, in lower case from now on."""
        value = self.values[column].lower()
        if value not in known:
            raise self.fail(
                f"{self.values[column]!r} is not a known {column}.",
                column,
                f"{suggest(value, known)}use one of: {', '.join(known)}",
            )
        self.values[column] = value
        return value


def check_definitions(folder: Path, intake_funnel: str) -> CheckedDefinitions:
    """Check every definition file of a folder.

    Parameters
    ----------
    folder : Path
        Folder of the CSV files.
    intake_funnel : str
        Name of the funnel that the intake models follow.

    Raises
    ------
    CarepathError
        Naming file, line and column of the first mistake.
    """
    lines = {name: _read(folder / name) for name in COLUMNS}
    step_count = _check_steps(lines["funnel_steps.csv"], folder, intake_funnel)
    _check_statuses(lines["status_map.csv"])
    time_zone = _check_calendar(lines["calendar.csv"], folder)
    _check_holidays(lines["holidays.csv"])
    _check_changes(lines["product_changes.csv"], lines["funnel_steps.csv"])
    rows = {
        name: tuple(tuple(line.values[column] for column in COLUMNS[name]) for line in found)
        for name, found in lines.items()
    }
    return CheckedDefinitions(step_count, time_zone, rows)


def write_definitions(checked: CheckedDefinitions, folder: Path) -> None:
    """Write what was checked into a folder, as the seeds of the dbt project take it."""
    for name, rows in checked.rows.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS[name])
            writer.writerows(rows)


def _read(path: Path) -> list[_Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CarepathError(
            f"The definition file {path.name} is missing.",
            where=str(path.parent),
            fix="make a fresh one with `carepath init FOLDER` in another folder and copy it here",
        ) from None
    except UnicodeDecodeError as error:
        raise CarepathError(
            f"{path.name} is not UTF-8 text.",
            where=f"{path}, byte {error.start}",
            fix="save the file as UTF-8",
        ) from None
    rows = _split(path, text)
    header = [name.strip() for name in rows[0][1]] if rows else []
    _check_header(path, header)
    lines = []
    for number, cells in rows[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise CarepathError(
                f"A row has {len(cells)} {'cell' if len(cells) == 1 else 'cells'}, the header has "
                f"{len(header)}.",
                where=f"{path}:{number}",
                fix="give every row as many cells as the header; empty cells stay empty",
            )
        values = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        lines.append(_Line(path, number, values))
    return lines


def _split(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Split a file into rows of cells, each with the line that it ends in."""
    # Strict: a quotation mark that is never closed would swallow the rows after it.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows.extend((reader.line_num, cells) for cells in reader)
    except csv.Error as error:
        raise CarepathError(
            f"A row is not CSV: {error}.",
            where=f"{path}:{rows[-1][0] + 1 if rows else 1}",
            fix="close its quotation marks, and double those within a cell",
        ) from None
    return rows


def _check_header(path: Path, header: list[str]) -> None:
    known = COLUMNS[path.name]
    missing = [name for name in known if name not in header]
    unknown = [name for name in header if name not in known]
    if unknown:
        raise CarepathError(
            f"{path.name} has an unknown column {unknown[0]!r}.",
            where=f"{path}:1",
            fix=f"{suggest(unknown[0], known)}the columns are: {', '.join(known)}",
        )
    if missing or len(set(header)) != len(header):
        raise CarepathError(
            f"{path.name} lacks the column {missing[0]!r}."
            if missing
            else f"{path.name} names a column twice.",
            where=f"{path}:1",
            fix=f"the columns are: {', '.join(known)}",
        )


def _check_steps(lines: list[_Line], folder: Path, intake_funnel: str) -> int:
    numbers: dict[str, list[int]] = {}
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        funnel = line.values["funnel_name"].upper()
        if not re.fullmatch("[0-9]{1,9}", line.values["step_number"]):
            raise line.fail("A step number is not a whole number.", "step_number", "number from 1")
        line.values["step_number"] = str(int(line.values["step_number"]))
        if not line.values["step_name"]:
            raise line.fail("A step has no name.", "step_name", "name the step as its events do")
        key = (funnel, line.values["step_name"].upper())
        if key in seen:
            raise line.fail(
                f"The step {key[1]} is already defined in line {seen[key]}.",
                "step_name",
                "name each step of a funnel once",
            )
        seen[key] = line.number
        line.values["is_optional"] = line.values["is_optional"].lower()
        if line.values["is_optional"] not in ("", "true", "false"):
            raise line.fail("is_optional is neither true nor false.", "is_optional", "write true")
        _check_path(line)
        if line.values["applies_when"]:
            line.choice("applies_when", ("client_verifies",))
        begins = _check_moment(line, "valid_from")
        ends = _check_moment(line, "valid_to")
        if begins and ends and ends <= begins:
            raise line.fail("A step ends before it begins.", "valid_to", "give a later valid_to")
        numbers.setdefault(funnel, []).append(int(line.values["step_number"]))
    for funnel, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            raise CarepathError(
                f"The steps of {funnel} are not numbered 1 to {len(found)}.",
                where=f"{folder / 'funnel_steps.csv'}, column step_number",
                fix="number the steps of each funnel from 1 without gaps or repeats",
            )
    if len(numbers.get(intake_funnel.upper(), ())) < 2:
        known = ", ".join(numbers) or "none"
        raise CarepathError(
            f"The funnel {intake_funnel} needs at least two steps.",
            where=str(folder / "funnel_steps.csv"),
            fix=f"define them, or choose another intake funnel (defined: {known})",
        )
    return len(numbers[intake_funnel.upper()])


def _check_path(line: _Line) -> None:
    path = line.values["page_urlpath"]
    if path and not _PATH.fullmatch(path):
        raise line.fail(
            f"{path!r} is not the path of a page.",
            "page_urlpath",
            "write what follows the host, up to a ? or #: /intake/goal",
        )


def _check_statuses(lines: list[_Line]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        entity = line.choice("entity", ENTITIES)
        line.choice("category", CATEGORIES)
        if not line.values["raw_status"] or not line.values["status"]:
            raise line.fail("A status is empty.", "raw_status", "fill in raw_status and status")
        key = (entity, re.sub(r"[-_ ]+", "_", line.values["raw_status"].upper()))
        if key in seen:
            raise line.fail(
                f"The {entity} status {line.values['raw_status']!r} is already mapped in line "
                f"{seen[key]} (case, spaces, - and _ do not matter).",
                "raw_status",
                "map each status once",
            )
        seen[key] = line.number


def _check_calendar(lines: list[_Line], folder: Path) -> str:
    zones: set[str] = set()
    openings: dict[str, list[tuple[str, str, int]]] = {}
    for line in lines:
        if line.values["iso_weekday"] not in {"1", "2", "3", "4", "5", "6", "7"}:
            raise line.fail("A weekday is not 1 to 7.", "iso_weekday", "1 is Monday, 7 is Sunday")
        for column in ("opens_at", "closes_at"):
            if not _CLOCK.fullmatch(line.values[column]):
                raise line.fail(
                    f"{line.values[column]!r} is not a clock time.", column, "write it as 09:00"
                )
        if line.values["closes_at"] <= line.values["opens_at"]:
            raise line.fail(
                "It closes before it opens.", "closes_at", "split a night over two weekdays"
            )
        opens, closes = line.values["opens_at"], line.values["closes_at"]
        same_day = openings.setdefault(line.values["iso_weekday"], [])
        for earlier_opens, earlier_closes, number in same_day:
            if opens < earlier_closes and earlier_opens < closes:
                raise line.fail(
                    f"It is open already by line {number}, and hours would count twice.",
                    "opens_at",
                    "make one line of the two, or let one end before the other begins",
                )
        same_day.append((opens, closes, line.number))
        zone = line.values["time_zone"]
        if zone not in zoneinfo.available_timezones():
            raise line.fail(
                f"{zone!r} is not a time zone.",
                "time_zone",
                suggest(zone, zoneinfo.available_timezones()).strip()
                or "use an IANA name: America/New_York",
            )
        zones.add(zone)
    if len(zones) != 1:
        raise CarepathError(
            "The calendar must name one time zone, the same in every row.",
            where=f"{folder / 'calendar.csv'}, column time_zone",
            fix="write the site's zone in every row",
        )
    return zones.pop()


def _check_holidays(lines: list[_Line]) -> None:
    seen: dict[date, int] = {}
    for line in lines:
        try:
            day = date.fromisoformat(line.values["holiday_date"])
        except ValueError:
            raise line.fail(
                f"{line.values['holiday_date']!r} is not a date.", "holiday_date", "use 2026-12-25"
            ) from None
        if day in seen:
            raise line.fail(
                f"{day} is already a holiday in line {seen[day]}.", "holiday_date", "remove one"
            )
        seen[day] = line.number
        line.values["holiday_date"] = day.isoformat()


def _check_changes(lines: list[_Line], steps: list[_Line]) -> None:
    known = {line.values["step_name"].upper(): None for line in steps}
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        if not line.values["change_name"]:
            raise line.fail("A change has no name.", "change_name", "name it as the team does")
        step = line.values["step_name"].upper()
        if step and step not in known:
            raise line.fail(
                f"{line.values['step_name']!r} is no step of a funnel.",
                "step_name",
                f"{suggest(step, known)}name a step of funnel_steps.csv, or none",
            )
        _check_moment(line, "released_at", required=True)
        key = tuple(line.values.values())
        if key in seen:
            raise line.fail(
                f"This change is already recorded in line {seen[key]}.",
                "change_name",
                "remove one",
            )
        seen[key] = line.number


def _check_moment(line: _Line, column: str, *, required: bool = False) -> datetime | None:
    text = line.values[column]
    if not text and not required:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise line.fail(
            f"{text!r} is not a date or time.", column, "write it as 2026-06-30 or with a time"
        ) from None
    if moment.tzinfo is not None:
        raise line.fail("A time carries a zone.", column, "write it in UTC, without a zone")
    line.values[column] = moment.isoformat(sep=" ")
    return moment
