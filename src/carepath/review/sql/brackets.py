"""Faults of parentheses, told from tokens alone: also where unknown macros stand in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot.tokenizer_core import Token, TokenType

from carepath.review.sql.tokens import TokenFault

T = TokenType
CASTS = frozenset({"cast", "try_cast", "safe_cast"})
NAMES = {T.VAR, T.IDENTIFIER}


@dataclass(slots=True)
class _Frame:
    """An open parenthesis: its token, the word before it, and what stands in it."""

    token: Token
    word: str
    has_query: bool = False
    aliases: int = 0
    angles: int = 0


def faults(tokens: list[Token]) -> Iterator[TokenFault]:
    """A parenthesis that is not closed or not opened; CTEs with no comma between them."""
    frames: list[_Frame] = []
    suspect: Token | None = None
    for index, token in enumerate(tokens):
        kind = token.token_type
        top = frames[-1] if frames else None
        if kind is T.L_PAREN:
            word = tokens[index - 1].text.lower() if index else ""
            frames.append(_Frame(token, word))
        elif kind is T.R_PAREN:
            if top is None:
                yield TokenFault(token.start, "a ) that closes nothing", ")")
                return
            frames.pop()
            if not frames and _is_next_cte(tokens, index):
                name = tokens[index + 1]
                yield TokenFault(
                    name.start, f"no comma before the CTE {name.text}", f"cte {name.text.lower()}"
                )
        elif top is not None and kind in (T.SELECT, T.WITH, T.VALUES):
            top.has_query = True
        elif top is not None and not top.has_query:
            # map<varchar, json> is one type.
            top.angles += (kind is T.LT) - (kind is T.GT)
            if kind is T.COMMA:
                top.aliases = 0
            elif kind is T.ALIAS:
                top.aliases += 1
            broken = kind is T.GROUP_BY or (top.word in CASTS and top.aliases > 1)
            broken = broken or (top.word in CASTS and top.angles <= 0 and kind in (T.COMMA, T.FROM))
            if broken and suspect is None:
                suspect = top.token
    if frames:
        yield TokenFault((suspect or frames[-1].token).start, "a ( that is not closed", "(")
    elif suspect is not None:
        yield TokenFault(suspect.start, "a ( that is closed too late", "(")


def _is_next_cte(tokens: list[Token], index: int) -> bool:
    part = tokens[index + 1 : index + 5]
    return (
        len(part) == 4
        and part[0].token_type in NAMES
        and part[1].token_type is T.ALIAS
        and part[2].token_type is T.L_PAREN
        and part[3].token_type in (T.SELECT, T.WITH)
    )


def swallowed(tokens: list[Token], is_placeholder: frozenset[str]) -> Iterator[TokenFault]:
    """A column, then an unknown macro's expression with an alias of its own: a comma is missing."""
    for index in range(1, len(tokens) - 2):
        token = tokens[index]
        if token.text.lower() not in is_placeholder:
            continue
        before, after, name = tokens[index - 1], tokens[index + 1], tokens[index + 2]
        if before.token_type not in NAMES or before.text.lower() in is_placeholder:
            continue
        if after.token_type is T.ALIAS and name.token_type in NAMES:
            yield TokenFault(token.start, f"no comma before {name.text}", f"comma {name.text}")
