"""Rendered SQL -> one query tree, or the reason there is none."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.tokenizer_core import Token

from carepath.review.jinja import unknown
from carepath.review.sql.normal import normalise
from carepath.review.sql.writing import DIALECT

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

OTHERS = ("snowflake", "bigquery", "duckdb", "postgres", "databricks", "tsql", "")
NOT_A_QUERY = re.compile(
    r"(?is)^\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:(?:create|insert|update|delete|alter|drop|grant|merge|use|copy|"
    r"call|declare|begin|set|truncate|revoke|comment|exec|execute|show|do|unload)\b"
    r"|(?:model|audit|metric)\s*\()"
)
LEADING_CTES = re.compile(r"(?is)\s*(cp_unk_\d+_x)(?=\s*,\s*\w+\s+as\s*\()")
DIVIDED = re.compile(
    r"(?i)[\w)] +// +[\w.]+(?:\([^()\n]*\))? *(?: as \w+ *)?(?:,|\)| from\b|\n *from\b)"
)
BLANK = re.compile(r"(?s)(--[^\n]*|/\*.*?\*/|\s|;)*")


@dataclass(slots=True)
class Parsed:
    """The outcome of parsing one rendered text.

    `tree` is None where there is no query; `reason` then says why. `kind` is one of
    query, empty, statement (not a model), broken, unknown (a placeholder stands in the way).
    """

    tree: exp.Query | None
    kind: str
    reason: str = ""
    offset: int | None = None
    dialect: str = ""
    rejected_by: tuple[str, ...] = ()
    is_patched: bool = False
    tokens: list[Token] = field(default_factory=list)


def parse(text: str, dialect: str, has_unknowns: bool) -> Parsed:
    """Parse a model; on a failure ask other dialects before calling it broken."""
    if BLANK.fullmatch(text):
        return Parsed(None, "empty", "renders to nothing")
    if NOT_A_QUERY.match(text):
        return Parsed(None, "statement", "not a query")
    if not dialect and DIVIDED.search(text):
        # In Snowflake the rest of the line would be a remark, in DuckDB a divisor.
        divided = _try(text, "duckdb")
        if divided.tree is not None:
            return divided
    first = _try(text, dialect)
    if first.tree is not None:
        return first
    if has_unknowns:
        # What an unknown macro prints may be a clause, or a list that begins with a comma.
        blank = unknown.PATTERN.sub(lambda match: " " * len(match[0]), text)
        patched = _try(blank, dialect)
        if patched.tree is None and (first_ctes := LEADING_CTES.match(text)) is not None:
            # It prints the first CTEs: one that reads as nothing known stands for them.
            made = f"with {first_ctes[1]} as (select 1)"
            patched = _try(made + unknown.PATTERN.sub("", text[first_ctes.end() :]), dialect)
        if patched.tree is not None:
            patched.is_patched = True
            return patched
        first.reason, first.offset = patched.reason, patched.offset
        first.kind = "unknown"
        return first
    rejected = [dialect or "generic"]
    for other in OTHERS:
        if other == dialect:
            continue
        again = _try(text, other)
        if again.tree is not None:
            again.rejected_by = tuple(rejected)
            again.reason, again.offset = first.reason, first.offset
            return again
        rejected.append(other or "generic")
    first.rejected_by = tuple(rejected)
    return first


def _try(text: str, dialect: str) -> Parsed:
    try:
        language = Dialect.get_or_raise(dialect or None)
        tokens = language.tokenize(text)
        statements = [node for node in language.parser().parse(tokens, text) if node]
    except ParseError as error:
        details = error.errors[0] if error.errors else {}
        line, column = int(details.get("line") or 1), int(details.get("col") or 1)
        reason = str(details.get("description") or error).rstrip(".")
        if "<class" in reason:
            reason = "something is missing"
        near = str(details.get("highlight") or "").strip()
        told = f"{reason} near {near!r}" if near else reason
        offset = _offset(text, line, column)
        return Parsed(None, "broken", told, max(0, offset - max(len(near) - 1, 0)), dialect)
    except TokenError as error:
        match = re.search(r"line (\d+):(\d+)", str(error))
        spot = _offset(text, int(match[1]), int(match[2])) if match else len(text) - 1
        return Parsed(None, "broken", str(error).split("\n")[0][:160], spot, dialect)
    except RecursionError:
        return Parsed(None, "unknown", "nested too deeply to be parsed", None, dialect)
    except (
        SqlglotError,
        ValueError,
        AttributeError,
        TypeError,
        IndexError,
    ) as error:
        told = f"{type(error).__name__}: {str(error)[:120]}"
        return Parsed(None, "unknown", told, None, dialect)
    queries = [node for node in statements if isinstance(node, exp.Query)]
    for query in queries:
        normalise(query)
        query.meta[DIALECT] = dialect
    if len(statements) == 1 and queries:
        return Parsed(queries[0], "query", dialect=dialect, tokens=tokens)
    if statements and not queries:
        first = statements[0]
        if isinstance(first, exp.Command | exp.DDL | exp.DML):
            return Parsed(None, "statement", "not a query", dialect=dialect)
        if isinstance(first, exp.Column | exp.Alias | exp.Anonymous):
            return Parsed(None, "unknown", "not a query", dialect=dialect)
        return Parsed(None, "broken", "not a query", 0, dialect)
    if queries:
        return Parsed(queries[-1], "query", "several statements", dialect=dialect)
    return Parsed(None, "empty", "no statement", dialect=dialect)


def _offset(text: str, line: int, column: int) -> int:
    position = 0
    for _ in range(line - 1):
        following = text.find("\n", position)
        if following < 0:
            break
        position = following + 1
    return min(position + max(column - 1, 0), max(len(text) - 1, 0))


def start_of(node: exp.Expr) -> int | None:
    """Offset of the first token of a node that has one, else of what it is part of."""
    current: exp.Expr | None = node
    while current is not None:
        found = _start_below(current)
        if found is not None:
            return found
        current = current.parent
    return None


def _start_below(node: exp.Expr) -> int | None:
    best: int | None = None
    stack: list[exp.Expr] = [node]
    while stack:
        current = stack.pop()
        meta = current._meta
        if meta and "start" in meta:
            start = int(meta["start"])
            best = start if best is None else min(best, start)
        stack.extend(current.iter_expressions())
    return best
