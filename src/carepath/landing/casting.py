"""From a cell of a file to a typed value, in SQL.

Every cell becomes either a value, NULL (an empty cell), or a reason. `try_cast` alone is not
enough: DuckDB drops the zone of a text cast to TIMESTAMP, rounds '1.5' to 2, reads '0x10' as 16
and knows 'epoch' and 'infinity'.
"""

from __future__ import annotations

from carepath.landing.tables import Column
from carepath.quoting import quote_text

NAMES_OF_TYPES = {
    "TIMESTAMP": "a timestamp",
    "DATE": "a date",
    "BOOLEAN": "true or false",
    "BIGINT": "a whole number",
    "DOUBLE": "a number",
}

_INTEGERS = frozenset(
    f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")
) | {"INTEGER", "UINTEGER"}
_NAIVE_TIMESTAMPS = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE"})
# What programs write where there is nothing; `NA` is Namibia's code, and is none of them.
WORDS_FOR_NULL = ("\\N", "\\\\N", "NULL", "null", "NaN", "nan", "NaT", "None", "<NA>")
_EARLIEST, _LATEST = "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"


def _is_fractional(source_type: str) -> bool:
    return source_type in {"FLOAT", "DOUBLE"} or source_type.startswith("DECIMAL")


def _is_nested(source_type: str) -> bool:
    return source_type.endswith("]") or source_type.startswith(("STRUCT", "MAP", "UNION"))


def write_text(expression: str, source_type: str) -> str:
    """Write SQL for a cell as text; an empty text is NULL, a nested value is its JSON.

    Parameters
    ----------
    expression : str
        SQL of the cell as the reader delivers it.
    source_type : str
        DuckDB type of that expression.
    """
    if source_type == "VARCHAR":
        return f"nullif({expression}, '')"
    if _is_nested(source_type):
        # A Parquet struct has a null for every absent key: the merge drops them.
        patched = f"json_merge_patch('{{}}', to_json({expression}))"
        as_json = f"to_json({expression})" if source_type.endswith("]") else patched
        return f"case when {expression} is not null then cast({as_json} as varchar) end"
    if _is_fractional(source_type):
        whole = f"cast(try_cast({expression} as hugeint) as varchar)"
        is_whole = f"{expression} = trunc({expression}) and abs({expression}) < 1e18"
        return f"case when {is_whole} then {whole} else cast({expression} as varchar) end"
    return f"nullif(cast({expression} as varchar), '')"


def write_cell_text(expression: str, source_type: str) -> str:
    """Write SQL for a cell as text; a word that stands for null is one, as an empty text is."""
    if source_type != "VARCHAR":
        return write_text(expression, source_type)
    listed = ", ".join(quote_text(word) for word in ("", *WORDS_FOR_NULL))
    longest = max(map(len, WORDS_FOR_NULL))
    # Most cells are empty or longer: they need not be compared.
    is_longer = f"coalesce(strlen({expression}), {longest + 1}) > {longest}"
    return f"case when {is_longer} or {expression} not in ({listed}) then {expression} end"


def write_cell(column: Column, expression: str, source_type: str) -> str:
    """Write SQL for a cell before typing: native where the type already fits, else text."""
    fits_natively = (
        (column.type == "TIMESTAMP" and source_type in _NAIVE_TIMESTAMPS)
        or (column.type == "TIMESTAMP" and source_type == "TIMESTAMP WITH TIME ZONE")
        or (column.type == "DATE" and source_type == "DATE")
        or (column.type == "BOOLEAN" and source_type == "BOOLEAN")
        or (column.type == "BIGINT" and source_type in _INTEGERS)
        or (column.type == "DOUBLE" and (source_type in _INTEGERS or _is_fractional(source_type)))
    )
    if source_type in {"FLOAT", "DOUBLE"}:
        expression = f"case when not isnan({expression}) then {expression} end"
    return expression if fits_natively else write_cell_text(expression, source_type)


def write_value(column: Column, cell: str, source_type: str) -> str:
    """Write SQL for the typed value of a cell; NULL where the cell is empty or of a wrong type."""
    text = f"trim(cast({cell} as varchar))"
    if column.type == "VARCHAR":
        if not column.is_key:
            return cell
        # Databases pad texts of a fixed length with spaces; `trim` is slow where there are none.
        key = f"(case when contains({cell}, ' ') then trim({cell}) else {cell} end)"
        looks_fractional = f"ends_with({key}, '.0') and regexp_full_match({key}, '-?[0-9]+\\.0')"
        return f"case when {looks_fractional} then left({key}, -2) else {key} end"
    if column.type == "TIMESTAMP":
        return _write_timestamp(cell, source_type)
    if column.type == "DATE":
        if source_type == "DATE":
            day = cell
        else:
            midnight = "([ T]00:00(:00([.]0+)?)?( ?(Z|UTC|[+-]00(:?00)?))?)?"
            pattern = quote_text("[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}" + midnight)
            is_day = f"regexp_full_match({text}, {pattern})"
            day = f"case when {is_day} then try_cast({text} as date) end"
        return f"case when ({day}) between date '0001-01-01' and date '9999-12-31' then {day} end"
    if column.type == "BOOLEAN":
        if source_type == "BOOLEAN":
            return cell
        # Data frames write 1.0 where a column has gaps.
        word = f"case {text} when '1.0' then '1' when '0.0' then '0' else {text} end"
        return f"try_cast({word} as boolean)"
    if column.type == "DOUBLE":
        number = f"try_cast({text} as double)"
        return f"case when isfinite({number}) and not contains({text}, '_') then {number} end"
    if source_type in _INTEGERS:
        return f"try_cast({cell} as bigint)"
    is_whole = f"regexp_full_match({text}, '[+-]?[0-9]+([.]0+)?')"
    return f"case when {is_whole} then try_cast(split_part({text}, '.', 1) as bigint) end"


def _write_timestamp(cell: str, source_type: str) -> str:
    if source_type in _NAIVE_TIMESTAMPS:
        moment = f"try_cast({cell} as timestamp)"
        if source_type == "TIMESTAMP_NS":
            # A cast would round; digits beyond the microsecond are cut, as in texts.
            micros = f"make_timestamp(epoch_ns({cell}) // 1000)"
            moment = f"(case when isfinite({moment}) then {micros} end)"
        condition = ""
    elif source_type == "TIMESTAMP WITH TIME ZONE":
        moment = f"({cell} at time zone 'UTC')"
        condition = ""
    else:
        # The session's zone is UTC, so a text without a zone is UTC and one with is converted.
        # DuckDB knows no space before an offset or Z, as Snowflake writes it by default.
        offset = "[[:space:]]+(Z|[+-][0-9]{2}(:?[0-9]{2})?)( UTC)?[[:space:]]*$"
        joined = f"regexp_replace({cell}, '{offset}', '\\1')"
        moment = (
            f"(coalesce(try_cast({cell} as timestamptz), try_cast({joined} as timestamptz)) "
            "at time zone 'UTC')"
        )
        # A year of two digits would be one of the first century.
        year = f"regexp_matches({cell}, '^[[:space:]]*[0-9]{{4}}[-/]')"
        condition = f" and {year} and {cell} not ilike '%epoch%' and {write_has_clear_zone(cell)}"
    in_range = f"{moment} between timestamp '{_EARLIEST}' and timestamp '{_LATEST}'"
    return f"case when {in_range}{condition} then {moment} end"


def write_has_clear_zone(text: str) -> str:
    """Write SQL telling whether the zone of a text, if it has one, is the same to everybody.

    An offset, Z, UTC, GMT or a place is. Of abbreviations BST is British or Bangladesh, CST Chicago
    or China; DuckDB takes one of them.
    """
    # Nearly every text ends in two digits or in a digit and Z: only others are matched.
    pattern = (
        "([^a-z[:space:]]|[0-9] ?z|[[:space:]]([^[:space:]]*/[^[:space:]]*|utc|gmt))[[:space:]]*$"
    )
    return (
        f"(substring({text}, -2) between '0' and '9Z' or regexp_matches({text}, '{pattern}', 'i'))"
    )


def write_problems(column: Column, cell: str, value: str) -> list[tuple[str, str]]:
    """Write what can be wrong with a cell.

    Returns
    -------
    list of (str, str)
        SQL of a condition, and SQL of the reason to give where it holds.
    """
    problems = []
    if column.type != "VARCHAR":
        wanted = NAMES_OF_TYPES[column.type]
        if column.is_sensitive:
            reason = quote_text(f"{column.name} is not {wanted}")
        else:
            shown = show_value(f"cast({cell} as varchar)")
            reason = (
                f"{quote_text(column.name + ': ')} || {shown} || {quote_text(' is not ' + wanted)}"
            )
        problems.append((f"({cell} is not null and {value} is null)", reason))
    if column.is_required:
        is_empty = f"trim({cell}) = ''" if column.type == "VARCHAR" else "false"
        problems.append(
            (f"({cell} is null or {is_empty})", quote_text(f"{column.name} is missing"))
        )
    return problems


def show_value(text: str) -> str:
    """Write SQL for a value as a reason shows it: one line, at most 40 characters, in quotes."""
    one_line = f"regexp_replace({text}, '[[:space:]]+', ' ', 'g')"
    shortened = (
        f"case when length({text}) > 40 then left({one_line}, 40) || '…' else {one_line} end"
    )
    return f"'''' || {shortened} || ''''"
