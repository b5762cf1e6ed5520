"""A column is compared with a value it can never hold.

What it does
    Knows the values of a column from CASE branches, constants, seeds, filters and accepted_values
    tests, follows them through renames and CTEs, and reports a comparison with another value; also
    where the model, or the source table of a base model, is named directly and not through ref.

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
from carepath.review.jinja.relations import OPEN_SCHEMA, SCHEMA
from carepath.review.jinja.unknown import PATTERN
from carepath.review.naming import listing, nearest
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Comparison, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import comparisons, nodes_of
from carepath.review.sql.relation import Column
from carepath.review.sql.values import equality
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Compare each literal with what its column can hold."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _folded(variant, scope)
            yield from _behind(context, variant, scope)
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
            if is_loose and not (is_counted and found.node.find_ancestor(exp.AggFunc, exp.Filter)):
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


def _behind(context: Context, variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`from raw.installs where platform = 'iOS'`, where stg_installs says 'ios'."""
    named = {
        name: binding.node
        for name, binding in scope.bindings.items()
        if not binding.is_cte
        and isinstance(binding.node, exp.Table)
        and isinstance(binding.node.this, exp.Identifier)
        and binding.node.db.lower() not in (SCHEMA, OPEN_SCHEMA)
        and not PATTERN.search(binding.node.name)
    }
    if not named:
        return
    for node, clause in nodes_of(scope):
        if clause not in ("where", "on") or not isinstance(node, (exp.EQ, exp.In)):
            continue
        found = equality(node)
        if found is None or (not found[0].table and len(scope.bindings) > 1):
            continue
        table = named.get(found[0].table.lower() or next(iter(scope.bindings)))
        column = _domain_behind(context, table, found[0].name.lower()) if table else None
        if column is None or column[1].domain is None:
            continue
        model, domain = column[0], column[1].domain
        for value in found[1]:
            near = nearest(value, domain.values, 0.7)
            folded = {v.lower(): v for v in domain.values}
            near = folded.get(value.lower(), near)
            if value in domain.values or not value or near is None:
                continue
            yield Issue(
                subject=f"{found[0].name.lower()} {value}",
                message=f"{found[0].name} is never {value!r}. Did you mean {near!r}?",
                consequence="The condition is never true.",
                fix=f"Use {near!r}.",
                confidence=Confidence.LIKELY,
                offset=start_of(node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[
                    Evidence(
                        f"{found[0].name} of {model} can only be "
                        f"{listing(sorted(map(repr, domain.values)), 10)} ({domain.proof})"
                    )
                ],
            )


def _domain_behind(context: Context, table: exp.Table, name: str) -> tuple[str, Column] | None:
    """The column of the model that a table is, or of the one base model that reads the source."""
    snapshot, space = context.snapshot, context.space
    model = space.models.get(table.name.lower())
    readers = [model] if model is not None and model.id != context.model.id else []
    if not readers:
        sources = [key for key in space.docs.sources if key[1].lower() == table.name.lower()]
        if len(sources) != 1:
            return None
        readers = [
            other
            for other in space.models.values()
            if other.kind == "model"
            and other.id != context.model.id
            and any(
                call.kind == "source" and (str(call.package), call.name) == sources[0]
                for call in snapshot.calls(other)
            )
        ]
    if len(readers) != 1:
        return None
    column = snapshot.facts(readers[0]).relation.get(name)
    return (readers[0].name, column) if column is not None else None


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
                    message=f"{shown(call)[:60]} is never {text!r}.",
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
