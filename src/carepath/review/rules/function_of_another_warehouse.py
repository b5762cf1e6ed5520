"""A function that this warehouse does not have.

What it does
    On BigQuery, Snowflake, Redshift, Postgres, Databricks and Spark, reports calls of functions
    that only other warehouses have, where no other model of the project calls them, DATE of a year,
    a month and a day where a date is made otherwise, and on BigQuery the order of arguments of
    DATE_TRUNC('week', day).

Why it is bad
    The model does not build.

For example
    datediff('day', created_at, closed_at)      -- on BigQuery

Use instead
    date_diff(closed_at, created_at, day)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot.tokenizer_core import Token, TokenType

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule

FOREIGN: dict[str, dict[str, str]] = {
    "bigquery": {
        "datediff": "date_diff(later, earlier, day)",
        "dateadd": "date_add(day, interval 1 day)",
        "getdate": "current_timestamp()",
        "iff": "if(condition, yes, no)",
        "nvl2": "if(x is not null, yes, no)",
        "zeroifnull": "ifnull(x, 0)",
        "convert_timezone": "datetime(moment, zone)",
        "listagg": "string_agg(x, separator)",
        "to_varchar": "cast(x as string)",
        "count_if": "countif(condition)",
    },
    "snowflake": {
        "safe_divide": "x / nullif(y, 0)",
        "safe_cast": "try_cast(x as type)",
        "countif": "count_if(condition)",
        "timestamp_diff": "timestampdiff(unit, earlier, later)",
        "timestamp_trunc": "date_trunc(unit, moment)",
        "format_date": "to_char(day, format)",
        "parse_date": "to_date(text, format)",
        "strptime": "to_timestamp(text, format)",
        "generate_date_array": "a table of dates",
    },
    "redshift": {
        "iff": "case when ... then ... else ... end",
        "countif": "count(case when ... then 1 end)",
        "count_if": "count(case when ... then 1 end)",
        "safe_divide": "x / nullif(y, 0)",
        "safe_cast": "cast(x as type)",
        "zeroifnull": "coalesce(x, 0)",
        "div0": "x / nullif(y, 0)",
    },
    "postgres": {
        "iff": "case when ... then ... else ... end",
        "countif": "count(*) filter (where ...)",
        "count_if": "count(*) filter (where ...)",
        "safe_divide": "x / nullif(y, 0)",
        "safe_cast": "cast(x as type)",
        "zeroifnull": "coalesce(x, 0)",
        "div0": "x / nullif(y, 0)",
        "date_diff": "a subtraction of dates",
        "getdate": "current_timestamp",
        "nvl2": "case when ... then ... else ... end",
    },
}
LAKE = {
    "generate_date_array": "explode(sequence(first, last, interval 1 day))",
    "generate_array": "sequence(first, last)",
    "generate_series": "explode(sequence(first, last))",
    "safe_divide": "try_divide(x, y)",
    "safe_cast": "try_cast(x as type)",
    "countif": "count_if(condition)",
    "timestamp_trunc": "date_trunc('day', moment)",
    "timestamp_diff": "timestampdiff(unit, earlier, later)",
    "format_date": "date_format(day, format)",
    "parse_date": "to_date(text, format)",
    "strptime": "to_timestamp(text, format)",
    "date_from_parts": "make_date(year, month, day)",
}
FOREIGN["databricks"] = FOREIGN["spark"] = LAKE
DATE_OF_PARTS = {
    "databricks": "make_date(year, month, day)",
    "spark": "make_date(year, month, day)",
    "postgres": "make_date(year, month, day)",
    "snowflake": "date_from_parts(year, month, day)",
}
"""How a date is made of its parts where DATE takes a text or a moment."""
JINJA = re.compile(r"(?s){{.*?}}|{%.*?%}|{#.*?#}")
TRUNC = re.compile(r"(?i)date_trunc\s*\(\s*'(day|week|month|quarter|year|hour)'\s*,")


def check(context: Context) -> Iterator[Issue]:
    """Look at each name that is called."""
    foreign = FOREIGN.get(context.dialect, {})
    # What a macro prints is the macro's; it may ask for the warehouse.
    written = JINJA.sub(" ", context.analysis.source).lower()
    for variant in context.resolved if foreign else ():
        text = variant.rendered.text
        tokens = variant.parsed.tokens
        for place, token in enumerate(tokens[:-1]):
            name = token.text.lower()
            trunc = context.dialect == "bigquery" and name == "date_trunc"
            is_date = name == "date" and context.dialect in DATE_OF_PARTS
            if not (name in foreign or trunc or is_date) or name not in written:
                continue
            if tokens[place + 1].token_type != TokenType.L_PAREN:
                continue
            if place and tokens[place - 1].token_type == TokenType.DOT:
                # A function of the project's own, in a schema.
                continue
            if is_date and _arguments(tokens, place + 1) < 3:
                continue
            if trunc and not TRUNC.match(text[token.start : token.start + 60]):
                continue
            if not trunc and not is_date and _is_known(context, name):
                continue
            shown = context.dialect.capitalize().replace("query", "Query")
            if trunc:
                use = "date_trunc(day, week)"
                told = "BigQuery's DATE_TRUNC takes the date first, and the unit without quotes."
            elif is_date:
                use = DATE_OF_PARTS[context.dialect]
                told = f"{shown}'s DATE takes no year, month and day."
            else:
                use, told = foreign[name], f"{shown} has no function {name}."
            yield Issue(
                subject=name,
                message=told,
                consequence="The model does not build.",
                fix=f"Write {use}.",
                confidence=Confidence.LIKELY,
                offset=token.start,
                variant=variant,
                evidence=[Evidence(f"the project is written for {shown}")],
            )


def _arguments(tokens: list[Token], opened: int) -> int:
    """How many arguments stand in the parenthesis that opens here."""
    depth, commas = 0, 0
    for token in tokens[opened:]:
        if token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET):
            depth += 1
        elif token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET):
            depth -= 1
            if depth == 0:
                break
        elif token.token_type == TokenType.COMMA and depth == 1:
            commas += 1
    return commas + 1


def _is_known(context: Context, name: str) -> bool:
    """True where another model calls the function: the project has one of its own."""
    slot = f"calls|{context.space.project.root}|{name}"
    local = context.snapshot.local
    if slot not in local:
        pattern = re.compile(rf"(?i)\b{name}\s*\(")
        local[slot] = [
            model.id
            for model in context.space.models.values()
            if model.kind == "model" and pattern.search(context.snapshot.text(model.file))
        ][:3]
    return any(id_ != context.model.id for id_ in local[slot])


RULE = Rule(
    "SQL016",
    "function-of-another-warehouse",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
