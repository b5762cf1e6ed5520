"""An expression in YAML reads a column that the model does not put out.

What it does
    Looks up the columns that expression tests and test filters (`expression`, `where`), unit
    tests (the rows given and expected) and semantic models name, where the model is known
    completely.

Why it is bad
    The test, or the metric, fails with a database error.

For example
    - dbt_utils.expression_is_true: {expression: "total_amout >= 0"}

Use instead
    - dbt_utils.expression_is_true: {expression: "total_amount >= 0"}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja.relations import RelationName
from carepath.review.naming import listing, nearest
from carepath.review.nodes import Reading
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Snapshot, Space
from carepath.review.sql.names import DATE_PARTS, PSEUDO, loose
from carepath.review.sql.parse import parse
from carepath.review.sql.relation import Relation


def check(context: Context) -> Iterator[Issue]:
    """Look up the columns in the expressions of the model's tests."""
    doc, relation = context.model.doc, context.analysis.relation
    if doc is None or not relation.is_closed or not relation.columns:
        return
    for test in doc.every_test:
        config = test.arguments.get("config")
        texts = {"where": config.get("where") if isinstance(config, dict) else None}
        texts.update({key: test.arguments.get(key) for key in ("where", "row_condition")
                      if key in test.arguments})  # fmt: skip
        if test.short == "expression_is_true" and test.column is None:
            texts["expression"] = test.arguments.get("expression")
        for key, text in texts.items():
            if not isinstance(text, str) or "{{" in text or "select" in text.lower():
                continue
            for name in _columns(text, context.dialect):
                if name not in {loose(column.name) for column in relation.columns}:
                    line = test.arguments["__lines__"].get(key, test.line)
                    yield _issue(context.model.name, name, doc.file, line, relation, test.name)


def check_change(change: Change) -> Iterator[Issue]:
    """Look up the columns of unit tests and semantic models."""
    before = {_key(space, r) for space in change.base.spaces for r in _missing(change.base, space)}
    for space in change.head.spaces:
        for reading in _missing(change.head, space):
            target = change.head.find(space, RelationName("ref", None, reading.model))
            old = change.counterpart(target) if target is not None else None
            at_base = _renamed(reading, old.name) if old is not None else reading
            if _key(space, at_base) in before:
                continue
            if target is not None:
                relation = change.head.facts(target).relation
                yield _issue(reading.model, reading.column, reading.file, reading.line, relation,
                             reading.where)  # fmt: skip


def _renamed(reading: Reading, name: str) -> Reading:
    """The reading as it was before its model got another name."""
    return replace(reading, model=name, where=reading.where.replace(reading.model, name))


def _key(space: Space, reading: Reading) -> tuple[str, str, str, str]:
    return space.project.name, reading.model, reading.column.lower(), reading.where


def _missing(snapshot: Snapshot, space: Space) -> Iterator[Reading]:
    for reading in space.docs.readings:
        target = snapshot.find(space, RelationName("ref", None, reading.model))
        if target is None:
            continue
        relation = snapshot.facts(target).relation
        if relation.is_closed and relation.columns:
            names = {loose(column.name) for column in relation.columns}
            if loose(reading.column) not in names:
                yield reading


def _columns(text: str, dialect: str) -> Iterator[str]:
    parsed = parse(f"select 1 from t where ({text})", dialect, False)
    if parsed.tree is None or parsed.rejected_by:
        return
    for column in parsed.tree.find_all(exp.Column):
        name = loose(column.name)
        if (
            not column.table
            and name not in PSEUDO | DATE_PARTS
            and not column.this.args.get("quoted")
        ):
            yield name


def _issue(model: str, name: str, file: str, line: int, relation: Relation, where: str) -> Issue:
    produced = {loose(column.name) for column in relation.columns}
    near = nearest(loose(name), produced, 0.75)
    return Issue(
        subject=f"{model}.{loose(name)} {where}",
        message=f"{model} puts out no column {name}." + (f" Did you mean {near}?" if near else ""),
        consequence=f"{where} fails.",
        fix=f"Use {near}." if near else f"Put {name} out, or do not name it.",
        confidence=Confidence.LIKELY,
        place=Place(file, line),
        evidence=[Evidence(f"it puts out exactly: {listing(sorted(produced), 14)}")],
    )


RULE = Rule(
    "DOC006", "yaml-reads-missing-column", Severity.ERROR, __doc__ or "", check, check_change
)
