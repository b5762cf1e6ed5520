"""How a file writes its times, where that is no usual way: found from all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import duckdb

from carepath.errors import CarepathError
from carepath.funnels.definition import EARLIEST_READABLE_AT, FunnelDefinition
from carepath.funnels.events import write_fates
from carepath.funnels.files import EventRelation
from carepath.funnels.moments import NUMBER, write_bare, write_formatted
from carepath.quoting import quote_list, quote_text

_DAYS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d"),
    *("%d/%b/%Y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%d%b%Y", "%a, %d %b %Y"),
    *("%d/%b/%y", "%d-%b-%y", "%d %b %y"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%a %b %d %Y"),
)
_CLOCKS = (
    *("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p"),
    *("%I:%M%p", "%I:%M:%S%p", "%H.%M", "%H.%M.%S"),
    *("%I.%M.%S %p", "%I.%M.%S.%f %p", "%H:%M:%S GMT%z"),
)
_ZONED = tuple(
    clock + zone for clock in ("%H:%M:%S", "%H:%M:%S.%f") for zone in (" %z", "%z", " GMT", " UTC")
)


def _with_clocks(day: str) -> tuple[str, ...]:
    betweens = (" ", ", ", "T", ":")
    return day, *(day + between + clock for between, clock in product(betweens, _CLOCKS + _ZONED))


FORMS = (
    *(_with_clocks(day) for day in _DAYS),
    *(
        tuple(f"{day} {clock}" for clock in ("%I:%M %p", "%I:%M:%S %p", "%I:%M%p"))
        for day in ("%Y-%m-%d", "%Y/%m/%d")
    ),
    ("[%d/%b/%Y:%H:%M:%S %z]", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %z %Y"),
)
"""By how the day is written; a year of two digits only beside a month's name, for 02-03-26 could be
any of three days."""
_SHORT_FORMS = tuple(
    _with_clocks(day.replace("-", separator))
    for day, separator in product(("%d-%m-%y", "%m-%d-%y", "%y-%m-%d"), "./-")
)
_SAMPLED = 100


def is_known_form(form: str) -> bool:
    """Tell whether strptime knows all parts of a form."""
    try:
        with duckdb.connect() as connection:
            connection.execute(f"select try_strptime('', {quote_text(form)})").fetchall()
    except duckdb.Error:
        return False
    return True


def find_forms(
    connection: duckdb.DuckDBPyConnection, source: EventRelation, definition: FunnelDefinition
) -> tuple[str, ...]:
    """Find the forms of all times that cannot be read otherwise; none where no known one fits.

    Days and months are told apart by all of the texts: 13/01/2026 cannot have the month first, so
    01/02/2026 beside it has not either.

    Raises
    ------
    CarepathError
        When two forms fit equally well and mean different moments, or years have two digits.
    """
    fates = write_fates(source, definition, keeps_text=True)
    connection.execute(f"""
create or replace temp table unread_texts as
select distinct moment_text as text
from ({fates})
where fate = 'unparsable_timestamp' and moment_text is not null
""")
    sample = f"(from unread_texts order by hash(text), text limit {_SAMPLED})"
    _refuse_short_years(connection, sample, source.name)
    forms = tuple(form for group in _keep_fitting(connection, FORMS, sample) for form in group)
    forms = sum(_keep_fitting(connection, [(form,) for form in forms], "unread_texts"), ())
    for one, other in combinations(forms, 2):
        if one not in forms or other not in forms:
            continue
        differing, only_one, only_other, example = _compare(connection, one, other)
        if not differing:
            continue
        if bool(only_one) == bool(only_other):
            raise CarepathError(
                f"The times could be written as {one} or as {other}, such as {example!r}.",
                where=source.name,
                fix=f'say which in the definition: timestamp_format = "{one}", or "{other}"',
            )
        forms = tuple(form for form in forms if form != (other if only_one else one))
    return forms


def _refuse_short_years(connection: duckdb.DuckDBPyConnection, sample: str, source: str) -> None:
    groups = _keep_fitting(connection, _SHORT_FORMS, sample)
    forms = sum(groups, ())
    if not forms:
        return
    text = write_bare("text")
    fits = f"try_strptime({text}, {quote_list(forms)}) is not null"
    row = connection.execute(
        f"select 2 * count(*) filter (where {fits}) > count(*), min(text) filter (where {fits}) "
        f"from {sample}"
    ).fetchone()
    assert row is not None
    is_most, example = row
    if is_most:
        counts = _count_fitting(connection, [(form,) for form in forms], sample)
        most = max(count for _, count in counts)
        best = [f'"{form}"' for (form,), count in counts if count == most]
        raise CarepathError(
            f"The times write years with two digits, such as {example!r}.",
            where=source,
            fix=f"say how in the definition: timestamp_format = {', or '.join(best)}",
        )


def refuse_small_numbers(
    connection: duckdb.DuckDBPyConnection, source: EventRelation, definition: FunnelDefinition
) -> None:
    """Refuse times that are numbers too small to count from 1970.

    Raises
    ------
    CarepathError
        When most times that are too early are numbers.
    """
    row = connection.execute(f"""
select
    count(*),
    count(*) filter (where regexp_full_match(moment_text, {quote_text(NUMBER)})),
    max(moment_text) filter (where regexp_full_match(moment_text, {quote_text(NUMBER)}))
from ({write_fates(source, definition, keeps_text=True)})
where fate = 'dated_too_early'
""").fetchone()
    assert row is not None
    early, numbers, example = row
    if 2 * numbers > early:
        raise CarepathError(
            f"What the times count cannot be told: they are numbers too small for seconds since "
            f"1970, such as {example!r}.",
            where=source.name,
            fix='say it in the definition: timestamp_unit = "seconds", "milliseconds", "minutes", '
            '"hours", "days" or, where 46083 is a day of 2026, "spreadsheet_days"',
        )


def _keep_fitting(
    connection: duckdb.DuckDBPyConnection, groups: Sequence[tuple[str, ...]], relation: str
) -> tuple[tuple[str, ...], ...]:
    """Keep the groups of forms that some text has one of, those that most have first."""
    counts = _count_fitting(connection, groups, relation)
    fitting = [(forms, count) for forms, count in counts if count]
    return tuple(forms for forms, _ in sorted(fitting, key=lambda pair: -pair[1]))


def _count_fitting(
    connection: duckdb.DuckDBPyConnection, groups: Sequence[tuple[str, ...]], relation: str
) -> list[tuple[tuple[str, ...], int]]:
    """Count the texts that have a form of each group."""
    if not groups:
        return []
    text = write_bare("text")
    earliest = f"timestamp '{EARLIEST_READABLE_AT}'"
    counts = ", ".join(
        f"count(*) filter (where try_strptime({text}, {quote_list(forms)}) >= {earliest})"
        for forms in groups
    )
    row = connection.execute(f"select {counts} from {relation}").fetchone()
    assert row is not None
    return list(zip(groups, row, strict=True))


def _compare(
    connection: duckdb.DuckDBPyConnection, one: str, other: str
) -> tuple[int, int, int, str | None]:
    """Count the texts that two forms read differently, and those that only the one reads."""
    row = connection.execute(f"""
select
    count(*) filter (where first != second),
    count(*) filter (where first is not null and second is null),
    count(*) filter (where first is null and second is not null),
    min(text) filter (where first != second)
from (
    select
        text,
        {write_formatted("text", "UTC", one)} as first,
        {write_formatted("text", "UTC", other)} as second
    from unread_texts
)
""").fetchone()
    assert row is not None
    return row
