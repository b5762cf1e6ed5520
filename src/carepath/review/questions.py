"""Questions for the author, where only they can know what is meant; never counted as findings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.change import Change
from carepath.review.findings import Place, Question
from carepath.review.placing import Placer
from carepath.review.snapshot import Analysis, Model, Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import Scope, known_of
from carepath.review.sql.joins import shared_names
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.rows import with_rows_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write
from carepath.review.turned import turned

STEP = re.compile(r"(step|stage|funnel|phase)")
DELETED = re.compile(
    r"^(is_)?_?(fivetran_)?deleted(_at)?$|^is_deleted$|^deleted_at$|^_sdc_deleted_at$"
)
MOST = 5


def ask(change: Change) -> list[Question]:
    """Ask about each changed model, at most five questions in all."""
    found: list[Question] = []
    for model in sorted(change.head.models.values(), key=lambda m: m.file.path):
        if model.kind != "model" or model.file.path not in change.changed_files:
            continue
        try:
            analysis = change.head.analyse(model)
            before = change.counterpart(model)
            known = (
                {(t, x) for t, x, _, _ in _all(change.base.analyse(before))} if before else set()
            )
            placer = Placer(change.head, model, analysis)
            if before is not None:
                found += _refresh(change, model, before, analysis)
                for topic, text, variant, offset in turned(change.base.analyse(before), analysis):
                    found.append(Question(topic, text, placer.at(variant, offset), model.name))
            for topic, text, variant, offset in _all(analysis):
                if (topic, text) not in known:
                    found.append(Question(topic, text, placer.at(variant, offset), model.name))
        except Exception as error:
            change.head.ledger.add(model.file.path, f"questions: {error!r}", stage="questions")
    unique = {(question.topic, question.model): question for question in reversed(found)}
    return sorted(unique.values(), key=lambda q: (q.place.file, q.place.line))[:MOST]


def _refresh(change: Change, model: Model, before: Model, analysis: Analysis) -> list[Question]:
    """An incremental model whose columns change: the rows loaded before keep the old ones."""
    config = model.configured(analysis.variants)
    if config.get("materialized") != "incremental":
        return []
    old, new = change.base.facts(before).relation, change.head.facts(model).relation
    if not old.is_complete or not new.is_complete:
        return []
    added = [c.shown for c in new.columns if c.name not in old.index]
    gone = [c.shown for c in old.columns if c.name not in new.index]
    handled = str(config.get("on_schema_change") or "ignore") not in ("ignore", "fail")
    if not added and not gone:
        return []
    what = ", ".join([f"+ {name}" for name in added] + [f"- {name}" for name in gone][:6])
    lines = change.changed_lines(model.file.path)
    text = (
        f"{model.name} is incremental and changes its columns ({what}): "
        + ("is null meant in the rows loaded before" if handled else "is a full refresh planned")
        + "?"
    )
    return [Question("full-refresh", text, Place(model.file.path, min(lines or {1})), model.name)]


Asked = tuple[str, str, Variant, int]


def _all(analysis: Analysis) -> Iterator[Asked]:
    for variant in analysis.variants:
        if variant.resolution is None:
            continue
        for scope in variant.resolution.scopes:
            yield from _order(variant, scope)
            yield from _completed(variant, scope)
            yield from _any_year(variant, scope)
            yield from _deleted(analysis.model, variant, scope)
            yield from _late(variant, scope)
            yield from _one_side(variant, scope)
            yield from _oldest(variant, scope)
            yield from _partitions(variant, scope)
            yield from _currencies(variant, scope)
            yield from _batch(variant, scope)
            yield from _fixed_end(analysis.source, variant, scope)
            yield from _alternatives(variant, scope)
            yield from _everybody(variant, scope)
            yield from _cut(analysis.model, variant, scope)
            yield from _before_choice(variant, scope)
            yield from _own_side(variant, scope)
            yield from _weeks(variant, scope)
            yield from _versions(variant, scope)
            yield from _nulls(variant, scope)
            yield from _by_beginning(variant, scope)


def _nulls(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """`tier != 'internal'` of a tier that another query makes null for some rows."""
    assert variant.resolution is not None
    where = scope.node.args.get("where")
    if where is None:
        return
    for part in conjuncts(where.this):
        is_not = isinstance(part, exp.Not)
        inner = part.this if is_not else part
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if not isinstance(inner, (exp.EQ, exp.In, exp.Like) if is_not else exp.NEQ):
            continue
        column = inner.this
        use = variant.resolution.uses.get(id(column))
        if not isinstance(column, exp.Column) or use is None or use.binding is None:
            continue
        if use.column is None or use.binding.nullable:
            continue
        values = inner.expressions if isinstance(inner, exp.In) else [inner.args.get("expression")]
        if use.column.nullable is not True or not all(isinstance(v, exp.Literal) for v in values):
            continue
        if sum(one.name == column.name for one in where.find_all(exp.Column)) > 1:
            continue
        yield (
            "null-left-out",
            f"{column.name} can be null, and {shown(part)[:80]} leaves those rows out as well: is "
            "that meant?",
            variant,
            start_of(part) or 0,
        )


BEGUN = re.compile(r"(^|_)(created|opened|started|begun|signed_up|joined|requested)_(at|on|date)$")
OVER = re.compile(r"(^|_)(completed|closed|finished|ended|cancell?ed|resolved|done|churned)(_|$)")
PERIOD = re.compile(
    r"^(the_|report_|calendar_|activity_)?(date|day|week|month|quarter|period)(_start|_on)?$"
)


def _by_beginning(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """Ends that are counted under the day of the beginning, called `day`."""
    if scope.node.args.get("group") is None:
        return
    items = [item for item in scope.node.expressions if isinstance(item, exp.Alias)]
    for item in items:
        columns = list(item.this.find_all(exp.Column))
        if (
            len(columns) != 1
            or item.this.find(exp.AggFunc)
            or not PERIOD.search(item.alias.lower())
        ):
            continue
        if not BEGUN.search(columns[0].name.lower()):
            continue
        for other in items:
            counts = other.this.find(exp.Count, exp.CountIf, exp.Sum)
            read = {c.name.lower() for c in other.this.find_all(exp.Column)}
            if counts is None or not OVER.search(other.alias.lower()):
                continue
            if not any(OVER.search(name) for name in read):
                continue
            yield (
                "ends-by-beginning",
                f"{other.alias} is counted under the {item.alias} of {columns[0].name}: is that "
                "meant, or the one it ended in?",
                variant,
                start_of(other) or 0,
            )
            return


def _weeks(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """Rows grouped by the number of the week, and by no year."""
    group = scope.node.args.get("group")
    where = scope.node.args.get("where")
    if group is None or re.search(r"year|date|month", write(group).lower()):
        return
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else item
        while isinstance(inner, (exp.Cast, exp.Paren)):
            inner = inner.this
        is_week = (
            isinstance(inner, exp.Extract) and inner.this.name.upper() in ("WEEK", "ISOWEEK")
        ) or isinstance(inner, (exp.Week, exp.WeekOfYear))
        others = " ".join(i.alias_or_name.lower() for i in scope.node.expressions if i is not item)
        if not is_week or re.search(r"year|_date|_month", others):
            continue
        if where is not None and re.search(r"year|current|interval|20\d\d", write(where).lower()):
            continue
        yield (
            "week-number",
            f"{item.alias_or_name} is the number of a week without its year: are the weeks of all "
            "years meant to be one?",
            variant,
            start_of(item) or 0,
        )


VALIDITY = re.compile(r"(^|_)(valid|effective|active)_(from|to|until)$|^dbt_valid_")


def _versions(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A price list looked up by region and date, where both sides have a kind of meter too."""
    for name, binding in scope.bindings.items():
        if binding.join is None or not any(VALIDITY.search(n) for n in binding.relation.index):
            continue
        condition = binding.join.args.get("on")
        if condition is None:
            continue
        read = {c.name.lower() for c in condition.find_all(exp.Column)}
        if not any(VALIDITY.search(column) for column in read):
            continue
        for other, left in scope.bindings.items():
            shared = [n for n in shared_names(left, binding) if n not in read]
            shared = [n for n in shared if not VALIDITY.search(n)]
            if other == name or len(shared) != 1 or not left.relation.is_complete:
                continue
            if not any(c.table.lower() == other for c in condition.find_all(exp.Column)):
                continue
            yield (
                "part-of-lookup",
                f"{name} and {other} both have {shared[0]}, and the join does not compare it: is "
                f"there one row of {name} at a time without it?",
                variant,
                start_of(binding.node) or 0,
            )
            return


CHOSEN = re.compile(r"top|best|worst|largest|biggest|recent|newest|sample|leader|rank|\d")


def _cut(model: Model, variant: Variant, scope: Scope) -> Iterator[Asked]:
    """The first so many rows of a model whose name does not tell of a choice."""
    limit = scope.node.args.get("limit")
    if limit is None or scope.node.args.get("order") is None or CHOSEN.search(model.name.lower()):
        return
    count = limit.args.get("expression")
    if not scope.is_final or not isinstance(count, exp.Literal) or len(count.name) < 2:
        return
    yield (
        "cut",
        f"{model.name} keeps {count.name} rows and no more: is that meant, or left from a trial?",
        variant,
        start_of(limit) or 0,
    )


def _before_choice(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """Deleted rows are left out before the newest row is chosen: an older one takes its place."""
    where, qualify = scope.node.args.get("where"), scope.node.args.get("qualify")
    if where is None or qualify is None:
        return
    orders = [o.this for o in qualify.find_all(exp.Ordered) if o.args.get("desc")]
    if not any(isinstance(o, exp.Column) and CHANGED.search(o.name.lower()) for o in orders):
        return
    for column in where.find_all(exp.Column):
        if DELETED.match(column.name.lower()):
            yield (
                "before-choice",
                f"{column.name} is looked at before the newest row is chosen: is an older row "
                "meant to come back where the newest one is deleted?",
                variant,
                start_of(column) or 0,
            )
            return


def _own_side(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A condition in the ON of a LEFT JOIN that is about the left side alone."""
    assert variant.resolution is not None
    for name, binding in scope.bindings.items():
        join = binding.join
        if not isinstance(join, exp.Join) or (join.side or "").upper() != "LEFT":
            continue
        for part in conjuncts(join.args.get("on")):
            columns = list(part.find_all(exp.Column))
            uses = [variant.resolution.uses.get(id(column)) for column in columns]
            owners = {id(use.binding) for use in uses if use is not None and use.binding}
            if len(columns) != 1 or len(owners) != 1 or id(binding) in owners:
                continue
            left = columns[0].table or "the left side"
            yield (
                "own-side",
                f"{shown(part)[:60]} in the ON of a LEFT JOIN keeps every row of {left}, and only "
                f"decides what is found in {name}: is no row of {left} meant to go?",
                variant,
                start_of(part) or 0,
            )


def _order(variant: Variant, scope: Scope) -> Iterator[Asked]:
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else item
        if not isinstance(inner, exp.Window) or not isinstance(
            inner.this, (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead)
        ):
            continue
        text = write(item).lower()
        if STEP.search(text) and re.search(r"(_at|time|tstamp|date)\b", text):
            yield (
                "step-order",
                f"{item.alias_or_name} numbers by time: is the order of appearance meant as the "
                "order of the steps?",
                variant,
                start_of(item) or 0,
            )


def _completed(variant: Variant, scope: Scope) -> Iterator[Asked]:
    for item in scope.node.expressions:
        if not isinstance(item, exp.Alias) or "complet" not in item.alias.lower():
            continue
        text = write(item.this).lower()
        if STEP.search(text) and item.this.find(exp.Literal):
            yield (
                "completed",
                f"{item.alias}: does completed mean every step, or the last one?",
                variant,
                start_of(item) or 0,
            )


YEARLESS = re.compile(r"(^|_)(month|week|quarter)$")


def _any_year(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """`date_part('month', created_at) as month`, grouped without a year."""
    if scope.node.args.get("group") is None:
        return
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else None
        is_part = isinstance(inner, (exp.Month, exp.Week, exp.Quarter)) or (
            isinstance(inner, exp.Extract) and YEARLESS.search(inner.this.name.lower())
        )
        if not is_part or not YEARLESS.search(item.alias.lower()):
            continue
        if "year" not in write(scope.node).lower():
            yield (
                "any-year",
                f"{item.alias} is a number without its year: are the same ones of all years meant "
                "to be one?",
                variant,
                start_of(item) or 0,
            )


def _deleted(model: Model, variant: Variant, scope: Scope) -> Iterator[Asked]:
    if scope.node.args.get("group") is None:
        return
    for name, binding in scope.bindings.items():
        flags = [c.shown for c in binding.relation.columns if DELETED.match(c.name)]
        if flags and flags[0].lower() not in variant.rendered.text.lower():
            yield (
                "deleted",
                f"{name} has {flags[0]}, which is not used: should deleted rows count?",
                variant,
                start_of(binding.node) or 0,
            )


LOADED = re.compile(r"(loaded|load_tstamp|synced|received|ingested|extracted|inserted|_batch)")
LOOK_BACK = (
    exp.Interval, exp.Sub, exp.DateSub, exp.DateAdd, exp.TimestampSub, exp.TimestampAdd,
    exp.DatetimeSub, exp.DatetimeAdd, exp.TsOrDsAdd,
)  # fmt: skip


def _late(variant: Variant, scope: Scope) -> Iterator[Asked]:
    if not variant.rendered.flags.get("is_incremental"):
        return
    for node, clause in nodes_of(scope):
        if clause != "where" or not isinstance(node, exp.GT) or not node.right.find(exp.Max):
            continue
        if LOADED.search(write(node.left).lower()) or node.right.find(*LOOK_BACK):
            # Rows are taken in the order in which they arrive, or the last of them again.
            continue
        if "cp_rel.t_" in write(node.right):
            yield (
                "late-rows",
                "Rows that arrive late, with an older time than the newest row loaded, are never "
                "taken in: is that meant?",
                variant,
                start_of(node) or 0,
            )


STOCK = re.compile(
    r"(^|_)(count|seats|headcount|employees|population|balance|quota|budget|target|capacity)(_|$)"
    r"|(^|_)total_(amount|price|cost|cents)$|(^|_)(order|receipt|invoice|basket|shipping)_(total|amount|fee|value)$"
)
CHANGED = re.compile(r"(updated|modified|changed|loaded|synced|received|extracted|ingested)")


def _one_side(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A sum of a stock of the one side of a join, which repeats for each row of the many."""
    bindings = list(scope.bindings.items())
    if len(bindings) != 2 or scope.node.args.get("group") is None:
        return
    (left, first), (name, second) = bindings
    assert variant.resolution is not None
    first = with_rows_of(variant.resolution, first)
    if second.join is None or not first.relation.keys:
        return
    known = known_of(variant.resolution, variant.parsed.dialect)
    shape = keys.shape_of(known, scope, name, second)
    equated = {column for _, column in shape.left}
    if not shape.is_unique or any(key.columns <= equated for key in first.relation.keys):
        return
    for item in scope.node.expressions:
        total = item.this if isinstance(item, exp.Alias) else item
        if not isinstance(total, exp.Sum) or not isinstance(total.this, exp.Column):
            continue
        use = variant.resolution.uses.get(id(total.this))
        if use is None or use.binding is not second or not STOCK.search(total.this.name.lower()):
            continue
        yield (
            "one-side",
            f"{item.alias_or_name} adds {name}.{total.this.name} once for each row of {left}: "
            "is that meant?",
            variant,
            start_of(item) or 0,
        )


def _oldest(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A deduplication that keeps the row changed first."""
    for node, _ in nodes_of(scope):
        if not isinstance(node, exp.Window) or not isinstance(node.this, exp.RowNumber):
            continue
        order = node.args.get("order")
        first = order.expressions[0] if order is not None and order.expressions else None
        if not isinstance(first, exp.Ordered) or first.args.get("desc"):
            continue
        if isinstance(first.this, exp.Column) and CHANGED.search(first.this.name.lower()):
            yield (
                "oldest-version",
                f"The rows are numbered from the oldest {first.this.name} on: is the first "
                "version meant to be kept, not the newest?",
                variant,
                start_of(node) or 0,
            )


def _partitions(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """Neighbouring rows in one order, sought among the rows of different things."""
    seen: dict[str, tuple[str, str]] = {}
    for item in scope.node.expressions:
        for node in item.find_all(exp.Window):
            inner, order = node.this, node.args.get("order")
            if not isinstance(inner, (exp.Lag, exp.Lead)) or order is None:
                continue
            by = ", ".join(write(part) for part in node.args.get("partition_by") or [])
            before = seen.setdefault(write(order), (by, item.alias_or_name))
            if by and before[0] and by != before[0]:
                yield (
                    "partitions",
                    f"{item.alias_or_name} looks at the neighbours of one {by}, {before[1]} at "
                    f"those of one {before[0]}: is that meant?",
                    variant,
                    start_of(item) or 0,
                )


CURRENCY = re.compile(r"^(\w+_)?currency(_code)?$")
MONEY = re.compile(r"(^|_)(amount|price|total|revenue|salary|balance|cost|fee|value|cents)(_|$)")
CONVERTED = re.compile(r"usd|eur|gbp|base|reporting|converted|local")


def _currencies(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A sum of money beside a currency that the query neither groups by nor looks at."""
    group = scope.node.args.get("group")
    assert variant.resolution is not None
    for item in scope.node.expressions if group is not None else []:
        for total in item.find_all(exp.Sum):
            columns = [c for c in total.find_all(exp.Column) if MONEY.search(c.name.lower())]
            use = variant.resolution.uses.get(id(columns[0])) if len(columns) == 1 else None
            if use is None or use.binding is None or CONVERTED.search(columns[0].name.lower()):
                continue
            named = [
                (name, column)
                for name, binding in scope.bindings.items()
                for column in binding.relation.columns
                if CURRENCY.match(column.name) and binding.relation.is_complete
            ]
            text = variant.rendered.text.lower()
            looked_at = [
                c.name.lower()
                for other in variant.resolution.scopes
                for part in ("where", "group", "joins")
                for node in _parts(other.node.args.get(part))
                for c in node.find_all(exp.Column)
            ]
            grouped = [
                i.alias_or_name.lower() for i in scope.node.expressions if not i.find(exp.AggFunc)
            ]
            if len(named) != 1 or any(CURRENCY.match(n) for n in looked_at + grouped):
                continue
            if "exchange" in text or "fx" in text or "usd" in text:
                continue
            yield (
                "currency",
                f"{item.alias_or_name} adds {columns[0].name} over all of "
                f"{named[0][0]}.{named[0][1].shown}: is it one currency?",
                variant,
                start_of(item) or 0,
            )
            return


def _parts(part: object) -> list[exp.Expr]:
    if isinstance(part, list):
        return [p for p in part if isinstance(p, exp.Expr)]
    return [part] if isinstance(part, exp.Expr) else []


def _batch(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A running total or number of a batch: it begins anew with each incremental run."""
    if not variant.rendered.flags.get("is_incremental"):
        return
    assert variant.resolution is not None
    loaded = [
        other
        for other in variant.resolution.scopes
        if other.node.args.get("where") is not None
        and "cp_rel.t_" in write(other.node.args["where"])
    ]
    names = {other.path.lower() for other in loaded}
    reads = {b.node.name.lower() for b in scope.bindings.values() if b.is_cte}
    if not any(scope is other for other in loaded) and not names & reads:
        return
    for item in scope.node.expressions:
        for node in item.find_all(exp.Window):
            if node.args.get("order") is None or not isinstance(
                node.this, (exp.Sum, exp.Count, exp.Avg)
            ):
                continue
            yield (
                "batch",
                f"{item.alias_or_name} runs over the rows of one incremental batch: is it meant to "
                "begin anew with each run?",
                variant,
                start_of(item) or 0,
            )


DAY = re.compile(r"^20\d\d-\d\d-\d\d")


def _fixed_end(source: str, variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A condition that ends at a written date: nothing newer will ever come in."""
    for node, clause in nodes_of(scope):
        if clause not in ("where", "on", "qualify"):
            continue
        last: object = None
        if isinstance(node, exp.Between):
            last = node.args.get("high")
        elif isinstance(node, (exp.LT, exp.LTE)) and isinstance(node.left, exp.Column):
            last = node.right
        while isinstance(last, (exp.Cast, exp.Date, exp.TsOrDsToDate, exp.Timestamp)):
            last = last.this
        if not isinstance(last, exp.Literal) or not last.is_string or not DAY.match(last.name):
            continue
        if last.name[:10] not in source:
            # A variable or the clock gives it.
            continue
        yield (
            "fixed-end",
            f"{shown(node)[:80]} ends at a written date: is nothing newer meant to come in?",
            variant,
            start_of(node) or 0,
        )


ENTITY = re.compile(r"_(id|key|uuid|guid)$")
MOMENT = re.compile(r"(_at|_time|_ts|_timestamp)(_utc|_local)?$|^(ts|timestamp)$")


def _everybody(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A neighbour in time among all rows, put out beside an identifier that is not the row's."""
    if len(scope.bindings) != 1 or scope.node.args.get("group") is not None:
        return
    keyed = {c for b in scope.bindings.values() for k in b.relation.keys for c in k.columns}
    others = [
        item.column.shown
        for item in scope.items
        if item.source is not None and item.source not in keyed and ENTITY.search(item.source)
    ]
    for item in scope.node.expressions if keyed and others else []:
        for node in item.find_all(exp.Window):
            order = node.args.get("order")
            first = order.expressions[0] if order is not None and order.expressions else None
            if node.args.get("partition_by") or not isinstance(node.this, (exp.Lag, exp.Lead)):
                continue
            if not isinstance(first, exp.Ordered) or not isinstance(first.this, exp.Column):
                continue
            if MOMENT.search(first.this.name.lower()):
                yield (
                    "everybody",
                    f"{item.alias_or_name} looks at its neighbour among all rows: is it not one "
                    f"{others[0]} that is meant?",
                    variant,
                    start_of(item) or 0,
                )
                return


def _alternatives(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """`a and b or c` without parentheses, where c compares another column than a and b."""
    where = scope.node.args.get("where")
    node = where.this if where is not None else None
    if not isinstance(node, exp.Or) or isinstance(node.right, (exp.And, exp.Paren, exp.Or)):
        return
    if not isinstance(node.left, exp.And):
        return
    first: exp.Expr = node.left
    while isinstance(first, exp.And):
        first = first.left
    last = node.right
    if isinstance(first, exp.Paren) or not isinstance(
        last, exp.EQ | exp.In | exp.Like | exp.Column
    ):
        return
    names = [{c.name.lower() for c in part.find_all(exp.Column)} for part in (node.left, last)]
    if not names[0] or not names[1] or names[0] & names[1]:
        # Over one column it is a finding of its own.
        return
    yield (
        "alternative",
        f"AND binds before OR: {shown(last)[:60]} lets rows through without "
        f"{shown(first)[:60]}. Is that meant?",
        variant,
        start_of(last) or 0,
    )


__all__ = ["ask"]
