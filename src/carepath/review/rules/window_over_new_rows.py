"""A window, or a total per key, sees the rows of one incremental run only.

What it does
    Reports LAG, LEAD, FIRST_VALUE and LAST_VALUE in the incremental variant of a model, in a query
    that takes only the rows newer than the newest one loaded, or on top of such a query, also of
    one that groups by the column of the condition; and sums, counts and first values (MIN) there
    that are grouped by the unique_key. Quiet where the condition reaches back in time, where
    {{ this }} is read beside it, where the window or the group has the column of the condition, and
    where one row decides whether those of a key are read.

Why it is bad
    The row before the first new one is in the table already, and not among the new rows: its value
    is null at the beginning of each run, and right after a full refresh. A total of the new rows
    replaces the total of all.

For example
    select *, lag(viewed_at) over (partition by user_id order by viewed_at) as previous_viewed_at
    from {{ ref('views') }}
    {% if is_incremental() %} where viewed_at > (select max(viewed_at) from {{ this }}) {% endif %}

Use instead
    -- compute the window over all rows in a CTE, and take the new ones in a later one; or read all
    -- rows of the users who have new ones
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope, outermost
from carepath.review.sql.names import loose
from carepath.review.sql.parse import start_of
from carepath.review.sql.relation import Key
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

THIS = "cp_rel.t_"
LOOKING = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)
NEWER = (exp.GT, exp.GTE)
BACK = (
    exp.Interval, exp.DateSub, exp.DateAdd, exp.TimestampSub, exp.TimestampAdd, exp.DatetimeSub,
    exp.DatetimeAdd, exp.TsOrDsAdd, exp.Sub, exp.Add, exp.DateTrunc, exp.TimestampTrunc,
)  # fmt: skip
"""What moves a bound back in time."""
PLAIN = ("qualify", "distinct", "limit")
WRAPPED = (
    exp.Cast, exp.Round, exp.Coalesce, exp.Div, exp.Mul, exp.Date, exp.TsOrDsToDate, exp.DateTrunc,
    exp.TimestampTrunc,
)  # fmt: skip
"""What a total, or a first, may stand in."""


def check(context: Context) -> Iterator[Issue]:
    """Look at each window above a condition on {{ this }}."""
    if context.model.kind != "model":
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        if not variant.rendered.flags.get("is_incremental"):
            continue
        if _reads_itself(variant.resolution):
            return
        for scope in variant.resolution.scopes:
            bound = _new_only(variant.resolution, scope)
            if bound is None:
                continue
            yield from _totals(context, variant, scope, bound)
            for item in scope.node.expressions:
                for node in item.find_all(exp.Window):
                    inner = node.this
                    while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
                        inner = inner.this
                    by = {c.name.lower() for p in node.args.get("partition_by") or []
                          for c in p.find_all(exp.Column)}  # fmt: skip
                    if not isinstance(inner, LOOKING) or bound.name.lower() in by:
                        continue
                    name = inner.sql_name()
                    yield Issue(
                        subject=item.alias_or_name.lower() or write(node)[:80],
                        message=f"{name} looks only at the rows of one run, those with a newer "
                        f"{bound.name} than any that is loaded"
                        + (", or the newest." if isinstance(bound.parent, exp.GTE) else "."),
                        consequence="At the first new row of each it is null, or another row's.",
                        fix="Compute it over all rows first and filter afterwards, or read all "
                        "rows of what has new ones.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"the condition on {bound.name} reads {{{{ this }}}}")],
                    )


def _totals(context: Context, variant: Variant, scope: Scope, bound: exp.Column) -> Iterator[Issue]:
    """Totals of the new rows of each key, which take the place of those that are loaded."""
    assert variant.resolution is not None
    config = context.config
    told = config.get("unique_key")
    names = [told] if isinstance(told, str) else told
    if not isinstance(names, list) or config.get("incremental_strategy") == "append":
        return
    if not any(scope is one for one in outermost(variant.resolution.scopes)):
        return
    if scope.node.args.get("group") is None:
        return
    key = frozenset(str(name).lower() for name in names)
    kept = {str(name).lower() for name in config.get("merge_exclude_columns") or []}
    use = variant.resolution.uses.get(id(bound))
    one = use.binding.relation.keys if use is not None and use.binding is not None else ()
    if any(k.columns and _columns(k) <= key for k in one):
        # All rows of a key hang on the one that is new.
        return
    if not any(_columns(k) == key for k in scope.output.keys if k.proof.startswith("GROUP BY")):
        return
    plain = [e for e in scope.node.expressions if not e.find(exp.AggFunc)]
    if any(c.name.lower() == bound.name.lower() for e in plain for c in e.find_all(exp.Column)):
        return
    for item in scope.node.expressions:
        total = item.unalias()
        while isinstance(total, WRAPPED):
            total = total.this
        if not isinstance(total, (exp.Sum, exp.Count, exp.CountIf, exp.Avg, exp.Min)):
            continue
        is_first = isinstance(total, exp.Min)
        if item.alias_or_name.lower() in kept:
            continue
        yield Issue(
            subject=f"total {item.alias_or_name.lower()}",
            message=f"{item.alias_or_name} is made of the rows with a newer {bound.name} only, and "
            f"replaces what {', '.join(sorted(key))} had before.",
            consequence=f"After each run it is the {'first' if is_first else 'total'} of the last "
            "batch.",
            fix="Read all rows of the keys that have new ones, or keep the rows and group them "
            "downstream.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"unique_key is {', '.join(sorted(key))}, and so are the groups")],
        )
        return


def _columns(key: Key) -> frozenset[str]:
    """The columns of a key, whatever their case."""
    return frozenset(loose(column) for column in key.columns)


def _reads_itself(resolution: Resolution) -> bool:
    """True where the model reads its own rows, not only their newest moment."""
    for scope in resolution.scopes:
        is_bound = _is_aggregate(scope.node)
        for binding in scope.bindings.values():
            if not isinstance(binding.node, exp.Table) or is_bound:
                continue
            if f"{binding.node.db}.{binding.node.name}".lower().startswith(THIS):
                return True
    return False


def _is_aggregate(node: exp.Select) -> bool:
    return len(node.expressions) == 1 and node.expressions[0].find(exp.AggFunc) is not None


def _new_only(resolution: Resolution, scope: Scope, depth: int = 0) -> exp.Column | None:
    """The column of the condition that lets only new rows into a scope."""
    found = _condition(resolution, scope)
    bindings = list(scope.bindings.values())
    if found is not None or not bindings or not bindings[0].is_cte or depth > 5:
        return found
    if any(
        b.join is None or (b.join.side or "").upper() in ("RIGHT", "FULL") for b in bindings[1:]
    ):
        return None
    inner = [s for s in resolution.scopes if s.path == bindings[0].node.name.lower()]
    if len(inner) != 1 or any(inner[0].node.args.get(part) for part in PLAIN):
        return None
    found = _new_only(resolution, inner[0], depth + 1)
    group = inner[0].node.args.get("group")
    by = {column.name for column in group.find_all(exp.Column)} if group is not None else set()
    return found if group is None or (found is not None and found.name in by) else None


def _condition(resolution: Resolution, scope: Scope) -> exp.Column | None:
    where = scope.node.args.get("where")
    for condition in conjuncts(where.this) if where is not None else []:
        if not isinstance(condition, NEWER) or not isinstance(condition.left, exp.Column):
            continue
        bound = condition.right
        if bound.find(exp.Max) is None or bound.find(*BACK) or _is_moved(bound):
            continue
        if THIS in write(bound).lower() or _is_newest(resolution, bound):
            return condition.left
    return None


def _is_moved(bound: exp.Expr) -> bool:
    """True where a function no one knows may move the bound."""
    return bound.find(exp.Anonymous) is not None


def _is_newest(resolution: Resolution, bound: exp.Expr) -> bool:
    """True for `(select max(x) from newest)`, a CTE of {{ this }}."""
    names = {table.name.lower() for table in bound.find_all(exp.Table)}
    return any(
        s.path in names and THIS in write(s.node).lower() and not s.node.find(*BACK)
        for s in resolution.scopes
    )


RULE = Rule(
    "GRAIN010",
    "window-over-new-rows",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
