"""Times of events, however a file writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from carepath.landing.casting import write_has_clear_zone, write_text
from carepath.quoting import quote_text

# 20260301, with hours 2026030110, and so on to the second is a date, and no count of seconds.
_CALENDAR = (
    "(19|20|21)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    "(([01][0-9]|2[0-3])([0-5][0-9]([0-5][0-9])?)?)?"
)
NUMBER = "[+-]?[0-9]{1,19}([.,][0-9]*)?"
_DAY = 86_400_000_000
UNITS = {
    "milliseconds": 1_000,
    "seconds": 1_000_000,
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
    "days": _DAY,
    "spreadsheet_days": _DAY,
}
"""What a number may count -> its microseconds."""
_SPREADSHEET_DAYS_BEFORE_1970 = 25_569
_LAST_MICROSECOND = 253_402_300_799_999_999


def write_moment(
    cell: str, kind: str, zone: str = "UTC", forms: Sequence[str] = (), unit: str | None = None
) -> str:
    """Write SQL of a moment (UTC, null where it cannot be read) and of its text.

    A number counts from 1970: seconds, milliseconds, microseconds or nanoseconds, whichever gives
    a year before 5138; digits beyond the microsecond are cut.

    Parameters
    ----------
    cell : str
        SQL of the cell.
    kind : str
        Its DuckDB type.
    zone : str
        Time zone of what names none; of an hour that a clock shows twice, the second.
    forms : sequence of str
        How texts are written, as strptime has it; what has none of these, in any usual way.
    unit : str, optional
        What numbers count, one of `UNITS`; otherwise it is told by their size.
    """
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"{cell} at time zone 'UTC' as moment, cast({cell} as varchar) as moment_text"
    if kind in {"TIMESTAMP_NS", "TIMESTAMPTZ_NS"}:
        moment = f"make_timestamp(epoch_ns({cell}) // 1000)"
        if kind == "TIMESTAMP_NS":
            moment = _write_in_utc(moment, zone)
        return f"{moment} as moment, cast({cell} as varchar) as moment_text"
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        moment = _write_in_utc(f"try_cast({cell} as timestamp)", zone)
        return f"{moment} as moment, cast({cell} as varchar) as moment_text"
    text = f"trim({write_text(cell, kind)})"
    usual = f"""case
                when {text} not ilike '%epoch%' and {write_has_clear_zone(text)} then coalesce(
                    {_write_cast(text, zone)},
                    {_write_count(text, unit) if unit else _write_epoch(text)},
                    {_write_cast(_write_usual(text), zone)}
                )
            end"""
    if forms:
        formatted = ", ".join(write_formatted(text, zone, form) for form in forms)
        usual = f"coalesce({formatted}, {usual})"
    return f"{usual} as moment,\n            {text} as moment_text"


def write_formatted(text: str, zone: str, form: str) -> str:
    """Write SQL of the moment (UTC) that a text of one form says; null where it has another."""
    moment = f"try_strptime({write_bare(text)}, {quote_text(form)})"
    if re.search("%[zZ]", form.replace("%%", "")):
        return f"({moment} at time zone 'UTC')"
    return _write_in_utc(moment, zone)


def write_bare(text: str) -> str:
    """Write SQL of a text with plain spaces, am for a.m. and no remark in brackets behind it."""
    spaced = rf"regexp_replace({text}, '[\x{{A0}}\x{{202F}}]', ' ', 'g')"
    halves = rf"regexp_replace({spaced}, '([0-9] ?[AaPp])[.] ?([Mm])[.]', '\1\2')"
    return rf"regexp_replace({halves}, ' +[(][^()]*[)]$', '')"


def _write_cast(text: str, zone: str) -> str:
    if zone == "UTC":
        return f"try_cast({text} as timestamptz) at time zone 'UTC'"
    # Cast as if in UTC; only what names no zone is then moved.
    moment = f"(try_cast({text} as timestamptz) at time zone 'UTC')"
    named = "(z|:[0-9.,]+ *[+-][0-9:]+|[[:space:]](utc|gmt|[^[:space:]]*/[^[:space:]]*))$"
    return f"""case
                        when regexp_matches({text}, '{named}', 'i') then {moment}
                        else {_write_in_utc(moment, zone)}
                    end"""


def _write_in_utc(moment: str, zone: str) -> str:
    """Write SQL that takes a moment without zone for one in a zone."""
    if zone == "UTC":
        return moment
    return f"(({moment} at time zone {quote_text(zone)}) at time zone 'UTC')"


def _write_usual(text: str) -> str:
    """Write SQL that gives a text the form that is cast.

    Basic ISO 8601 gets its dashes and colons, a small t or z is made large, the space before an
    offset and a place in brackets behind one go, and the comma before a fraction is a point.
    """
    offset = "(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
    forms = (
        (
            rf"^([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})[Tt]([0-9]{{2}})([0-9]{{2}})"
            rf"([0-9]{{2}}(?:[.,][0-9]+)?)?({offset.replace('Z', '[Zz]')})?$",
            r"\1-\2-\3T\4:\5:\6\7",
        ),
        (r"(:[0-9]{2}):($|[Zz+-])", r"\1\2"),
        (r"^([0-9-]{10})t", r"\1T"),
        (r"([0-9])z", r"\1Z"),
        (rf"(:[0-9]{{2}}(?:[.,][0-9]+)?) *({offset})(?:\[[^\[\]]*/[^\[\]]*\])?$", r"\1\2"),
        (r"(:[0-9]{2}),([0-9])", r"\1.\2"),
    )
    for pattern, written in forms:
        text = f"regexp_replace({text}, '{pattern}', '{written}')"
    return text


def _write_count(text: str, unit: str) -> str:
    """Write SQL of the moment so many units after 1970, or after what spreadsheets count from."""
    number = _write_number(text)
    if unit == "spreadsheet_days":
        number = f"({number} - {_SPREADSHEET_DAYS_BEFORE_1970})"
    return f"""case
                        when
                            regexp_full_match({text}, '{NUMBER}')
                            and abs({number}) <= {_LAST_MICROSECOND // UNITS[unit]}
                            then make_timestamp(cast(trunc({number} * {UNITS[unit]}) as bigint))
                    end"""


def _write_number(text: str) -> str:
    return f"try_cast(replace({text}, ',', '.') as decimal(38, 9))"


def _write_epoch(text: str) -> str:
    number = _write_number(text)
    # Divided as a whole number: a decimal divided is a double, which rounds.
    nanoseconds = f"cast(trunc({number}) as hugeint)"
    return f"""case
                        when
                            not regexp_full_match({text}, '{NUMBER}')
                            or regexp_full_match({text}, '{_CALENDAR}')
                            then null
                        when abs({number}) < 1e11
                            then make_timestamp(cast(trunc({number} * 1000000) as bigint))
                        when abs({number}) < 1e14
                            then make_timestamp(cast(trunc({number} * 1000) as bigint))
                        when abs({number}) < 1e17
                            then make_timestamp(cast(trunc({number}) as bigint))
                        else make_timestamp(cast({nanoseconds} // 1000 as bigint))
                    end"""
