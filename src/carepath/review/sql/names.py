"""How each dialect folds the case of names, and which names are never columns."""

from __future__ import annotations

from sqlglot import exp

CASE_SENSITIVE = frozenset({"clickhouse"})
QUOTED_MATTERS = {"snowflake": str.upper, "postgres": str.lower}
# Redshift folds quoted names as well, unless enable_case_sensitive_identifier is set.

DATE_PARTS = frozenset(
    [
        "microsecond",
        "microseconds",
        "millisecond",
        "milliseconds",
        "second",
        "seconds",
        "minute",
        "minutes",
        "hour",
        "hours",
        "day",
        "days",
        "week",
        "weeks",
        "isoweek",
        "month",
        "months",
        "quarter",
        "quarters",
        "year",
        "years",
        "isoyear",
        "dayofweek",
        "dayofyear",
        "dow",
        "doy",
        "epoch",
        "decade",
        "century",
        "millennium",
        "weekday",
        "yy",
        "yyyy",
        "mm",
        "dd",
        "hh",
        "mi",
        "ss",
        "ms",
        "us",
        "ns",
        "nanosecond",
        "monday",
        "sunday",
        "date",
        "time",
        "timestamp",
        "week_iso",
        "dayofweek_iso",
        "dayofweekiso",
        "weekiso",
        "qtr",
        "wk",
        "d",
        "m",
        "y",
        "h",
        "s",
        "day_of_week",
        "day_of_year",
        "tz",
        "timezone_hour",
        "epoch_second",
        "epoch_millisecond",
        "yearofweek",
        "yearofweekiso",
        "mon",
        "saturday",
    ]
)
PSEUDO = frozenset(
    [
        "_partitiontime",
        "_partitiondate",
        "_table_suffix",
        "_file_name",
        "_change_type",
        "_commit_version",
        "_dbt_max_partition",
        "current_date",
        "current_timestamp",
        "current_time",
        "current_user",
        "session_user",
        "user",
        "sysdate",
        "systimestamp",
        "localtime",
        "localtimestamp",
        "rownum",
        "rowid",
        "level",
        "ctid",
        "oid",
        "xmin",
        "tableoid",
        "excluded",
        "new",
        "old",
        "current_role",
        "current_warehouse",
        "current_database",
        "current_schema",
        "current_account",
        "_metadata",
        "input_file_name",
        "filename",
        "_path",
        "_file",
        "true",
        "false",
        "null",
        "default",
        "unknown",
        "snowflake",
        "prior",
        "connect_by_root",
        "_airbyte_raw_id",
        "getdate",
        "value",
        "key",
        "index",
        "this",
        "seq",
        "path",
        "sequence",
        "metadata__partition_id",
    ]
)


def fold(name: str, quoted: bool, dialect: str) -> str:
    """The form under which a dialect compares a name; equal forms are equal names."""
    if dialect in CASE_SENSITIVE:
        return name
    if quoted and dialect in QUOTED_MATTERS:
        # A quoted name equals an unquoted one only where it is spelled as the dialect folds.
        return name.lower() if QUOTED_MATTERS[dialect](name) == name else f'"{name}"'
    return name.lower()


def fold_identifier(node: exp.Expr | str | None, dialect: str) -> str:
    """Fold an identifier of a tree."""
    if node is None:
        return ""
    if isinstance(node, str):
        return fold(node, False, dialect)
    return fold(node.name, bool(node.args.get("quoted")), dialect)


def loose(name: str) -> str:
    """A name without quotes and case, for comparing with YAML."""
    return name.strip('"`').lower()
