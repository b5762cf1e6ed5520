"""The change takes a column out of the PARTITION BY that numbers rows.

What it does
    Compares ROW_NUMBER, RANK, LAG, LEAD, FIRST_VALUE and LAST_VALUE with the same window at base:
    reports a PARTITION BY that names fewer columns, in the same order as before.

Why it is bad
    Where the numbered rows are deduplicated, rows of other groups are thrown away.

For example
    row_number() over (partition by order_id order by updated_at desc)   -- was: order_id, shop_id

Use instead
    row_number() over (partition by order_id, shop_id order by updated_at desc)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.facts import declared_keys
from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place, edited, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown

NUMBERING = (
    exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue,
)  # fmt: skip


def check(context: Context) -> Iterator[Issue]:
    """Compare the windows of each scope with those at base."""
    tested = {name for columns, _, _ in declared_keys(context.model.doc) for name in columns}
    for variant, scope, before in edited(context):
        theirs = _windows(before)
        for shape, window in _windows(scope).items():
            old = theirs.get(shape)
            if old is None:
                continue
            ours = {plain(part) for part in window.args.get("partition_by") or []}
            gone = [p for p in old.args.get("partition_by") or [] if plain(p) not in ours]
            fewer = len(gone) == len(old.args.get("partition_by") or []) - len(ours)
            if not gone or not fewer or _is_lost(scope, gone):
                continue
            names = ", ".join(plain(part) for part in gone)
            counts = any(part.name.lower() in tested for part in gone)
            yield Issue(
                subject=f"{shape} {names}"[:120],
                message=f"{window.this.sql_name()} is no longer partitioned by {names}.",
                consequence="Rows that differ in it are numbered together"
                + (", although a test counts it to the key." if counts else "."),
                fix=f"Partition by {names} too, unless one row for all of them is meant.",
                severity=Severity.WARNING if counts else Severity.NOTE,
                confidence=Confidence.LIKELY if counts else Confidence.POSSIBLE,
                offset=start_of(window) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {shown(old)[:200]}", base_place(context))],
            )


def _windows(scope: Scope) -> dict[str, exp.Window]:
    """The numbering windows of a scope by what they are apart from their partition."""
    found: dict[str, exp.Window] = {}
    for node, _ in nodes_of(scope):
        if isinstance(node, exp.Window) and isinstance(node.this, NUMBERING):
            alias = node.parent.alias if isinstance(node.parent, exp.Alias) else ""
            order = node.args.get("order")
            text = f"{plain(node.this)} {plain(order) if order is not None else ''} {alias}"
            found.setdefault(text, node)
    return found


def _is_lost(scope: Scope, parts: list[exp.Expr]) -> bool:
    """True where the sources no longer have the column: it had to go."""
    known = [b.relation for b in scope.bindings.values() if not b.hidden]
    if not known or not all(relation.is_closed for relation in known):
        return False
    names = {part.name.lower() for part in parts if isinstance(part, exp.Column)}
    return any(all(relation.get(name) is None for relation in known) for name in names)


RULE = Rule(
    "GRAIN007",
    "partition-column-removed",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
