"""What Snowflake's documentation does not have, found in SQL parsed in its dialect."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

_FOLDER = Path(__file__).parent
# Words before a bracket that are grammar, not functions.
_GRAMMAR = frozenset(
    """
    and as at by cast try_cast case cross decimal distinct else exists from group having in inner is
    join lateral left like not number on or order over partition select set then timestamp_ntz
    union values varchar when where with within char
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
_BEFORE_NAMES = frozenset(["as", ".", "table", "into", "view"])
# Types that the casts of this project may name.
_TYPES = frozenset(
    """
    varchar timestamp timestamp_ntz timestamptz date boolean bigint integer double decimal float int
    text
    """.split()  # noqa: SIM905
)


@cache
def documented_functions() -> frozenset[str]:
    """Functions of Snowflake's reference that this project uses."""
    lines = (_FOLDER / "functions.txt").read_text().splitlines()
    return frozenset(line.split()[0] for line in lines if line and not line.startswith("#"))


@cache
def reserved_words() -> frozenset[str]:
    """Words that Snowflake keeps for itself."""
    return frozenset((_FOLDER / "reserved_words.txt").read_text().split())


def find_problems(sql: str) -> list[str]:
    """Everything in a statement that Snowflake would not take, or would take otherwise."""
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect="snowflake") if tree is not None]
        tokens = sqlglot.tokenize(sql, dialect="snowflake")
    except SqlglotError as error:
        return [f"does not parse: {str(error).splitlines()[0]}"]
    return [
        *_unknown_functions(tokens),
        *_foreign_syntax(tokens),
        *(problem for tree in trees for problem in _foreign_trees(tree)),
    ]


def _unknown_functions(tokens: list[Token]) -> list[str]:
    called = [
        token.text.lower()
        for before, token, after in zip(
            [None, *tokens], tokens, [*tokens[1:], *tokens[-1:]], strict=False
        )
        for word in [token.text.lower()]
        if after.token_type == TokenType.L_PAREN
        and re.fullmatch(r"\w+", token.text)
        and token.token_type not in (TokenType.NUMBER, TokenType.STRING)
        # `name as (` is a common table expression; a name after these is what is made or filled
        and not (before is not None and before.text.lower() in _BEFORE_NAMES and word != "cast")
    ]
    known = documented_functions() | _GRAMMAR
    return [f"function {name} is not on the list" for name in called if name not in known]


def _foreign_syntax(tokens: list[Token]) -> list[str]:
    found = []
    for token, after in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        text = token.text.lower()
        if text == "filter" and after.token_type == TokenType.L_PAREN:
            found.append("FILTER clause")
        if token.token_type in (TokenType.L_BRACKET, TokenType.L_BRACE):
            found.append("list or struct literal, or indexing")
        if token.token_type in (TokenType.DCOLON, TokenType.ARROW):
            found.append(f"operator {token.text}")
        if text in ("pivot", "asof", "exclude", "semi", "anti", "positional"):
            found.append(f"DuckDB's {text}")
    return found


def _foreign_trees(tree: exp.Expression) -> list[str]:
    found = []
    if isinstance(tree, exp.Command):
        found.append(f"not understood: {tree.sql()[:60]}")
    for cast in tree.find_all(exp.Cast):
        name = (
            cast.to.sql("snowflake").lower().split("(")[0].replace("timestampntz", "timestamp_ntz")
        )
        if name not in _TYPES:
            found.append(f"cast to {name}")
    for interval in tree.find_all(exp.Interval):
        found.append(f"interval arithmetic: {interval.sql()}")
    for group in tree.find_all(exp.Group):
        if group.args.get("all"):
            found.append("group by all")
    for truncated in tree.find_all(exp.TimestampTrunc, exp.DateTrunc):
        if str(truncated.args.get("unit")).strip("'").lower().startswith("week"):
            found.append("date_trunc of a week, which begins as the session says")
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.args.get("quoted") and identifier.name.lower() in reserved_words():
            found.append(f"reserved word {identifier.name} as a name")
    return found


def find_silent_orders(sql: str) -> list[str]:
    """Descending sort keys that do not say where nulls go: first on Snowflake, last on DuckDB."""
    tokens = sqlglot.tokenize(sql, dialect="snowflake")
    texts = [token.text.lower() for token in tokens] + ["", ""]
    return [
        " ".join(texts[max(place - 3, 0) : place + 1])
        for place, text in enumerate(texts)
        if text == "desc" and texts[place + 1] != "nulls"
    ]
