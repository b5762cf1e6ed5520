"""A column is compared with a value it can never hold.

What it does
    Knows the values of a column from CASE branches, constants, seeds, filters and accepted_values
    tests, follows them through renames and CTEs, and reports a comparison with another value.

Why it is bad
    The condition is never true (or, negated, always true): rows are lost or kept without notice.

For example
    where status = 'Complete'     -- upstream: case ... then 'COMPLETE' else 'OPEN' end

Use instead
    where status = 'COMPLETE'
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.naming import listing, nearest
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import Comparison, comparisons, nodes_of
from carepath.review.sql.relation import Column
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Compare each literal with what its column can hold."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _folded(variant, scope)
        for found in comparisons(variant.resolution):
            domain, value = found.column.domain, found.literal.name
            if domain is None and (case := _wrong_case(found.column, value)) is not None:
                yield _case_issue(variant, found, *case)
            if domain is None or value in domain.values or not domain.values:
                continue
            if value == "":
                continue
            loose = {v.lower().replace(" ", "").replace("-", "_"): v for v in domain.values}
            same = loose.get(value.lower().replace(" ", "").replace("-", "_"))
            near = same or nearest(value, domain.values, 0.7)
            from_filter = "filter" in domain.proof
            proven = domain.strength == "sql" and not from_filter
            is_guard = found.clause == "select" or found.operator == "!="
            is_loose = domain.strength == "declared" and near is None and is_guard
            is_counted = found.clause == "select" and found.operator == "="
            if is_loose and not (is_counted and found.node.find_ancestor(exp.AggFunc)):
                # Against what may come one day, or a list that is not complete.
                continue
            told = (
                f"{found.column.shown} can only be {listing(sorted(map(repr, domain.values)), 10)}"
            )
            yield Issue(
                subject=f"{found.column.name} {value}",
                message=f"{found.column.shown} is never {value!r}."
                + (f" Did you mean {near!r}?" if near else ""),
                consequence="The condition is never true."
                if found.operator == "="
                else "The condition is always true.",
                fix=f"Use {near!r}."
                if near
                else f"Keep {value!r} in the filter before, or drop this condition."
                if from_filter
                else "Use one of its values; or one of the two is wrong, "
                "this condition or what defines the values.",
                severity=Severity.ERROR
                if proven
                else Severity.NOTE
                if is_loose
                else Severity.WARNING,
                confidence=Confidence.CERTAIN
                if proven
                else Confidence.POSSIBLE
                if is_loose
                else Confidence.LIKELY,
                offset=start_of(found.literal) or 0,
                variant=variant,
                path=found.scope.path,
                evidence=[Evidence(f"{told} ({domain.proof})")],
            )


def _wrong_case(column: Column, value: str) -> tuple[str, str] | None:
    """(what made the column so, how the text would have to be written)."""
    letters = [letter for letter in value if letter.isascii()]
    if "case:upper" in column.tags and any(letter.islower() for letter in letters):
        return "UPPER", value.upper()
    if "case:lower" in column.tags and any(letter.isupper() for letter in letters):
        return "LOWER", value.lower()
    return None


def _case_issue(variant: Variant, found: Comparison, function: str, right: str) -> Issue:
    return Issue(
        subject=f"{found.column.name} {found.literal.name}",
        message=f"{found.column.shown} is never {found.literal.name!r}: {function} made it so.",
        consequence="The condition is never true."
        if found.operator == "="
        else "The condition is always true.",
        fix=f"Use {right!r}.",
        severity=Severity.ERROR,
        confidence=Confidence.LIKELY,
        offset=start_of(found.literal) or 0,
        variant=variant,
        path=found.scope.path,
        evidence=[Evidence(f"{found.column.shown} is {function}(...) in this model or upstream")],
    )


def _folded(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """LOWER(x) compared with a text that is not lower case, and UPPER likewise."""
    for node, _ in nodes_of(scope):
        pairs: list[tuple[exp.Expr, exp.Expr]] = []
        if isinstance(node, (exp.EQ, exp.NEQ, exp.Like)):
            pairs = [(node.this, node.expression), (node.expression, node.this)]
        elif isinstance(node, exp.In):
            pairs = [(node.this, item) for item in node.expressions]
        for call, literal in pairs:
            if not isinstance(literal, exp.Literal) or not literal.is_string:
                continue
            text = literal.name
            if PATTERN.search(text):
                continue
            wrong = (isinstance(call, exp.Lower) and text != text.lower()) or (
                isinstance(call, exp.Upper) and text != text.upper()
            )
            if wrong:
                right = text.lower() if isinstance(call, exp.Lower) else text.upper()
                yield Issue(
                    subject=f"{write(call)[:60]} {text}",
                    message=f"{write(call)[:60]} is never {text!r}.",
                    consequence="The condition is never true."
                    if not isinstance(node, exp.NEQ)
                    else "The condition is always true.",
                    fix=f"Use {right!r}.",
                    severity=Severity.ERROR,
                    confidence=Confidence.CERTAIN,
                    offset=start_of(literal) or 0,
                    variant=variant,
                    path=scope.path,
                )


RULE = Rule("LIT001", "impossible-literal", Severity.WARNING, __doc__ or "", check)
