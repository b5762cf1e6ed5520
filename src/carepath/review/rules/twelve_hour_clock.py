"""A moment is written or read with the hours of a twelve-hour clock, and nothing says AM or PM.

What it does
    Reports formats of a date with a time whose hours count to twelve (hh in Java's formats, HH12,
    and HH on Postgres and Redshift, %I in strftime's) without AM or PM, where more than the date is
    kept of the result.

Why it is bad
    One in the afternoon and one at night become the same moment; reading 13:00 fails.

For example
    from_unixtime(created, 'yyyy-MM-dd hh:mm:ss') as created_at      -- on Databricks

Use instead
    from_unixtime(created, 'yyyy-MM-dd HH:mm:ss') as created_at
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot.tokenizer_core import Token, TokenType

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule

JAVA = re.compile(r"^(?=.*yy)(?=.*(?<![a-zA-Z])hh?(?![a-zA-Z]))(?!.*a)")
TWELVE = re.compile(r"(?i)^(?=.*yy)(?=.*hh12)(?!.*[ap]\.?m)")
POSTGRES = re.compile(r"(?i)^(?=.*yy)(?=.*hh(?!24))(?!.*[ap]\.?m)")
STRFTIME = re.compile(r"^(?=.*%[YyFDd])(?=.*%[Il])(?!.*%[pPr])")
MYSQL = re.compile(r"^(?=.*%[YyFDd])(?=.*%[hIl])(?!.*%[pPr])")
JAVA_CALLS = frozenset(
    {"from_unixtime", "unix_timestamp", "date_format", "to_timestamp", "to_unix_timestamp"}
)
ANSI_CALLS = frozenset(
    {"to_char", "to_varchar", "to_timestamp", "to_timestamp_ntz", "to_timestamp_ltz"}
    | {"to_timestamp_tz", "try_to_timestamp", "try_to_timestamp_ntz"}
)
STRFTIME_CALLS = frozenset(
    {"strftime", "strptime", "try_strptime", "format_timestamp", "format_datetime"}
    | {"parse_timestamp", "parse_datetime"}
)
MYSQL_CALLS = frozenset({"date_format", "date_parse"})
STYLES = {
    "databricks": (JAVA_CALLS, JAVA, "HH"),
    "spark": (JAVA_CALLS, JAVA, "HH"),
    "snowflake": (ANSI_CALLS, TWELVE, "HH24"),
    "postgres": (ANSI_CALLS, POSTGRES, "HH24"),
    "redshift": (ANSI_CALLS, POSTGRES, "HH24"),
    "bigquery": (STRFTIME_CALLS, STRFTIME, "%H"),
    "duckdb": (STRFTIME_CALLS, STRFTIME, "%H"),
    "trino": (MYSQL_CALLS, MYSQL, "%H"),
    "athena": (MYSQL_CALLS, MYSQL, "%H"),
}
DATES = frozenset({"date", "to_date", "last_day", "trunc"})


def check(context: Context) -> Iterator[Issue]:
    """Look at each written format of a call."""
    style = STYLES.get(context.dialect)
    for variant in context.resolved if style is not None else ():
        assert style is not None
        calls, pattern, hours = style
        tokens = variant.parsed.tokens
        for place, token in enumerate(tokens):
            if token.token_type is not TokenType.STRING or not pattern.match(token.text):
                continue
            call = _call(tokens, place)
            if call is None or tokens[call].text.lower() not in calls or _is_date(tokens, call):
                continue
            yield Issue(
                subject=f"{tokens[call].text.lower()} {token.text}",
                message=f"{token.text!r} counts the hours to twelve, without AM or PM.",
                consequence="Afternoon and morning become the same, or cannot be read.",
                fix=f"Write {hours}, the hours of the day.",
                confidence=Confidence.LIKELY,
                offset=token.start,
                variant=variant,
            )


def _call(tokens: list[Token], place: int) -> int | None:
    """The name of the function whose argument stands here."""
    depth = 0
    for index in range(place - 1, 0, -1):
        kind = tokens[index].token_type
        if kind is TokenType.R_PAREN:
            depth += 1
        elif kind is TokenType.L_PAREN:
            if depth == 0:
                return index - 1
            depth -= 1
    return None


def _is_date(tokens: list[Token], call: int) -> bool:
    """True where only the date is kept: `date(from_unixtime(...))`."""
    return (
        call >= 2
        and tokens[call - 1].token_type is TokenType.L_PAREN
        and tokens[call - 2].text.lower() in DATES
    )


RULE = Rule(
    "LIT041", "twelve-hour-clock", Severity.WARNING, __doc__ or "", check, ceiling=Severity.WARNING
)
