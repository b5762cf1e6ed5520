"""A test that does not exist, or lacks an argument it needs.

What it does
    Looks up every generic test among dbt's own, the project's macros and the common packages;
    checks that accepted_values has values and relationships has to and field, and that the field
    exists where the other model is known completely.

Why it is bad
    dbt stops at parsing, or the test fails with a database error.

For example
    data_tests: [not_nul]

Use instead
    data_tests: [not_null]
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja.relations import RelationName
from carepath.review.naming import is_slip, listing, nearest
from carepath.review.nodes import REF_TEXT, NodeDoc, TestUse
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot, Space
from carepath.review.sql.names import loose

BUILT_IN = frozenset({"unique", "not_null", "accepted_values", "relationships"})


def check(context: Context) -> Iterator[Issue]:
    """Look up the tests of the model."""
    doc = context.model.doc
    if doc is None:
        return
    macros = context.space.renderer.owner
    known = BUILT_IN | {m.removeprefix("test_") for m in macros if m.startswith("test_")}
    for test in doc.every_test:
        if "." in test.name or "{{" in test.name:
            continue
        if test.name not in known:
            near = nearest(test.name, known, 0.75)
            if test.name in macros:
                near = None
            elif (near is None or not is_slip(test.name, near)) and (
                not context.space.project.configured or _is_partial(context, test.name, known)
            ):
                continue
            yield _issue(
                doc,
                test,
                f"There is no test {test.name}." + (f" Did you mean {near}?" if near else ""),
                f"Use {near}." if near else f"Define the test {test.name}, or remove it.",
            )
        elif test.name == "accepted_values" and "values" not in test.arguments:
            yield _issue(doc, test, "accepted_values has no values.", "Give it values.")
        elif test.name == "relationships" and not {"to", "field"} <= test.arguments.keys():
            yield _issue(doc, test, "relationships needs to and field.", "Give it both.")
        if test.short == "relationships":
            yield from _field(context.snapshot, context.space, doc, test)


def check_change(change: Change) -> Iterator[Issue]:
    """Look up the fields of tests of other models, which the change has not come by."""
    seen = {model.id for model in change.affected()}
    for model in change.head.models.values():
        before = change.counterpart(model)
        if model.id in seen or before is None:
            continue
        known = {issue.subject for issue in _fields(change.base, before)}
        yield from (i for i in _fields(change.head, model) if i.subject not in known)


def _fields(snapshot: Snapshot, model: Model) -> Iterator[Issue]:
    for test in model.doc.every_test if model.doc is not None else ():
        if test.short == "relationships" and model.doc is not None:
            yield from _field(snapshot, snapshot.space_of(model), model.doc, test)


def _is_partial(context: Context, name: str, known: set[str] | frozenset[str]) -> bool:
    """True where the file that defines the project's tests is probably not in this tree."""
    change = context.change
    if change is not None and any(f"test_{name}" in s.renderer.owner for s in change.base.spaces):
        return False
    if known == BUILT_IN and not context.space.renderer.owner:
        return True
    slot = f"missing tests|{context.space.project.root}"
    missing = context.snapshot.local.get(slot)
    if missing is None:
        missing = {}
        for doc in context.space.docs.models.values():
            for test in doc.every_test:
                if test.name not in known and "." not in test.name and "{{" not in test.name:
                    missing[test.name] = missing.get(test.name, 0) + 1
        context.snapshot.local[slot] = missing
    return len(missing.keys() - {name}) > 0 or missing.get(name, 0) > 2


def _field(snapshot: Snapshot, space: Space, doc: NodeDoc, test: TestUse) -> Iterator[Issue]:
    to, field = test.arguments.get("to"), test.arguments.get("field")
    match = REF_TEXT.search(to) if isinstance(to, str) else None
    if match is None or not isinstance(field, str) or not field.isidentifier():
        return
    name = RelationName("ref", match["a"] if match["b"] else None, match["b"] or match["a"])
    target = snapshot.find(space, name)
    if target is None:
        return
    relation = snapshot.facts(target).relation
    columns = {loose(column.name) for column in relation.columns}
    if not relation.is_closed or loose(field) in columns:
        return
    near = nearest(loose(field), columns, 0.7)
    issue = _issue(
        doc,
        test,
        f"{target.name} has no column {field}." + (f" Did you mean {near}?" if near else ""),
        f"Use {near}." if near else f"Name a column of {target.name}.",
    )
    lines = test.arguments["__lines__"]
    issue.place = Place(doc.file, lines.get("field", test.line))
    issue.subject = f"{target.name}.{field}"
    issue.evidence = [Evidence(f"it puts out {listing(sorted(columns), 14)}")]
    yield issue


def _issue(doc: NodeDoc, test: TestUse, message: str, fix: str) -> Issue:
    return Issue(
        subject=f"{test.column or ''} {test.name}",
        message=message,
        consequence="dbt stops, or the test fails with a database error.",
        fix=fix,
        confidence=Confidence.CERTAIN,
        place=Place(doc.file, test.line),
    )


RULE = Rule("TST004", "unknown-test", Severity.ERROR, __doc__ or "", check, check_change)
