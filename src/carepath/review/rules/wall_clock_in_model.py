"""A model reads the clock where it decides rows or values.

What it does
    Reports CURRENT_DATE, CURRENT_TIMESTAMP, GETDATE and the like, and dbt's run_started_at and
    modules.datetime, in WHERE, ON, HAVING and in computed values. Columns that record when a row
    was loaded are quiet.

Why it is bad
    The same data gives another result tomorrow: nothing can be reproduced or tested.

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

CLOCKS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime, exp.CurrentTime,
          exp.Localtime, exp.Localtimestamp)  # fmt: skip
NAMES = frozenset({"getdate", "sysdate", "now", "systimestamp"})
AUDIT = re.compile(
    r"(loaded|updated|created|inserted|processed|synced|refreshed|run|etl|dbt|batch|extracted|"
    r"ingested|modified|generated|built|as_of|snapshot|current|today|now|valid|end|expir|to)"
)

IN_JINJA = re.compile(r"\brun_started_at\b|\b(datetime|date)\s*\.\s*(now|utcnow|today)\s*\(")
WRITTEN = re.compile(r"^(2019|2020)-?\d\d-?\d\d")
"""What a date near the fixed clock of the rendering begins with."""


def check(context: Context) -> Iterator[Issue]:
    """Look for clocks in conditions and in values."""
    told_in_jinja = _texts(context)
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
                else:
                    subject = clause
                if (scope.path + subject) in told:
                    continue
                told.add(scope.path + subject)
                yield Issue(
                    subject=subject,
                    message="The clock decides which rows there are."
                    if clause != "select"
                    else f"{subject} depends on when the model runs.",
                    consequence="The same data gives another result tomorrow.",
                    fix="Pass the moment as a variable.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


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
