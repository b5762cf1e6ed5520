"""YAML names a column that the model does not put out.

What it does
    Compares the documented columns, and the columns that tests name, with what the SQL puts out,
    where that is known completely.

Why it is bad
    A test on a column that is not there fails with a database error; a description of it is lost.

For example
    columns: [{name: custmer_id, data_tests: [not_null]}]   # the model puts out customer_id

Use instead
    columns: [{name: customer_id, data_tests: [not_null]}]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.naming import listing, nearest
from carepath.review.nodes import NodeDoc
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.names import loose

LISTS = (
    "combination_of_columns",
    "column_list",
    "columns",
    "group_by_columns",
    "column_names",
    "partition_by",
)


def check(context: Context) -> Iterator[Issue]:
    """Compare YAML with the closed output of the model."""
    doc, relation = context.model.doc, context.analysis.relation
    if doc is None or not relation.is_closed or not relation.columns:
        return
    produced = {loose(column.name) for column in relation.columns}
    documented = {loose(column.name) for column in doc.columns}
    contract = context.config.get("contract")
    enforced = isinstance(contract, dict) and contract.get("enforced") is True
    for column in doc.columns:
        name = loose(column.name)
        if name in produced or "{{" in name or " " in name or "." in name:
            continue
        near = nearest(name, produced - documented, 0.75)
        tests = [test.name for test in column.tests]
        yield _issue(
            context,
            doc,
            column.name,
            column.line,
            near,
            produced,
            Severity.ERROR if tests or enforced else Severity.NOTE,
            f"its test {tests[0]} cannot run"
            if tests
            else ("the contract cannot be met" if enforced else "its description is lost"),
        )
    for test in doc.tests:
        for key in LISTS:
            value: Any = test.arguments.get(key)
            line = test.arguments["__lines__"].get(key, test.line)
            for index, item in enumerate(value if isinstance(value, list) else []):
                name = loose(str(item))
                if not name.isidentifier() or name in produced:
                    continue
                where = value.lines[index] if hasattr(value, "lines") else line
                yield _issue(
                    context,
                    doc,
                    str(item),
                    where,
                    nearest(name, produced, 0.75),
                    produced,
                    Severity.ERROR,
                    f"the test {test.name} cannot run",
                )


def _issue(
    context: Context,
    doc: NodeDoc,
    name: str,
    line: int,
    near: str | None,
    produced: set[str],
    severity: Severity,
    consequence: str,
) -> Issue:
    return Issue(
        subject=loose(name),
        message=f"{context.model.name} puts out no column {name}."
        + (f" Did you mean {near}?" if near else ""),
        consequence=f"{consequence[0].upper()}{consequence[1:]}.",
        fix=f"Use {near}." if near else f"Remove {name} from the YAML, or put it out.",
        severity=severity,
        confidence=Confidence.CERTAIN,
        place=Place(doc.file, line),
        evidence=[
            Evidence(
                f"the SQL puts out exactly: {listing(sorted(produced), 14)}",
                Place(context.model.file.path, 1),
            )
        ],
    )


RULE = Rule("DOC001", "documented-column-not-produced", Severity.ERROR, __doc__ or "", check)
