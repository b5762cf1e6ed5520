"""A window is sorted or partitioned by a written text instead of a column.

What it does
    Reports a string, or a list of strings, in PARTITION BY or in the ORDER BY of a window: a name
    in quotes, or a list that a template printed as it is.

Why it is bad
    A text is the same in every row: all rows are one partition, or any row comes first.

For example
    row_number() over (partition by ['person_id'] order by seen_at desc) = 1

Use instead
    row_number() over (partition by person_id order by seen_at desc) = 1
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at each window."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.Window):
                    continue
                order = node.args.get("order")
                sorts = [o.this for o in order.expressions] if order is not None else []
                partitions = node.args.get("partition_by") or []
                for part, word in [(p, "PARTITION BY") for p in partitions] + [
                    (s, "ORDER BY") for s in sorts
                ]:
                    if not _is_text(part):
                        continue
                    yield Issue(
                        subject=f"{word} {write(part)}".lower()[:100],
                        message=f"{word} {shown(part)[:60]} is a text, the same in every row.",
                        consequence="All rows are one partition."
                        if word == "PARTITION BY"
                        else "Any row may come first.",
                        fix="Write the name of the column without quotes; join a list of names.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                    )


def _is_text(node: exp.Expr) -> bool:
    if isinstance(node, exp.Array):
        return bool(node.expressions) and all(_is_text(item) for item in node.expressions)
    return isinstance(node, exp.Literal) and node.is_string


RULE = Rule("GRAIN042", "sorted-by-a-text", Severity.WARNING, __doc__ or "", check)
