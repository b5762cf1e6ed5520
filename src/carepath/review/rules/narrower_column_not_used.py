"""A name says which rows count, and the expression takes the column of all of them.

What it does
    Reports `size(servers) as has_recent_telemetry` where the same list has a recent_servers: the
    name has a word (recent), and a column with that word before the one that is used stands beside.

Why it is bad
    The value is that of all rows, under the name of a few.

For example
    servers, recent_servers, array_size(servers) > 0 as has_recent_servers_or_not

Use instead
    servers, recent_servers, array_size(recent_servers) > 0 as has_recent_servers_or_not
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of

WORDS = frozenset(
    (
        *("recent", "active", "inactive", "new", "paid", "unpaid", "closed", "open", "current"),
        *("latest", "unique", "distinct", "valid", "invalid", "completed", "cancelled", "pending"),
        *("failed", "gross", "net", "daily", "weekly", "monthly", "deleted", "trial", "internal"),
        *("external", "premium", "won", "lost"),
    )
)


def check(context: Context) -> Iterator[Issue]:
    """Look at each computed column beside the others of its list."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item, used, better in _found(scope):
                yield Issue(
                    subject=item.alias.lower(),
                    message=f"{item.alias} is computed from {used}, and {better} stands beside.",
                    consequence="It tells of all rows, under the name of a few.",
                    fix=f"Compute it from {better}.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(item) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{better} is a column of the same list")],
                )


def _found(scope: Scope) -> Iterator[tuple[exp.Alias, str, str]]:
    names = {item.alias_or_name.lower() for item in scope.node.expressions}
    for item in scope.node.expressions:
        if not isinstance(item, exp.Alias) or isinstance(item.this, exp.Column):
            continue
        name = item.alias.lower()
        used = {column.name.lower() for column in item.this.find_all(exp.Column)}
        for column in used & names if len(used) == 1 else ():
            for word in WORDS.intersection(name.split("_")):
                better = f"{word}_{column}"
                if better in names and better != name and word not in column.split("_"):
                    yield item, column, better


RULE = Rule(
    "AGG051",
    "narrower-column-not-used",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
