"""A missing comma turned the next column into an alias.

What it does
    Reports an expression whose alias stands on the next line, without AS, and is itself a column
    of the sources.

Why it is bad
    Two columns become one: the first under the second's name, the second lost.

For example
    select
        first_name
        last_name,
        email
    from {{ ref('users') }}

Use instead
    select
        first_name,
        last_name,
        email
    from {{ ref('users') }}
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at each alias that follows a line break without AS."""
    for variant in context.resolved:
        text = variant.rendered.text
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item in scope.node.expressions:
                if not isinstance(item, exp.Alias) or not isinstance(item.this, exp.Column):
                    continue
                alias = item.args["alias"]
                meta = alias._meta or {}
                before = start_of(item.this)
                if PATTERN.search(write(item)):
                    continue
                if before is None or "start" not in meta:
                    continue
                between = text[before : int(meta["start"])]
                words = between.lower().split()
                if "\n" not in between.rstrip(" \t") or "as" in words or "--" in between:
                    continue
                name = fold_identifier(alias, context.dialect)
                owner = next((b for b in scope.bindings.values() if name in b.relation.index), None)
                closed = all(b.relation.is_closed for b in scope.bindings.values())
                if owner is None and closed:
                    continue
                proven = owner is not None
                written = between.split("\n")[0].rstrip()
                yield Issue(
                    subject=f"{write(item.this)} {name}",
                    message=f"A comma is missing after {shown(item.this)}: "
                    f"{alias.name} became its alias.",
                    consequence=f"{item.this.name} is put out as {alias.name}; the real "
                    f"{alias.name} is lost.",
                    fix=f"Put a comma after {shown(item.this)}.",
                    severity=Severity.ERROR if proven else Severity.WARNING,
                    confidence=Confidence.CERTAIN if proven else Confidence.LIKELY,
                    offset=before,
                    mend=(written, f"{written},") if proven else None,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(f"{owner.name} has a column {alias.name}")
                        if owner is not None
                        else Evidence("the alias stands on its own line, without AS")
                    ],
                )


RULE = Rule("SQL002", "swallowed-comma", Severity.ERROR, __doc__ or "", check)
