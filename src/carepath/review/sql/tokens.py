"""Faults that token order alone shows, which the parser lets through."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

T = TokenType
RANKS = {
    T.FROM: 1,
    T.WHERE: 2,
    T.GROUP_BY: 3,
    T.HAVING: 4,
    T.QUALIFY: 5,
    T.ORDER_BY: 6,
    T.LIMIT: 7,
}
SETS = {T.UNION, T.EXCEPT, T.INTERSECT}
ENDS = {T.WHERE, T.GROUP_BY, T.HAVING, T.ORDER_BY, T.LIMIT, T.UNION, T.R_PAREN, T.QUALIFY}
TRAILING_FROM = frozenset({"bigquery", "snowflake", "duckdb", "clickhouse", ""})
LAKE = frozenset({"databricks", "spark"})
JOIN_WORDS = ("left", "right", "inner", "full", "cross", "outer")


@dataclass(frozen=True, slots=True)
class TokenFault:
    """A fault and the offset it is at."""

    offset: int
    message: str
    subject: str


def tokenize(text: str, dialect: str) -> list[Token]:
    """Tokens of a text; none where even that fails."""
    try:
        return list(sqlglot.tokenize(text, dialect=dialect or None))
    except (SqlglotError, ValueError):
        return []


def missing_cte_comma(tokens: list[Token]) -> TokenFault | None:
    """`) name as (select`: two CTEs without a comma between them."""
    for index, first in enumerate(tokens):
        if first.token_type is T.R_PAREN and _is_cte(tokens, index + 1):
            name = tokens[index + 1].text
            message = f"a comma is missing before the CTE {name}"
            return TokenFault(first.start, message, f"comma {name}")
    return None


def missing_column_comma(tokens: list[Token], text: str) -> TokenFault | None:
    """`members.country` and `members.city` on two lines without a comma between them."""
    names = (T.VAR, T.IDENTIFIER)
    for before, first, owner, dot, column in zip(
        tokens, tokens[1:], tokens[2:], tokens[3:], tokens[4:], strict=False
    ):
        if (
            before.token_type in (T.DOT, T.COMMA, T.SELECT)
            and dot.token_type is T.DOT
            and all(t.token_type in names for t in (first, owner, column))
            and "\n" in text[first.end : owner.start]
        ):
            message = f"a comma is missing between {first.text} and {owner.text}.{column.text}"
            return TokenFault(first.start, message, f"comma {owner.text}.{column.text}")
    return None


def faults(tokens: list[Token], dialect: str) -> Iterator[TokenFault]:
    """Empty aliases, doubled or dangling commas, clauses out of order, WITH twice, IF ... THEN."""
    yield from _pairs(tokens, dialect)
    yield from _order(tokens)
    yield from second_with(tokens)
    yield from _if_then(tokens)


def second_with(tokens: list[Token]) -> Iterator[TokenFault]:
    """`with a as (select ...) with b as (select ...)`, also behind a comma."""
    frames = [False]
    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind is T.L_PAREN:
            frames.append(False)
        elif kind is T.R_PAREN and len(frames) > 1:
            frames.pop()
        elif kind in (T.SELECT, T.SEMICOLON):
            frames[-1] = False
        elif kind is T.WITH and _is_cte(tokens, index + 1):
            before = tokens[index - 1].token_type if index else None
            if frames[-1] and before in (T.R_PAREN, T.COMMA):
                name = tokens[index + 1].text
                yield TokenFault(
                    token.start, f"WITH a second time, before {name}", f"with {name.lower()}"
                )
            frames[-1] = True


def _is_cte(tokens: list[Token], index: int) -> bool:
    """`name as (select`."""
    part = tokens[index : index + 4]
    return (
        len(part) == 4
        and part[0].token_type in (T.VAR, T.IDENTIFIER)
        and part[1].token_type is T.ALIAS
        and part[2].token_type is T.L_PAREN
        and part[3].token_type in (T.SELECT, T.WITH)
    )


def _if_then(tokens: list[Token]) -> Iterator[TokenFault]:
    """`select if x then 1 else 2 end`: IF is a function, or CASE WHEN is meant."""
    seen_select = False
    for index in range(1, len(tokens) - 1):
        seen_select = seen_select or tokens[index - 1].token_type is T.SELECT
        before, after = tokens[index - 1].token_type, tokens[index + 1].token_type
        if tokens[index].text.lower() != "if" or before not in (T.SELECT, T.COMMA):
            continue
        if not seen_select or after in (T.L_PAREN, T.COMMA, T.ALIAS, T.FROM, T.DOT):
            continue
        for following in tokens[index + 1 :]:
            if following.token_type in (T.COMMA, T.CASE, T.FROM, T.R_PAREN):
                break
            if following.token_type is T.THEN:
                yield TokenFault(tokens[index].start, "IF where CASE WHEN is meant", "if then")
                break


def _pairs(tokens: list[Token], dialect: str) -> Iterator[TokenFault]:
    for index, token in enumerate(tokens):
        kind = token.token_type
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        after = following.token_type if following is not None else None
        if kind is T.COMMA:
            if after is T.COMMA:
                yield TokenFault(token.start, "two commas in a row", ",,")
            elif after is T.FROM and dialect not in TRAILING_FROM:
                yield TokenFault(token.start, "a comma before FROM", ", from")
            elif after in (T.WHERE, T.GROUP_BY, T.HAVING) or (
                after in (None, T.UNION) and dialect not in TRAILING_FROM
            ):
                word = following.text.lower() if following is not None else "the end"
                yield TokenFault(token.start, f"a comma before {word.upper()}", f", {word}")
        elif kind is T.SELECT and after is T.COMMA:
            yield TokenFault(token.start, "a comma after SELECT", "select ,")
        elif kind is T.ALIAS and after in (T.COMMA, T.FROM):
            yield TokenFault(token.start, "AS without a name", "as ,")
        elif kind is T.FROM and after is T.FROM:
            yield TokenFault(token.start, "FROM twice", "from from")
        elif kind is T.ON and (after in ENDS or after in (None, T.JOIN, T.LEFT, T.INNER)):
            yield TokenFault(token.start, "ON without a condition", "on")
        elif kind is T.GROUP_BY and (after in ENDS or after is None):
            yield TokenFault(token.start, "GROUP BY without columns", "group by")
        elif kind is T.VAR and after is T.JOIN and _is_misspelled_join(token.text):
            before = tokens[index - 1].token_type if index else None
            if before is not T.ALIAS:
                yield TokenFault(
                    token.start,
                    f"{token.text!r} is read as an alias, not as a kind of join",
                    token.text.lower(),
                )


def _is_misspelled_join(word: str) -> bool:
    word = word.lower()
    for right in JOIN_WORDS:
        if len(word) <= 2 or word == right or abs(len(word) - len(right)) > 1:
            continue
        if sorted(word) == sorted(right) or _one_edit(word, right):
            return True
    return False


def _one_edit(word: str, right: str) -> bool:
    short, long = sorted((word, right), key=len)
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) == 1 and short[0] == long[0]
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _order(tokens: list[Token]) -> Iterator[TokenFault]:
    """Clauses of one SELECT must come in order; each parenthesis has its own."""
    frames: list[tuple[int, str]] = [(-1, "")]
    for token in tokens:
        kind = token.token_type
        if kind is T.L_PAREN:
            frames.append((-1, ""))
        elif kind is T.R_PAREN:
            if len(frames) > 1:
                frames.pop()
        elif kind is T.SELECT:
            frames[-1] = (0, "SELECT")
        elif kind in SETS or kind is T.SEMICOLON:
            frames[-1] = (-1, "")
        elif kind in RANKS and frames[-1][0] >= 0:
            rank, name = frames[-1]
            if RANKS[kind] < rank and kind in (T.WHERE, T.GROUP_BY, T.FROM):
                if not (kind is T.FROM and rank > 0):
                    yield TokenFault(
                        token.start,
                        f"{token.text.upper()} after {name}",
                        f"{token.text.lower()} after {name.lower()}",
                    )
            elif RANKS[kind] == rank and kind in (T.WHERE, T.GROUP_BY, T.HAVING):
                yield TokenFault(token.start, f"{token.text.upper()} twice", token.text.lower())
            else:
                frames[-1] = (RANKS[kind], token.text.upper())


def without_condition(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Where the relations of outer joins stand, from and to, that neither ON nor USING follows."""
    for index, token in enumerate(tokens):
        if token.token_type is not T.JOIN:
            continue
        words = [other.token_type for other in tokens[max(0, index - 2) : index]]
        if not {T.LEFT, T.RIGHT, T.FULL} & set(words) or T.NATURAL in words:
            continue
        last = _relation_end(tokens, index + 1)
        if last is None:
            continue
        after = tokens[last + 1].token_type if last + 1 < len(tokens) else None
        if after is None or after in ENDS:
            yield tokens[index + 1].start, tokens[last].end


def _relation_end(tokens: list[Token], start: int) -> int | None:
    """The last token of a plain table or subquery with its alias; None for anything else."""
    index, depth = start, 0
    if start < len(tokens) and tokens[start].token_type is T.L_PAREN:
        for index in range(start, len(tokens)):
            depth += {T.L_PAREN: 1, T.R_PAREN: -1}.get(tokens[index].token_type, 0)
            if depth == 0:
                break
        else:
            return None
    else:
        while index + 2 < len(tokens) and tokens[index + 1].token_type is T.DOT:
            index += 2
    if index + 1 < len(tokens) and tokens[index + 1].token_type is T.ALIAS:
        index += 1
    if index + 1 < len(tokens) and tokens[index + 1].token_type in (T.VAR, T.IDENTIFIER):
        index += 1
    return index if index < len(tokens) else None


def glued(tokens: list[Token]) -> Iterator[TokenFault]:
    """Two string literals with nothing between them."""
    for first, second in itertools.pairwise(tokens):
        if first.token_type is T.STRING and second.token_type is T.STRING:
            yield TokenFault(
                second.start,
                f"{first.text!r} and {second.text!r} have no comma between them",
                f"{first.text} {second.text}",
            )
