"""Bugs in names: columns, relations, macros, aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.mutations.source import Edit, columns, misspell, read, replace, selects

REF = re.compile(r"\{\{\s*ref\(\s*['\"](\w+)['\"]\s*\)\s*\}\}")
SOURCE = re.compile(r"\{\{\s*source\(\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]\s*\)\s*\}\}")


def misspelled_column(text: str) -> Iterator[Edit]:
    """`alias.column` with two letters swapped."""
    tokens = read(text)
    for at in columns(tokens):
        name = tokens[at].text
        if len(name) > 4:
            yield replace(text, tokens[at], misspell(name), f"{name} misspelled")


def wrong_alias(text: str) -> Iterator[Edit]:
    """`a.column` read as `b.column`, where b is another alias of the file."""
    tokens = read(text)
    spots = list(columns(tokens))
    pairs = {(tokens[at - 2].low, tokens[at].low) for at in spots}
    names = sorted({alias for alias, _ in pairs})
    for at in spots:
        alias, column = tokens[at - 2].low, tokens[at].low
        for other in names:
            near = any(abs(tokens[s].line - tokens[at].line) < 25 and tokens[s - 2].low == other
                       for s in spots)  # fmt: skip
            if other != alias and (other, column) not in pairs and near:
                yield replace(text, tokens[at - 2], other, f"{alias}.{column} read from {other}")
                break


def renamed_output(text: str) -> Iterator[Edit]:
    """An output column of the last SELECT renamed; its readers are not."""
    tokens = read(text)
    for select in list(selects(tokens))[-1:]:
        for first, last in select.items:
            if last - 1 >= first and tokens[last - 1].low == "as":
                name = tokens[last].text
                new = name + "_value"
                yield replace(text, tokens[last], new, f"{name} renamed to {new}", name.lower())


def removed_output(text: str) -> Iterator[Edit]:
    """A column of the last SELECT left out; its readers are not."""
    tokens = read(text)
    for select in list(selects(tokens))[-1:]:
        for number, (first, last) in enumerate(select.items[:-1]):
            name = tokens[last].text
            if tokens[last].kind == "word" and tokens[first].line == tokens[last].line:
                comma = tokens[last + 1]
                line = tokens[first].line if number else tokens[select.at].line
                yield Edit(text[: tokens[first].start] + text[comma.end :].lstrip(), line,
                           f"{name} left out", name.lower())  # fmt: skip


def misspelled_ref(text: str) -> Iterator[Edit]:
    """`ref('model')` with two letters swapped."""
    for match in REF.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        new = text[: match.start(1)] + misspell(match[1]) + text[match.end(1) :]
        yield Edit(new, line, f"ref {match[1]} misspelled")


def misspelled_source(text: str) -> Iterator[Edit]:
    """`source('a', 'table')` with two letters swapped."""
    for match in SOURCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        new = text[: match.start(2)] + misspell(match[2]) + text[match.end(2) :]
        yield Edit(new, line, f"source table {match[2]} misspelled")


def bare_ref(text: str) -> Iterator[Edit]:
    """`ref('model')` without its braces."""
    for match in REF.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Edit(text[: match.start()] + f"ref('{match[1]}')" + text[match.end() :], line,
                   f"braces of ref {match[1]} removed")  # fmt: skip


def hard_coded_ref(text: str) -> Iterator[Edit]:
    """`{{ ref('model') }}` written as a table of a schema."""
    for match in REF.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Edit(text[: match.start()] + f"analytics.{match[1]}" + text[match.end() :], line,
                   f"{match[1]} hard-coded")  # fmt: skip


def misspelled_macro(text: str) -> Iterator[Edit]:
    """A macro call whose name has two letters swapped."""
    for match in re.finditer(r"\{\{-?\s*(\w{6,})\(", text):
        if match[1] in ("ref", "source", "config"):
            continue
        line = text.count("\n", 0, match.start(1)) + 1
        new = text[: match.start(1)] + misspell(match[1]) + text[match.end(1) :]
        yield Edit(new, line, f"macro {match[1]} misspelled")


def removed_macro(text: str) -> Iterator[Edit]:
    """A macro renamed where it is defined; its callers are not."""
    for match in re.finditer(r"\{%-?\s*macro\s+(\w+)", text):
        if "__" in match[1]:
            continue
        line = text.count("\n", 0, match.start()) + 1
        new = text[: match.start(1)] + match[1] + "_old" + text[match.end(1) :]
        yield Edit(new, line, f"macro {match[1]} renamed", match[1].lower())
