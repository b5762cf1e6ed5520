"""A model with unit tests gains a CASE that none of them was changed for.

What it does
    Reports a CASE or a WHERE condition that the change adds to a model which has unit tests, where
    the change touches none of the files these tests stand in.

Why it is bad
    The tests go on passing, and nobody has said what the new branch should give.

For example
    case when segment = 'loyal' then 'a' else 'b' end as tier   -- the unit tests know no tier

Use instead
    -- add a row to the unit test that reaches the new branch
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.pairs import edited, items, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Compare the branches of a tested model with those at base."""
    change = context.change
    tests = [(f, line) for name, f, line in context.space.docs.unit_tests
             if name == context.model.name]  # fmt: skip
    if change is None or not tests or any(file in change.changed_files for file, _ in tests):
        return
    for variant, scope, before in edited(context):
        known = {plain(node) for node in before.node.find_all(exp.Case, exp.If)}
        old = items(before)
        for alias, expression in items(scope).items():
            branches = list(expression.find_all(exp.Case, exp.If))
            if not any(plain(node) not in known for node in branches):
                continue
            if alias in old and _values(old[alias]) == _values(expression):
                continue
            yield Issue(
                subject=alias,
                message=f"{alias} has a new branch that no unit test of {context.model.name} "
                "was changed for.",
                consequence="Nothing says what it should give.",
                fix="Add a row to a unit test that reaches it.",
                confidence=Confidence.POSSIBLE,
                offset=start_of(expression) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence("a unit test of the model", Place(*tests[0]))],
            )
            return


def _values(tree: exp.Expr) -> list[str]:
    """The outcomes of the branches of an expression."""
    found: list[str] = []
    for node in tree.find_all(exp.Case, exp.If):
        branches = node.args.get("ifs") or [node]
        found += [plain(b.args["true"]) for b in branches if b.args.get("true") is not None]
    return found


RULE = Rule(
    "TST003", "new-logic-without-test", Severity.NOTE, __doc__ or "", check, ceiling=Severity.NOTE
)
