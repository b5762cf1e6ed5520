"""An incremental model loads rows again that it has, and has no key to replace them by.

What it does
    Reports an incremental model without unique_key, appended to, whose condition reaches back
    behind the newest row it holds: `>= max(...)`, or the maximum less some days.

Why it is bad
    Rows behind the newest one are inserted again at each run.

For example
    {{ config(materialized='incremental') }}
    select * from {{ ref('stg_invoices') }}
    {% if is_incremental() %}
    where updated_at >= (select max(updated_at) - interval '3 days' from {{ this }})
    {% endif %}

Use instead
    {{ config(materialized='incremental', unique_key='invoice_id') }}
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write

KEYS = ("unique_key", "primary_key", "merge_keys", "pre_hook", "post_hook")
APPENDING = (None, "append", "default")
THIS = "cp_rel.t_"
EARLIER = (
    exp.Sub, exp.DateSub, exp.TimestampSub, exp.DatetimeSub, exp.TsOrDsAdd, exp.DateAdd,
    exp.TimestampAdd, exp.DatetimeAdd,
)  # fmt: skip


def check(context: Context) -> Iterator[Issue]:
    """Look at what the incremental variant asks of the table it fills."""
    model = context.model
    if model.kind != "model" or not context.analysis.variants:
        return
    config = context.config
    if config.get("materialized") != "incremental" or any(k in config for k in KEYS):
        return
    if config.get("incremental_strategy") not in APPENDING:
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        if not variant.rendered.flags.get("is_incremental"):
            continue
        if variant.rendered.text.lower().count(THIS) != 1:
            # It may leave out by the table itself what is loaded already.
            continue
        for scope in variant.resolution.scopes:
            if any(scope.node.args.get(part) for part in ("group", "distinct")):
                continue
            for node, clause in nodes_of(scope):
                if clause != "where" or not isinstance(node, (exp.GT, exp.GTE)):
                    continue
                bound = node.right
                maximum = bound.find(exp.Max)
                if maximum is None or THIS not in write(bound).lower():
                    continue
                is_back = bound.find(*EARLIER) is not None
                if not is_back and not isinstance(node, exp.GTE):
                    continue
                yield Issue(
                    subject=write(node.left).lower()[:80],
                    message=f"{model.name} is appended to, and loads the rows "
                    + ("behind its newest one again." if is_back else "of its newest moment again.")
                    + " It has no unique_key.",
                    consequence="They stand twice after the next run.",
                    fix="Set unique_key.",
                    severity=None if is_back else Severity.NOTE,
                    confidence=Confidence.LIKELY if is_back else Confidence.POSSIBLE,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence("the configuration has no unique_key")],
                )
                return


RULE = Rule(
    "CFG009",
    "overlap-without-key",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
