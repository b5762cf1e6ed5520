"""Bugs that build and are wrong: joins, grain, aggregates, nulls, literals, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.mutations.source import (
    Edit,
    Token,
    arguments,
    clause,
    closing,
    columns,
    conditions,
    cut,
    joins,
    misspell,
    read,
    replace,
    selects,
    words,
)


def dropped_join_condition(text: str) -> Iterator[Edit]:
    """One of several conditions of a join left out."""
    tokens = read(text)
    for join in joins(tokens):
        parts = conditions(tokens, join.first, join.last)
        for first, last in parts[1:]:
            if any(t.text == "=" for t in tokens[first : last + 1]):
                start = tokens[first - 1]
                yield Edit(text[: start.start] + text[tokens[last].end :],
                           tokens[join.first].line, "join condition dropped")  # fmt: skip


def swapped_join_key(text: str) -> Iterator[Edit]:
    """A column of a join condition exchanged for another of the same side."""
    tokens = read(text)
    of: dict[str, list[str]] = {}
    for at in columns(tokens):
        names = of.setdefault(tokens[at - 2].low, [])
        if tokens[at].low not in names:
            names.append(tokens[at].low)
    for join in joins(tokens):
        for at in range(join.first, join.last + 1):
            if tokens[at].text == "." and tokens[at + 1].kind == "word":
                alias, column = tokens[at - 1].low, tokens[at + 1].low
                others = [n for n in of.get(alias, []) if n != column and n.endswith("_id")]
                for other in others[:1]:
                    yield replace(text, tokens[at + 1], other, f"joined by {other}")


def compared_with_itself(text: str) -> Iterator[Edit]:
    """`a.x = b.x` written as `a.x = a.x`."""
    tokens = read(text)
    for join in joins(tokens):
        for at in range(join.first + 3, join.last - 1):
            t = tokens[at : at + 4]
            if t[0].text == "=" and t[1].kind == "word" and len(t) > 3 and t[2].text == ".":
                left = tokens[at - 3]
                if left.kind == "word" and tokens[at - 1].low == t[3].low and left.low != t[1].low:
                    yield replace(text, t[1], left.text, "a column compared with itself")


def left_to_inner(text: str) -> Iterator[Edit]:
    """LEFT JOIN written as INNER JOIN."""
    for join in joins(tokens := read(text)):
        if tokens[join.at].low == "left":
            yield replace(text, tokens[join.at], "inner", "left join made inner")


def filtered_right_side(text: str) -> Iterator[Edit]:
    """A condition on the optional side of a left join, in WHERE."""
    tokens = read(text)
    for join in joins(tokens):
        if tokens[join.at].low != "left":
            continue
        used = next((tokens[a].text for a in columns(tokens) if tokens[a - 2].low == join.alias
                     and tokens[a].line < tokens[join.at].line), None)  # fmt: skip
        where = clause(tokens, join.select, "where")
        if used is None:
            continue
        extra = f"{join.alias}.{used} <> ''"
        if where is not None:
            end = tokens[where[1]]
            yield Edit(text[: end.end] + f" and {extra}" + text[end.end :], end.line, "filtered")
        elif not any(clause(tokens, join.select, w) for w in ("group", "order", "qualify")):
            end = tokens[min(join.select.end, len(tokens)) - 1]
            if end.kind != "block":
                yield Edit(text[: end.end] + f"\nwhere {extra}" + text[end.end :], end.line + 1,
                           "right side filtered")  # fmt: skip


def dropped_on(text: str) -> Iterator[Edit]:
    """A join whose condition is `true`."""
    tokens = read(text)
    for join in joins(tokens):
        yield cut(text, tokens[join.first], tokens[join.last], "true", "join without condition")


def dropped_group_column(text: str) -> Iterator[Edit]:
    """A column of GROUP BY left out."""
    tokens = read(text)
    for select in selects(tokens):
        part = clause(tokens, select, "group")
        if part is None:
            continue
        first, last = part
        depth = tokens[first].depth
        commas = [p for p in range(first, last + 1)
                  if tokens[p].text == "," and tokens[p].depth == depth]  # fmt: skip
        for comma in commas[-1:]:
            yield Edit(text[: tokens[comma].start] + text[tokens[last].end :],
                       tokens[first].line, "column of GROUP BY dropped")  # fmt: skip


def _unwrapped(text: str, name: str) -> Iterator[Edit]:
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low == name and words(tokens, at + 1, "("):
            parts = arguments(tokens, at + 1)
            if len(parts) == 2:
                inner = text[tokens[parts[0][0]].start : tokens[parts[0][1]].end]
                end = tokens[closing(tokens, at + 1)]
                yield cut(text, token, end, inner, f"{name} dropped")


def dropped_coalesce(text: str) -> Iterator[Edit]:
    """`coalesce(x, 0)` written as `x`."""
    return _unwrapped(text, "coalesce")


def dropped_nullif(text: str) -> Iterator[Edit]:
    """`nullif(x, 0)` written as `x`."""
    return _unwrapped(text, "nullif")


def dropped_distinct(text: str) -> Iterator[Edit]:
    """SELECT DISTINCT written as SELECT."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low == "distinct" and tokens[at - 1].low == "select":
            yield replace(text, token, "", "distinct dropped")


def dropped_count_distinct(text: str) -> Iterator[Edit]:
    """`count(distinct x)` written as `count(x)`."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low == "distinct" and tokens[at - 1].text == "(" and tokens[at - 2].low == "count":
            yield replace(text, token, "", "distinct of a count dropped")


def dropped_dedup(text: str) -> Iterator[Edit]:
    """QUALIFY, or the filter `rn = 1`, left out."""
    tokens = read(text)
    for select in selects(tokens):
        part = clause(tokens, select, "qualify")
        if part is not None:
            yield cut(text, tokens[part[0] - 1], tokens[part[1]], "", "qualify dropped")
        part = clause(tokens, select, "where")
        if part is None:
            continue
        for first, last in conditions(tokens, *part):
            piece = tokens[first : last + 1]
            is_first = len(piece) in (3, 5) and piece[-2].text == "=" and piece[-1].text == "1"
            if is_first and re.search(r"row|rn|rank|num|latest|recent|index", piece[-3].low):
                is_all = len(conditions(tokens, *part)) == 1
                start = tokens[first - 1] if first > part[0] or is_all else piece[0]
                yield cut(text, start, piece[-1], "", "row_number() = 1 dropped")


def dropped_window_order(text: str) -> Iterator[Edit]:
    """The ORDER BY of a ROW_NUMBER left out."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low == "row_number" and words(tokens, at + 1, "(", ")", "over", "("):
            end = closing(tokens, at + 4)
            for position in range(at + 5, end):
                if tokens[position].low == "order" and position > at + 5:
                    yield cut(text, tokens[position], tokens[end - 1], "", "order dropped")


def dropped_partition_column(text: str) -> Iterator[Edit]:
    """One of several columns of PARTITION BY of a ROW_NUMBER left out."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low == "row_number" and words(tokens, at + 1, "(", ")", "over", "("):
            end = closing(tokens, at + 4)
            order = next((p for p in range(at + 5, end) if tokens[p].low == "order"), end)
            commas = [p for p in range(at + 5, order)
                      if tokens[p].text == "," and tokens[p].depth == token.depth + 1]  # fmt: skip
            for comma in commas[-1:]:
                yield cut(text, tokens[comma], tokens[order - 1], "", "partition column dropped")


def swapped_union_columns(text: str) -> Iterator[Edit]:
    """Two neighbouring columns of a UNION branch swapped."""
    tokens = read(text)
    for select in selects(tokens):
        before = [t.low for t in tokens[max(0, select.at - 3) : select.at]]
        if "union" not in before:
            continue
        for (a, b), (c, d) in zip(select.items, select.items[1:], strict=False):
            one = text[tokens[a].start : tokens[b].end]
            two = text[tokens[c].start : tokens[d].end]
            between = text[tokens[b].end : tokens[c].start]
            new = text[: tokens[a].start] + two + between + one + text[tokens[d].end :]
            yield Edit(new, tokens[a].line, "columns of a branch swapped")


def swapped_min_max(text: str) -> Iterator[Edit]:
    """MIN and MAX exchanged on a column named first, last, ..."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low in ("min", "max") and words(tokens, at + 1, "("):
            end = closing(tokens, at + 1)
            if end + 2 < len(tokens) and tokens[end + 1].low == "as":
                name = tokens[end + 2].low
                if re.search(r"(^|_)(first|last|min|max|earliest|latest|newest|oldest)(_|$)", name):
                    other = "max" if token.low == "min" else "min"
                    yield replace(text, token, other, f"{token.low} made {other}")


def equals_null(text: str) -> Iterator[Edit]:
    """IS NULL written as = NULL."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low == "is" and words(tokens, at + 1, "null"):
            yield replace(text, token, "=", "is null made = null")
        if token.low == "is" and words(tokens, at + 1, "not", "null"):
            yield cut(text, token, tokens[at + 1], "!=", "is not null made != null")


def integer_division(text: str) -> Iterator[Edit]:
    """The `* 1.0` or the cast that keeps a quotient from being whole left out."""
    for match in re.finditer(r"\s*\*\s*1\.0*\b|\b1\.0*\s*\*\s*|::(float|numeric|double)\b", text):
        near = text[max(0, match.start() - 80) : match.end() + 80]
        if "/" in near:
            line = text.count("\n", 0, match.start()) + 1
            yield Edit(text[: match.start()] + text[match.end() :], line, "whole division")


def _literals(text: str) -> Iterator[tuple[list[Token], int]]:
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.kind == "string" and re.search(r"[a-zA-Z]{3}", token.text) and at:
            before = tokens[at - 1].low
            if before in ("=", "!=", "<>", "when") or _in_list(tokens, at):
                yield tokens, at


def _in_list(tokens: list[Token], at: int) -> bool:
    while (at and tokens[at].kind in ("string",)) or tokens[at].text in (",",):
        at -= 1
    return tokens[at].text == "(" and tokens[at - 1].low == "in"


def literal_case(text: str) -> Iterator[Edit]:
    """A text compared with, in the other case."""
    for tokens, at in _literals(text):
        token = tokens[at]
        new = token.text.upper() if token.text != token.text.upper() else token.text.lower()
        yield replace(text, token, new, f"{token.text} written {new}")


def literal_typo(text: str) -> Iterator[Edit]:
    """A text compared with, two letters swapped."""
    for tokens, at in _literals(text):
        new = "'" + misspell(tokens[at].text.strip("'")) + "'"
        yield replace(text, tokens[at], new, f"{tokens[at].text} written {new}")


def glued_literals(text: str) -> Iterator[Edit]:
    """The comma between two texts of a list left out."""
    tokens = read(text)
    for at in range(1, len(tokens) - 1):
        if tokens[at].text == "," and tokens[at - 1].kind == tokens[at + 1].kind == "string":
            yield replace(text, tokens[at], "", "comma between texts dropped")


def and_made_or(text: str) -> Iterator[Edit]:
    """AND between conditions of WHERE written as OR."""
    tokens = read(text)
    for select in selects(tokens):
        part = clause(tokens, select, "where")
        parts = conditions(tokens, *part) if part else []
        if len(parts) > 2:
            first = parts[1][0]
            yield replace(text, tokens[first - 1], "or", "and made or")


def count_else_zero(text: str) -> Iterator[Edit]:
    """`sum(case ... else 0 end)` written as `count(...)`."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low == "sum" and words(tokens, at + 1, "(", "case"):
            end = closing(tokens, at + 1)
            if words(tokens, end - 3, "else", "0", "end"):
                yield replace(text, token, "count", "sum of a CASE made a count")


def closed_interval(text: str) -> Iterator[Edit]:
    """`x >= a and x < b` written with `<=`: the intervals overlap."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.text == "<" and any(t.text == ">=" for t in tokens[max(0, at - 12) : at]):
            yield replace(text, token, "<=", "half-open interval closed")


def wrong_truncation(text: str) -> Iterator[Edit]:
    """A date truncated to another unit."""
    tokens = read(text)
    swaps = {"day": "month", "week": "month", "month": "week", "quarter": "month", "year": "month"}
    for at, token in enumerate(tokens):
        if token.low == "date_trunc" and words(tokens, at + 1, "("):
            for position in range(at + 2, closing(tokens, at + 1)):
                unit = tokens[position].low.strip("'")
                if unit in swaps:
                    new = tokens[position].text.lower().replace(unit, swaps[unit])
                    yield replace(text, tokens[position], new, f"{unit} made {swaps[unit]}")


def swapped_difference(text: str) -> Iterator[Edit]:
    """The two dates of a DATEDIFF exchanged."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low in ("datediff", "date_diff", "timestampdiff") and words(tokens, at + 1, "("):
            parts = arguments(tokens, at + 1)
            if len(parts) == 3:
                pairs = [(tokens[a], tokens[b]) for a, b in parts]
                one, two = (1, 2) if token.low != "date_diff" or pairs[0][0].line else (0, 1)
                a, b = pairs[one], pairs[two]
                left = text[a[0].start : a[1].end]
                right = text[b[0].start : b[1].end]
                new = text[: a[0].start] + right + text[a[1].end : b[0].start] + left
                yield Edit(new + text[b[1].end :], token.line, "dates of a difference swapped")


def copied_column(text: str) -> Iterator[Edit]:
    """The expression of the column above copied, its alias adapted and its column not."""
    tokens = read(text)
    for select in selects(tokens):
        for (a, b), (c, d) in zip(select.items, select.items[1:], strict=False):
            if tokens[b - 1].low == "as" == tokens[d - 1].low and b - a == d - c > 2:
                one, two = tokens[a : b - 1], tokens[c : d - 1]
                differ = [n for n, (x, y) in enumerate(zip(one, two, strict=True))
                          if x.low != y.low]  # fmt: skip
                if len(differ) == 1 and two[differ[0]].kind in ("word", "string"):
                    here = two[differ[0]]
                    yield replace(text, here, one[differ[0]].text, "copied and not adapted")


def debugging_limit(text: str) -> Iterator[Edit]:
    """`limit 100` left at the end."""
    if not re.search(r"(?i)\blimit\b", text):
        body = text.rstrip().rstrip(";")
        if not body.endswith("}"):
            yield Edit(body + "\nlimit 100\n", body.count("\n") + 2, "limit left in")


def doubled_column(text: str) -> Iterator[Edit]:
    """An output column listed twice."""
    tokens = read(text)
    for select in list(selects(tokens))[-1:]:
        for first, last in select.items[:-1]:
            if tokens[first].line == tokens[last].line and "*" not in tokens[last].text:
                piece = text[tokens[first].start : tokens[last].end]
                end = tokens[last].end
                yield Edit(text[:end] + ",\n    " + piece + text[end:], tokens[last].line + 1,
                           "column listed twice")  # fmt: skip


def summed_identifier(text: str) -> Iterator[Edit]:
    """`count(x_id)` written as `sum(x_id)`."""
    tokens = read(text)
    for at, token in enumerate(tokens):
        if token.low == "count" and words(tokens, at + 1, "("):
            end = closing(tokens, at + 1)
            if tokens[end - 1].low.endswith("_id") and tokens[at + 2].low != "distinct":
                yield replace(text, token, "sum", "count of an identifier made a sum")
