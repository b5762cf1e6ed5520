"""The SQL makes a value that the accepted_values test does not allow.

What it does
    Where the values of an output column are proven by the SQL (a CASE, constants), compares them
    with the accepted_values test of the column; a LOWER or UPPER with tested values that are all of
    the other case. Where the column is passed on, and its test upstream, or the seed it comes from,
    has values that this one lacks and lacks values that this one has, it warns. So it does where
    only the ELSE of a CASE makes the value: its other branches may leave nothing over, and the test
    may be there to tell.

Why it is bad
    The test fails as soon as a row takes that branch; or the branch has a typo. One of the two is
    wrong.

For example
    case when n > 1 then 'returning' else 'new' end as kind   -- accepted_values: [new, returned]

Use instead
    -- accepted_values: [new, returning]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from carepath.review.facts import accepted_values
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.naming import listing
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution
from carepath.review.sql.definitions import output_definition
from carepath.review.sql.names import loose


def check(context: Context) -> Iterator[Issue]:
    """Compare proven values with declared ones."""
    doc = context.model.doc
    if doc is None:
        return
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for column in variant.resolution.output.columns:
            allowed = accepted_values(doc, loose(column.name))
            domain = column.domain
            if allowed is not None and domain is None:
                yield from _other_case(context, variant, column.name, *allowed)
            if allowed is None or domain is None:
                continue
            extra = sorted(domain.values - allowed[0])
            unused = sorted(allowed[0] - domain.values)
            is_declared = domain.strength == "declared"
            is_seed = domain.strength == "seed"
            is_renamed = bool(unused) and (is_declared or is_seed)
            if not extra or not (domain.strength == "sql" or is_renamed):
                # What a seed has more of may be filtered out by another column.
                continue
            is_rest = not unused and _is_rest(variant.resolution, column.name, extra)
            is_doubtful = "filter" in domain.proof or is_declared or is_rest or is_seed
            yield Issue(
                subject=f"{column.name} {' '.join(extra)}",
                message=f"{column.shown} can be {listing(map(repr, extra), 6)}, which its "
                "accepted_values test does not allow.",
                consequence="The test fails on each row that no WHEN takes."
                if is_rest
                else "The test fails; one of the two is wrong.",
                fix=f"Bring the two tests into line: only this one has "
                f"{listing(map(repr, unused), 4)}."
                if is_declared
                else f"Allow it in the test, or write {listing(map(repr, unused), 4)} in the "
                f"{'seed' if is_seed else 'SQL'}."
                if unused
                else "Allow it in the test, or do not make it.",
                severity=Severity.WARNING if is_doubtful else Severity.ERROR,
                confidence=Confidence.LIKELY
                if is_declared or is_rest or is_seed
                else Confidence.CERTAIN,
                place=Place(doc.file, allowed[1]),
                path=variant.resolution.scopes[0].path,
                evidence=[
                    Evidence(
                        f"{'upstream it is' if is_declared or is_seed else 'the SQL makes'} "
                        f"{listing(sorted(map(repr, domain.values)), 10)} "
                        f"({domain.proof})",
                        Place(context.model.file.path, 1),
                    ),
                    Evidence(f"the test allows {listing(sorted(map(repr, allowed[0])), 10)}"),
                ],
            )


CASES: dict[type[exp.Expr], Callable[[str], str]] = {exp.Lower: str.lower, exp.Upper: str.upper}
THROUGH = (exp.Trim, exp.Replace, exp.Coalesce, exp.Nullif, exp.Cast, exp.Paren)


def _other_case(
    context: Context, variant: Variant, name: str, values: frozenset[str], line: int
) -> Iterator[Issue]:
    """`lower(status)` of which the test allows capitals only."""
    assert variant.resolution is not None and context.model.doc is not None
    node = output_definition(variant.resolution, name)
    while isinstance(node, THROUGH):
        node = node.this
    turned = CASES.get(type(node)) if node is not None else None
    if turned is None or not values or any(turned(value) == value for value in values):
        return
    word = node.sql_name() if isinstance(node, exp.Func) else ""
    yield Issue(
        subject=f"{name} case",
        message=f"{name} is {word}(...), and its accepted_values test allows "
        f"{listing(map(repr, sorted(values)), 6)}.",
        consequence="The test fails on every row; one of the two is wrong.",
        fix="Write the test's values as the SQL gives them, or leave the case alone.",
        confidence=Confidence.LIKELY,
        place=Place(context.model.doc.file, line),
        evidence=[Evidence(f"the SQL gives {word}(...)", Place(context.model.file.path, 1))],
    )


def _is_rest(resolution: Resolution, name: str, values: list[str]) -> bool:
    """True for the value of an ELSE that no WHEN gives."""
    node = output_definition(resolution, name)
    default = node.args.get("default") if isinstance(node, exp.Case) else None
    if not isinstance(node, exp.Case) or not isinstance(default, exp.Literal):
        return False
    given = {part.args["true"].name for part in node.args["ifs"] if part.args["true"].is_string}
    return default.is_string and values == [default.name] and default.name not in given


RULE = Rule("LIT006", "accepted-values-disagree", Severity.ERROR, __doc__ or "", check)
