"""A condition uses the alias of a column that this warehouse does not know there yet.

What it does
    Reports the alias of a computed column in WHERE (PostgreSQL, Trino, Athena, BigQuery, Spark,
    Databricks), in HAVING (PostgreSQL, Trino, Athena) and in GROUP BY (Trino, Athena), where no
    source has a column of that name.

Why it is bad
    The select list is computed after it: the query does not run.

For example
    select campaign_id, sum(spend) as spend_30d from days group by campaign_id having spend_30d > 0

Use instead
    select campaign_id, sum(spend) as spend_30d from days group by campaign_id having sum(spend) > 0
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of

UNSEEN = {
    "postgres": ("where", "having"),
    "trino": ("where", "having", "group"),
    "athena": ("where", "having", "group"),
    "bigquery": ("where",),
    "spark": ("where",),
    "databricks": ("where",),
}


def check(context: Context) -> Iterator[Issue]:
    """Look at the aliases each clause uses."""
    clauses = UNSEEN.get(context.dialect, ())
    for variant in context.resolved if clauses else []:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if not all(b.relation.is_closed for b in scope.bindings.values()):
                continue
            for use in scope.uses:
                if not use.alias or use.clause not in clauses or use.node.table:
                    continue
                if use.node.name.lower() not in scope.aliases:
                    continue
                yield Issue(
                    subject=f"{use.clause} {use.node.name.lower()}",
                    message=f"{use.node.name} is an alias of this SELECT, which "
                    f"{WORDS[use.clause]} cannot use in {context.dialect.title()}.",
                    consequence="The model does not build.",
                    fix="Write the expression again, or compute it in a CTE.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(use.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence("no source of this SELECT has a column of that name")],
                )


WORDS = {"where": "WHERE", "having": "HAVING", "group": "GROUP BY"}
RULE = Rule("SQL018", "alias-not-visible-yet", Severity.ERROR, __doc__ or "", check)
