"""BETWEEN lets in an end that its name or a remark calls exclusive.

What it does
    Reports a BETWEEN, or a `<=`, whose end is called exclusive by its name (`ends_exclusive`), by
    its description in YAML, or by a remark beside it ("exclusive", "up to but not including").

Why it is bad
    BETWEEN lets both ends in: what lies on the boundary is counted in this period and in the next.

For example
    where ordered_at between period_start and period_end_exclusive

Use instead
    where ordered_at >= period_start and ordered_at < period_end_exclusive
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.placing import Placer
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

NAMED = re.compile(r"(^|_)(excl|exclusive)(_|$)")
END = r"(end|ends|upper|until)"
LAST = r"(exclusive|excluded|not included)\b(?!\s+(?!end|upper|bound|limit)\w)"
TOLD = re.compile(
    r"\bup to,? but (not including|excluding)\b|\bhalf[- ]open\b"
    rf"|\b{END}\b[^.;\n]{{0,30}}\b{LAST}|\bexclusive (of the )?{END}\b",
    re.I,
)
REMARK = re.compile(r"--([^\n]*)|{#(.*?)#}|/\*(.*?)\*/", re.S)


def check(context: Context) -> Iterator[Issue]:
    """Look at the upper end of each condition."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                high = _closed_end(node)
                if high is None:
                    continue
                fact = _called(context, variant, node, high)
                if not fact:
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:90]} lets the end in, which is exclusive.",
                    consequence="What lies on the boundary is counted in two periods.",
                    fix=f"Write < {shown(high)[:60]}.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(fact)],
                )


def _closed_end(node: exp.Expr) -> exp.Expr | None:
    if isinstance(node, exp.Between):
        end = node.args.get("high")
    elif isinstance(node, exp.LTE):
        end = node.right
    elif isinstance(node, exp.GTE):
        end = node.right if isinstance(node.right, exp.Column) else None
        # x_exclusive >= y: the end stands on the left.
        return node.left if isinstance(node.left, exp.Column) and _is_end(node.left) else None
    else:
        return None
    return end if isinstance(end, exp.Expr) else None


def _is_end(column: exp.Column) -> bool:
    return NAMED.search(column.name.lower()) is not None


def _called(context: Context, variant: Variant, node: exp.Expr, high: exp.Expr) -> str:
    """What calls the end exclusive."""
    inner = high
    while isinstance(inner, (exp.Cast, exp.Coalesce, exp.Paren, exp.Date, exp.TsOrDsToDate)):
        inner = inner.this
    if isinstance(inner, exp.Column):
        if _is_end(inner):
            return f"{inner.name} is named exclusive"
        assert variant.resolution is not None
        use = variant.resolution.uses.get(id(inner))
        root = use.column.direct or use.column.root if use is not None and use.column else None
        model = context.snapshot.models.get(root[0]) if root is not None else None
        described = model.doc.column(root[1]) if model is not None and model.doc and root else None
        if described is not None and TOLD.search(described.text):
            return f"the description of {inner.name}: {described.text[:100]}"
    if isinstance(node, exp.Between):
        return _remark(context, variant, node)
    return ""


def _remark(context: Context, variant: Variant, node: exp.Expr) -> str:
    """A remark on the line of the condition, or on the line above it."""
    source = context.analysis.source
    found = [
        (source.count("\n", 0, match.end()) + 1, next(t for t in match.groups() if t is not None))
        for match in REMARK.finditer(source)
        if TOLD.search(match[0])
    ]
    if not found:
        return ""
    placer = Placer(context.snapshot, context.model, context.analysis)
    place = placer.at(variant, start_of(node) or 0)
    if place.file != context.model.file.path:
        return ""
    told = next((text for line, text in found if 0 <= place.line - line <= 1), "")
    return f"a remark there: {told.strip()[:100]}" if told else ""


RULE = Rule(
    "LIT017",
    "closed-at-an-open-end",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
