"""A model reads the clock where it decides rows or values.

What it does
    Reports CURRENT_DATE, CURRENT_TIMESTAMP, GETDATE and the like, and dbt's run_started_at and
    modules.datetime, in WHERE, ON, HAVING and in computed values. Columns that record when a row
    was loaded are quiet. A warning where a value is computed from a column and the clock and stays:
    in a snapshot, and in an incremental model that takes only new rows.

Why it is bad
    The same data gives another result tomorrow: nothing can be reproduced or tested. A stored age
    is that of the day it was loaded, whenever it is read.

For example
    where created_at >= current_date - 30

Use instead
    where created_at >= cast('{{ var("as_of") }}' as date) - 30
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import outcomes
from carepath.review.sql.writing import write

CLOCKS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime, exp.CurrentTime,
          exp.Localtime, exp.Localtimestamp)  # fmt: skip
NAMES = frozenset({"getdate", "sysdate", "now", "systimestamp"})
AUDIT = re.compile(
    r"loaded|updated|created|inserted|processed|synced|refreshed|extracted|ingested|modified|"
    r"generated|snapshot|current|today|expir|"
    r"(^|_)(run|etl|dbt|batch|built|as_of|now|valid|end|ended|until|to)(_|$)"
)

IN_JINJA = re.compile(r"\brun_started_at\b|\b(datetime|date)\s*\.\s*(now|utcnow|today)\s*\(")
WRITTEN = re.compile(r"^(2019|2020)-?\d\d-?\d\d")
"""What a date near the fixed clock of the rendering begins with."""


def check(context: Context) -> Iterator[Issue]:
    """Look for clocks in conditions and in values."""
    told_in_jinja = _texts(context)
    is_stored = _is_stored(context)
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        told: set[str] = set()
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                is_written = told_in_jinja != "" and _is_rendered(node, told_in_jinja)
                is_clock = isinstance(node, CLOCKS) or (
                    isinstance(node, exp.Anonymous) and node.name.lower() in NAMES
                )
                if not (is_clock or is_written) or clause in ("order", "group"):
                    continue
                if clause == "select":
                    alias = node.find_ancestor(exp.Alias)
                    if alias is None or alias.this is node or AUDIT.search(alias.alias.lower()):
                        continue
                    if is_written and not alias.this.find(exp.Column):
                        continue
                    subject = alias.alias.lower()
                    stays = is_stored and _is_aged(alias.this, node)
                else:
                    stays = False
                    subject = clause
                if (scope.path + subject) in told:
                    continue
                told.add(scope.path + subject)
                yield Issue(
                    subject=subject,
                    message="The clock decides which rows there are."
                    if clause != "select"
                    else f"{subject} depends on when the model runs"
                    + (", and stays as it was at its row's run." if stays else "."),
                    consequence="Rows of different runs hold values of different days."
                    if stays
                    else "The same data gives another result tomorrow.",
                    fix="Compute it where it is read, from the column."
                    if stays
                    else "Pass the moment as a variable.",
                    severity=Severity.WARNING if stays else None,
                    confidence=Confidence.LIKELY if stays else Confidence.POSSIBLE,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _is_stored(context: Context) -> bool:
    """True where a row keeps the values of the run that wrote it."""
    if context.model.kind == "snapshot":
        return True
    config = context.config
    if str(config.get("materialized")).lower() != "incremental":
        return False
    return str(config.get("incremental_strategy")).lower() == "microbatch" or any(
        variant.rendered.flags.get("is_incremental") for variant in context.resolved
    )


def _is_aged(value: exp.Expr, clock: exp.Expr) -> bool:
    """True for a value of a column and the clock; not for a moment that is kept from the future."""
    if value.find(exp.Column) is None or clock.find_ancestor(exp.Least) is not None:
        return False
    while isinstance(value, (exp.Paren, exp.Cast)):
        value = value.this
    against = clock.parent if isinstance(clock.parent, exp.Predicate) else None
    if not isinstance(value, (exp.Case, exp.If)) or against is None:
        return True
    compared = {write(column) for column in against.find_all(exp.Column)}
    return not any(write(outcome) in compared for outcome in outcomes(value))


def _texts(context: Context) -> str:
    """What is written in the model, its macros and the variables, where Jinja reads the clock."""
    snapshot = context.snapshot
    files = [context.model.file.path, *sorted(snapshot.macros(context.model))]
    text = "\n".join(snapshot.tree.text(path) or "" for path in files)
    return f"{text}\n{context.model.project.variables}" if IN_JINJA.search(text) else ""


def _is_rendered(node: exp.Expr, texts: str) -> bool:
    """True for a date that nobody wrote: it comes from the clock of the rendering."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        return False
    return WRITTEN.match(node.name) is not None and node.name[:10] not in texts


RULE = Rule(
    "DET001", "wall-clock-in-model", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING
)
