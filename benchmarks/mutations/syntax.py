"""Bugs of punctuation: commas, parentheses, Jinja blocks."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.mutations.source import Edit, closing, read, replace, selects, words


def dropped_comma(text: str) -> Iterator[Edit]:
    """The comma between two output columns left out."""
    tokens = read(text)
    for select in selects(tokens):
        for _, last in select.items[:-1]:
            yield replace(text, tokens[last + 1], "", "comma dropped")


def dropped_cte_comma(text: str) -> Iterator[Edit]:
    """The comma between two CTEs left out."""
    tokens = read(text)
    for at in range(1, len(tokens) - 3):
        is_outer = tokens[at].text == "," and tokens[at - 1].text == ")" and tokens[at].depth == 0
        if is_outer and words(tokens, at + 2, "as", "("):
            yield replace(text, tokens[at], "", "comma between CTEs dropped")


def comma_before_from(text: str) -> Iterator[Edit]:
    """Two commas between output columns."""
    tokens = read(text)
    for select in selects(tokens):
        for _, last in select.items[:-1]:
            yield replace(text, tokens[last + 1], ",,", "comma doubled")


def dropped_parenthesis(text: str) -> Iterator[Edit]:
    """The parenthesis that closes a function call left out."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.text == "(" and at and tokens[at - 1].kind == "word" and token.depth > 0:
            end = tokens[closing(tokens, at)]
            if end.line == token.line:
                yield replace(text, end, "", "parenthesis dropped")


def dropped_end(text: str) -> Iterator[Edit]:
    """The END of a CASE left out."""
    for token in read(text):
        if token.low == "end":
            yield replace(text, token, "", "END of a CASE dropped")


def dropped_block_end(text: str) -> Iterator[Edit]:
    """An `endif` or `endfor` left out."""
    for token in read(text):
        if token.kind == "block" and ("endif" in token.text or "endfor" in token.text):
            yield replace(text, token, "", f"{token.text} dropped")


def dropped_brace(text: str) -> Iterator[Edit]:
    """A `}` of `}}` left out."""
    for token in read(text):
        if token.kind == "jinja":
            yield replace(text, token, token.text[:-1], "brace dropped")


def misspelled_keyword(text: str) -> Iterator[Edit]:
    """FROM, WHERE, GROUP, LEFT with two letters swapped."""
    swaps = {"from": "form", "where": "wehre", "group": "gruop", "left": "letf", "select": "slect"}
    for token in read(text):
        if token.low in swaps:
            yield replace(text, token, swaps[token.low], f"{token.low} misspelled")


def left_over_markers(text: str) -> Iterator[Edit]:
    """The markers of a merge left in the file."""
    lines = text.split("\n")
    middle = len(lines) // 2
    if middle > 2:
        new = [*lines[:middle], "<<<<<<< HEAD", lines[middle], "=======", lines[middle],
               ">>>>>>> feature", *lines[middle + 1 :]]  # fmt: skip
        yield Edit("\n".join(new), middle + 1, "conflict markers left in")
