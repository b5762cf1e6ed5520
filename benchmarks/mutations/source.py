"""SQL with Jinja as tokens that keep their place: enough to change one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"(?s)(?P<comment>--[^\n]*|/\*.*?\*/|\{#.*?#\})"
    r"|(?P<block>\{%.*?%\})|(?P<jinja>\{\{.*?\}\})"
    r"|(?P<string>'(?:[^'\\]|''|\\.)*')|(?P<quoted>\"[^\"\n]*\"|`[^`\n]*`)"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<word>[A-Za-z_]\w*)|(?P<space>\s+)"
    r"|(?P<op>>=|<=|!=|<>|::|\|\||.)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, text, offset, 1-based line and depth in parentheses."""

    kind: str
    text: str
    start: int
    line: int
    depth: int

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.start + len(self.text)

    @property
    def low(self) -> str:
        """Its text in lower case."""
        return self.text.lower()


@dataclass(frozen=True, slots=True)
class Edit:
    """A file after one bug: the new text, the line the bug is on, and what was done."""

    text: str
    line: int
    what: str
    subject: str = ""


def read(text: str) -> list[Token]:
    """Split a file; white space and comments left out."""
    found: list[Token] = []
    line, depth = 1, 0
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or "op"
        piece = match[0]
        if piece == ")":
            depth -= 1
        if kind not in ("space", "comment"):
            found.append(Token(kind, piece, match.start(), line, depth))
        if piece == "(":
            depth += 1
        line += piece.count("\n")
    return found


def words(tokens: list[Token], at: int, *expected: str) -> bool:
    """True where the tokens from a position are these, in lower case."""
    part = tokens[at : at + len(expected)]
    return [token.low for token in part] == list(expected)


def replace(text: str, token: Token, new: str, what: str, subject: str = "") -> Edit:
    """The file with one token replaced."""
    return Edit(text[: token.start] + new + text[token.end :], token.line, what, subject)


def cut(text: str, first: Token, last: Token, new: str, what: str) -> Edit:
    """The file with a run of tokens replaced."""
    return Edit(text[: first.start] + new + text[last.end :], first.line, what)


def closing(tokens: list[Token], at: int) -> int:
    """The position of the parenthesis that closes the one at a position."""
    depth = tokens[at].depth
    for position in range(at + 1, len(tokens)):
        if tokens[position].text == ")" and tokens[position].depth == depth:
            return position
    return len(tokens) - 1


def arguments(tokens: list[Token], at: int) -> list[tuple[int, int]]:
    """The arguments of the parenthesis at a position, as (first, last) positions."""
    end = closing(tokens, at)
    found, first = [], at + 1
    for position in range(at + 1, end + 1):
        token = tokens[position]
        outside = position == end or (token.text == "," and token.depth == tokens[at].depth + 1)
        if outside:
            if position > first:
                found.append((first, position - 1))
            first = position + 1
    return found


def columns(tokens: list[Token]) -> Iterator[int]:
    """Positions of names written as `alias.column`."""
    for position in range(2, len(tokens)):
        if (
            tokens[position].kind == "word"
            and tokens[position - 1].text == "."
            and tokens[position - 2].kind == "word"
            and not (position + 1 < len(tokens) and tokens[position + 1].text in "(.")
        ):
            yield position


def misspell(name: str) -> str:
    """A name with two letters swapped, as a hurried hand does."""
    for position in range(len(name) // 2, len(name) - 1):
        a, b = name[position], name[position + 1]
        if a != b and a.isalpha() and b.isalpha():
            return name[:position] + b + a + name[position + 2 :]
    return name + name[-1]


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT: position of the word, its items as (first, last), position of its FROM and end."""

    at: int
    items: tuple[tuple[int, int], ...]
    source: int
    end: int


def selects(tokens: list[Token]) -> Iterator[Select]:
    """Every SELECT that has a FROM."""
    for at, token in enumerate(tokens):
        if token.low != "select":
            continue
        depth, items, first, source = token.depth, [], at + 1, -1
        if words(tokens, first, "distinct"):
            first += 1
        end = len(tokens)
        for position in range(at + 1, len(tokens)):
            here = tokens[position]
            if here.depth < depth or (
                source > 0 and here.depth == depth and here.low in ("union", "select")
            ):
                end = position
                break
            if source > 0 or here.depth != depth:
                continue
            if here.text == "," or here.low == "from":
                if position > first:
                    items.append((first, position - 1))
                first = position + 1
            if here.low == "from":
                source = position
        if source > 0:
            yield Select(at, tuple(items), source, end)


def clause(tokens: list[Token], select: Select, word: str) -> tuple[int, int] | None:
    """The tokens of a clause of a SELECT, its word left out, as (first, last)."""
    depth = tokens[select.at].depth
    stops = ("where", "group", "having", "order", "qualify", "limit", "union", "window")
    for position in range(select.source, select.end):
        if tokens[position].low == word and tokens[position].depth == depth:
            first = position + (2 if words(tokens, position + 1, "by") else 1)
            last = first
            while last + 1 < select.end and not (
                (tokens[last + 1].depth == depth and tokens[last + 1].low in stops)
                or tokens[last + 1].kind == "block"
                or tokens[last + 1].text == ";"
            ):
                last += 1
            return first, last
    return None


@dataclass(frozen=True, slots=True)
class Join:
    """A JOIN with ON: position of its first word, its alias, its condition as (first, last)."""

    at: int
    word: int
    alias: str
    first: int
    last: int
    select: Select


def joins(tokens: list[Token]) -> Iterator[Join]:
    """Every JOIN with an ON condition."""
    stops = {"where", "group", "having", "order", "qualify", "limit", "union", "window", "join",
             "left", "right", "inner", "full", "cross", "outer", "lateral"}  # fmt: skip
    for select in selects(tokens):
        depth = tokens[select.at].depth
        for position in range(select.source, select.end):
            if tokens[position].low != "join" or tokens[position].depth != depth:
                continue
            on = next((p for p in range(position, min(position + 40, select.end))
                       if tokens[p].low == "on" and tokens[p].depth == depth), None)  # fmt: skip
            if on is None:
                continue
            last = on
            while last + 1 < select.end and not (
                tokens[last + 1].depth == depth
                and (tokens[last + 1].low in stops or tokens[last + 1].kind == "block")
                and not (tokens[last + 1].low in ("left", "right") and words(tokens, last + 2, "("))
            ):
                last += 1
            start = position
            while tokens[start - 1].low in ("left", "right", "inner", "outer", "full", "cross"):
                start -= 1
            yield Join(start, position, tokens[on - 1].low, on + 1, last, select)


def conditions(tokens: list[Token], first: int, last: int) -> list[tuple[int, int]]:
    """The parts of a condition joined by AND at its own depth, as (first, last)."""
    depth, found, start, between = tokens[first].depth, [], first, False
    depth = min(token.depth for token in tokens[first : last + 1])
    for position in range(first, last + 1):
        token = tokens[position]
        if token.depth != depth:
            continue
        if token.low == "between":
            between = True
        elif token.low == "and" and between:
            between = False
        elif token.low == "and":
            found.append((start, position - 1))
            start = position + 1
    found.append((start, last))
    return found
