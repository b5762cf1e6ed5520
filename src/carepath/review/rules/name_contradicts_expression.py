"""A column's name says the opposite of its expression.

What it does
    Reports an alias beginning with first, min or earliest over MAX (and last, max, latest over
    MIN); avg over SUM and the reverse; a count or sum named after one value of a column that
    compares it with another one; an aggregate or a period of one column called as another column of
    the source is; a count of customer_id called customers or users where one has several rows; a
    share or a rate whose divisor is not what its name says, or a revenue_per_order whose is the
    revenue; a closing balance by MAX; a cpm that nothing multiplies by 1000; an average over the
    last 7 rows whose frame has 8; a model named after one value of a column that keeps another one;
    COUNT of what is a count or a sum already, under its name, and a count of rows that is called an
    amount; a model named after the latest of something that keeps the first in order of time; and a
    column renamed to its own opposite (start to end, first to last, created to updated) although
    the source has that other column too.

Why it is bad
    The line was copied and half of it adapted: the values are those of the neighbour.

For example
    min(created_at) as last_created_at

Use instead
    max(created_at) as last_created_at
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.keys import equals_one
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import comparisons, nodes_of
from carepath.review.sql.values import bare, conjuncts, equality
from carepath.review.sql.writing import shown, write

LOW = ("first", "min", "minimum", "earliest", "oldest", "lowest", "smallest")
HIGH = ("last", "max", "maximum", "latest", "newest", "highest", "most", "largest")
OPPOSITES = (
    ("first", "last"), ("start", "end"), ("started", "ended"), ("begin", "end"), ("min", "max"),
    ("created", "updated"), ("source", "target"), ("billing", "shipping"), ("from", "to"),
    ("sender", "receiver"), ("buyer", "seller"), ("inbound", "outbound"), ("gross", "net"),
    ("lat", "lon"), ("lat", "lng"), ("latitude", "longitude"), ("home", "away"),
    ("parent", "child"), ("city", "state"), ("opened", "closed"), ("won", "lost"),
    ("open", "closed"), ("clicks", "impressions"), ("debit", "credit"), ("old", "new"),
    ("previous", "next"), ("origin", "destination"), ("departure", "arrival"), ("in", "out"),
    ("monthly", "weekly"), ("daily", "weekly"), ("daily", "monthly"), ("male", "female"),
)  # fmt: skip


EDGES = ("opening", "closing", "ending", "starting")
LEVEL = re.compile(r"(^|_)(balance|price|value|inventory|stock|headcount|quantity|mrr|arr|cash)$")
DIFFERENCES = (exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.TsOrDsDiff)


def check(context: Context) -> Iterator[Issue]:
    """Compare each alias with what it names."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item in scope.node.expressions:
                if isinstance(item, exp.Alias):
                    yield from _aggregate(variant, scope, item)
                    yield from _opposite(context, variant, scope, item)
                    yield from _value(variant, scope, item)
                    yield from _neighbour(variant, scope, item)
                    yield from _ratio(variant, scope, item)
                    yield from _frame(variant, scope, item)
                    yield from _plural(context, variant, scope, item)
                    yield from _counted(variant, scope, item)
        yield from _newest(context, variant)
        yield from _chosen(context, variant)


def _aggregate(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    whole = bare(item.this)
    if isinstance(whole, (exp.DateTrunc, exp.TimestampTrunc)):
        whole = bare(whole.this)
    inner = whole.this if isinstance(whole, exp.Window) else whole
    words = item.alias.lower().split("_")
    first = words[0]
    contradiction = None
    if isinstance(inner, exp.Max) and first in LOW and not inner.find(exp.Case, exp.If):
        contradiction = f"MAX is called {first}"
    elif isinstance(inner, exp.Min) and first in HIGH and not inner.find(exp.Case, exp.If):
        contradiction = f"MIN is called {first}"
    elif first in EDGES and isinstance(whole, (exp.Max, exp.Min)) and _is_level(whole.this):
        contradiction = f"{whole.key.upper()} is called {first}"
    elif isinstance(inner, exp.Sum) and first in ("avg", "average", "mean"):
        contradiction = f"SUM is called {first}"
    elif isinstance(inner, exp.Avg) and first in ("total", "sum"):
        contradiction = f"AVG is called {first}"
    elif (
        isinstance(inner, (exp.Max, exp.Min))
        and isinstance(whole, exp.Max if isinstance(inner, exp.Max) else exp.Min)
        and set(words) & set(LOW if isinstance(inner, exp.Max) else HIGH)
        and not set(words) & set(HIGH if isinstance(inner, exp.Max) else LOW)
        and not set(write(inner).lower().replace("(", "_").split("_"))
        & set(LOW + HIGH) - {"max", "min"}
        and isinstance(inner.this, exp.Column)
        and words[-1] in ("at", "date", "time", "timestamp", "on", "ts")
    ):
        name = "MAX" if isinstance(inner, exp.Max) else "MIN"
        contradiction = f"{name} is called {item.alias}"
    if contradiction is None or inner is None:
        return
    days = write(inner).lower()
    if re.search(rf"\b{first}_(\w+_)?name\b", days):
        # The first name of a person: a part of the name, not of an order.
        return
    if first in ("oldest", "newest") and inner.find(*DIFFERENCES) is not None:
        # What is the oldest has the longest time behind it.
        return
    if re.search(r"days_(since|ago)|_ago|age\b|rank|position|priority|desc", days):
        return
    yield Issue(
        subject=item.alias,
        message=f"{contradiction}: {shown(item)[:90]}.",
        consequence="The values are those of the opposite column.",
        fix="Change the function or the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
    )


MONEY = re.compile(r"(^|_)(amount|revenue|cost|costs|price|spend|fee|fees|salary|turnover)$")


def _counted(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`count(calls) as calls` over counts, and `sum(case when ... then 1 end) as paid_amount`."""
    assert variant.resolution is not None
    inner, alias = bare(item.this), item.alias.lower()
    message = ""
    if isinstance(inner, exp.Count) and isinstance(inner.this, exp.Column):
        use = variant.resolution.uses.get(id(inner.this))
        column = use.column if use is not None else None
        same = inner.this.name.lower()
        is_number = column is not None and column.kind == "aggregate" and column.type == "number"
        if is_number and alias in (same, f"total_{same}", f"{same}_total", f"sum_{same}"):
            message = f"{same} is a number already, and {shown(item)} counts the rows that have it."
    elif isinstance(inner, exp.Sum) and MONEY.search(alias) and _is_one(inner.this):
        message = f"{shown(inner)[:80]} counts rows, and is called {item.alias}."
    if message:
        yield Issue(
            subject=f"{alias} counted",
            message=message,
            consequence="It is a number of rows.",
            fix="Add up the values, or change the name.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
        )


def _is_one(node: object) -> bool:
    """True for a CASE or IF that gives 1, and else 0 or null."""
    if isinstance(node, exp.Case):
        branches = node.args.get("ifs") or []
        default = node.args.get("default")
    elif isinstance(node, exp.If):
        branches, default = [node], node.args.get("false")
    else:
        return False
    given = [branch.args.get("true") for branch in branches]
    is_one = all(isinstance(one, exp.Literal) and one.name == "1" for one in given)
    return (
        bool(given) and is_one and (default is None or isinstance(default, (exp.Null, exp.Literal)))
    )


def _is_level(node: object) -> bool:
    return isinstance(node, exp.Column) and LEVEL.search(node.name.lower()) is not None


def _value(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`count(case when status = 'OPEN' ...) as skipped_count`, where SKIPPED is a status too."""
    assert variant.resolution is not None
    if item.this.find(exp.AggFunc) is None or item.this.find(exp.Query, exp.Not, exp.NEQ):
        return
    equal = list(item.this.find_all(exp.EQ))
    if len(equal) != 1 or item.this.find(exp.In, exp.Or):
        return
    found = equality(equal[0])
    use = variant.resolution.uses.get(id(found[0])) if found is not None else None
    if found is None or use is None or use.column is None or use.column.domain is None:
        return
    values, value = use.column.domain.values, found[1][0]
    alias = f"_{item.alias.lower()}_"
    named = [v for v in values if f"_{_word(v)}_" in alias and len(v) > 2]
    if value not in values or len(named) != 1 or named[0] == value:
        return
    if _word(value) in alias or _word(named[0]) in write(item.this).lower():
        return
    yield Issue(
        subject=item.alias.lower(),
        message=f"{item.alias} counts {use.column.shown} = {value!r}, although there is "
        f"{named[0]!r}.",
        consequence="The values are those of the neighbour.",
        fix=f"Compare with {named[0]!r}, or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[
            Evidence(f"{use.column.shown} can be {', '.join(sorted(map(repr, values))[:10])}")
        ],
    )


def _chosen(context: Context, variant: Variant) -> Iterator[Issue]:
    """`squad_stats` that keeps mode = 'duo', although 'squad' is a mode too."""
    assert variant.resolution is not None
    name = f"_{context.model.name.lower()}_"
    found = list(comparisons(variant.resolution))
    for one in found:
        domain = one.column.domain
        if one.clause != "where" or not isinstance(one.node, exp.EQ) or domain is None:
            continue
        named = [v for v in domain.values if f"_{_word(v)}_" in name and len(v) > 2]
        value = one.literal.name
        if value not in domain.values or len(named) != 1 or named[0] == value:
            continue
        where = one.scope.node.args.get("where")
        parts = conjuncts(where.this) if where is not None else []
        if _word(value) in name or not any(c is one.node for c in parts):
            continue
        if any(other.literal.name == named[0] for other in found):
            continue
        yield Issue(
            subject=f"{context.model.name.lower()} {value}",
            message=f"{context.model.name} keeps {one.column.shown} = {value!r}, although there is "
            f"{named[0]!r}.",
            consequence="Its rows are those of the neighbour.",
            fix=f"Compare with {named[0]!r}, or change the name.",
            confidence=Confidence.LIKELY,
            offset=start_of(one.literal) or 0,
            variant=variant,
            path=one.scope.path,
            evidence=[Evidence(f"{one.column.shown} can be {named[0]!r} ({domain.proof})")],
        )


STEM = re.compile(
    r"_(at|on|date|time|timestamp|ts|id|cents|amount|usd|eur|count|minutes|seconds|hours|days)$"
)
COMMON = frozenset(
    ["start", "end", "first", "last", "total", "event", "date", "time", "is", "created"]
)


def _stem(name: str) -> str:
    return STEM.sub("", name.lower())


def _neighbour(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`count(trial_started_at) as checkout_started_visitors`, beside a checkout_started_at."""
    inner = item.this
    while isinstance(inner, (exp.Paren, exp.Cast, exp.Round)):
        inner = inner.this
    if not isinstance(
        inner, (exp.Count, exp.Sum, exp.Min, exp.Max, exp.DateTrunc, exp.TimestampTrunc)
    ):
        return
    columns = list(inner.find_all(exp.Column))
    if len(columns) != 1 or inner.find(exp.Case, exp.If, exp.Query, exp.Window):
        return
    assert variant.resolution is not None
    use = variant.resolution.uses.get(id(columns[0]))
    if use is None or use.binding is None or use.column is None:
        return
    used, alias = _stem(columns[0].name), item.alias.lower()
    named = [
        column
        for column in use.binding.relation.columns
        if _stem(column.name) != used
        and _stem(column.name) != column.name.lower()
        and _is_called(alias, _stem(column.name), isinstance(inner, exp.Count))
        and _ending(column.name) == _ending(columns[0].name)
    ]
    if len(named) != 1 or set(used.split("_")) & set(alias.split("_")) - COMMON:
        return
    if any(_singular(word) in used.split("_") for word in alias.split("_")):
        return
    yield Issue(
        subject=alias,
        message=f"{item.alias} is {shown(inner)[:60]}, although there is {named[0].shown}.",
        consequence="The values are those of the neighbour.",
        fix=f"Use {named[0].shown}, or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"{use.binding.name} has a column {named[0].shown} of its own")],
    )


def _ending(name: str) -> str:
    found = STEM.search(name.lower())
    return (
        {"on": "at", "date": "at", "time": "at", "timestamp": "at", "ts": "at"}.get(
            found[1], found[1]
        )
        if found
        else ""
    )


def _singular(word: str) -> str:
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


def _is_called(alias: str, stem: str, is_count: bool) -> bool:
    """True where an alias is a stem and one word more, or (of a count) its plural at the end."""
    if stem in COMMON or len(stem) < 4:
        return False
    words, parts = alias.split("_"), stem.split("_")
    if words[: len(parts)] == parts and len(words) - len(parts) <= 1:
        return True
    plural = [_singular(word) for word in words]
    return is_count and plural[-len(parts) :] == parts and words[-1] != parts[-1]


def _ratio(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """A share divides by another measure; an x_to_y_rate divides by something that is not x."""
    inner = item.this
    while isinstance(inner, (exp.Paren, exp.Cast, exp.Round, exp.Coalesce)):
        inner = inner.this
    if isinstance(inner, exp.Mul):
        inner = inner.right if isinstance(inner.left, exp.Literal) else inner.left
    if not isinstance(inner, (exp.Div, exp.SafeDivide)):
        return
    upper, lower = inner.this, inner.expression
    alias = item.alias.lower()
    if re.search(r"(^|_)e?cpm$", alias) and not re.search(r"1000|1e3|0\.001", write(item.this)):
        if upper.find(exp.Column) and lower.find(exp.Column) and "cpm" not in write(upper).lower():
            yield Issue(
                subject=alias,
                message=f"{item.alias} is a price of a thousand, and nothing is times 1000.",
                consequence="It is a thousand times too low.",
                fix="Multiply by 1000.",
                confidence=Confidence.LIKELY,
                offset=start_of(item) or 0,
                variant=variant,
                path=scope.path,
            )
        return
    told = re.search(r"(?:^|_)([a-z]+)_to_([a-z]+)_(?:rate|ratio|conversion|pct|cvr)$", alias)
    if told is not None:
        names = {word for c in lower.find_all(exp.Column) for word in c.name.lower().split("_")}
        there = {
            word
            for binding in scope.bindings.values()
            for column in binding.relation.columns
            for word in column.name.split("_")
        }
        if not names or not _has(there, told[1]) or _has(names, told[1]):
            return
        why = f"its divisor {shown(lower)[:60]} is not {told[1]}"
    elif (per := re.search(r"(?:^|_)([a-z]{3,})_per_([a-z]{3,})(?:_|$)", alias)) is not None:
        above = {w for c in upper.find_all(exp.Column) for w in c.name.lower().split("_")}
        below = {w for c in lower.find_all(exp.Column) for w in c.name.lower().split("_")}
        counts = isinstance(upper, exp.Count) and isinstance(upper.this, exp.Star)
        if not _has(below, per[1]) or _has(above, per[1]) or _has(below, per[2]):
            return
        if not counts and not _has(above, per[2]):
            return
        why = f"it divides by {per[1]}"
    elif re.search(r"(^|_)share(_of_\w+)?$", alias):
        measures = [_measure(side) for side in (upper, lower)]
        if None in measures or measures[0] == measures[1]:
            return
        why = f"it divides {measures[0]} by {measures[1]}: no part of a whole"
    elif re.search(r"(^|_)(rate|conversion|cvr|share|pct)$", alias):
        chosen = _stem(lower.this.name) if _counts_column(lower := _without_guard(lower)) else ""
        flags = {c.name.lower() for c in upper.find_all(exp.Column)}
        if len(chosen) < 4 or not flags & {f"is_{chosen}", f"has_{chosen}", f"was_{chosen}"}:
            return
        why = f"its divisor {shown(lower)[:60]} counts only those that are {chosen}"
    else:
        return
    yield Issue(
        subject=alias,
        message=f"{item.alias} does not hold what it says: {why}.",
        consequence="The denominator is another one than readers think.",
        fix="Divide by the whole the name tells, or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
    )


def _without_guard(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.Nullif, exp.Paren, exp.Cast)):
        node = node.this
    return node


def _counts_column(node: exp.Expr) -> bool:
    """True for `count(converted_at)`, which leaves out the rows without one."""
    is_moment = isinstance(node, exp.Count) and isinstance(node.this, exp.Column)
    return is_moment and _ending(node.this.name) == "at"


def _plural(context: Context, variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`count(customer_id) as customers` over orders: it counts orders."""
    inner = item.this
    if not isinstance(inner, exp.Count) or not isinstance(inner.this, exp.Column):
        return
    assert variant.resolution is not None
    use = variant.resolution.uses.get(id(inner.this))
    bindings = [b for b in scope.bindings.values() if not b.hidden]
    if use is None or use.binding is None or use.column is None or len(bindings) != 1:
        return
    name = use.column.name.lower()
    thing = re.sub(r"_(id|key|uuid|sk)$", "", name)
    words = item.alias.lower().split("_")
    last = words[0] if words[-1].endswith("ed") else words[-1]
    one = thing.split("_")[-1]
    if thing == name or last in (thing, _singular(last)):
        return
    if _singular(last) != one and not {_singular(last), one} <= PEOPLE:
        return
    where = scope.node.args.get("where")
    if where is not None and ONE_OF_EACH.search(write(where).lower()):
        return
    grouped = _grouped(variant.resolution, scope)
    known = [key.columns for key in use.binding.relation.keys]
    if not known or any(key - grouped <= {use.column.name} for key in known):
        return
    key = min(use.binding.relation.keys, key=lambda k: (len(k.columns), sorted(k.columns)))
    yield Issue(
        subject=item.alias.lower(),
        message=f"{item.alias} counts the rows of {use.binding.name} that have a {name}, not the "
        f"{last}: one has several rows.",
        consequence=f"The same {thing} counts several times.",
        fix=f"Write COUNT(DISTINCT {shown(inner.this)}), or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[
            Evidence(
                f"{use.binding.name} has a row per {', '.join(sorted(key.columns))} ({key.proof})"
            )
        ],
    )


PEOPLE = frozenset(
    ("user", "member", "customer", "person", "visitor", "subscriber", "buyer", "shopper")
) | {"patient", "student", "learner", "player", "rider", "guest"}
"""Words for those whom a product serves: one id has several of them."""
ONE_OF_EACH = re.compile(
    r"first|latest|newest|current(?!_date|_time)|last|primary|is_new|new_|initial|number\b"
)
"""Words of a condition that may leave one row of each."""


def _grouped(resolution: Resolution, scope: Scope) -> set[str]:
    """The columns that GROUP BY or an equality of WHERE holds fixed in each group."""
    found = {
        item.source
        for item in scope.items
        if item.source is not None and any(item.column.name in k.columns for k in scope.output.keys)
    }
    group, where = scope.node.args.get("group"), scope.node.args.get("where")
    nodes = list(group.find_all(exp.Column)) if group is not None else []
    for part in conjuncts(where.this) if where is not None else []:
        if isinstance(part, exp.EQ) and isinstance(part.left, exp.Column):
            nodes.append(part.left)
    for node in nodes:
        use = resolution.uses.get(id(node))
        if use is not None and use.column is not None:
            found.add(use.column.name)
    return found


def _frame(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`rows between 7 preceding and current row` as a column of 7: the frame has 8 rows."""
    for window in item.this.find_all(exp.Window):
        spec = window.args.get("spec")
        if not isinstance(spec, exp.WindowSpec):
            continue
        kind, side, end = (
            str(spec.args.get(key) or "current row").lower()
            for key in ("kind", "start_side", "end")
        )
        start = spec.args.get("start")
        if not isinstance(start, exp.Literal) or (kind, side) != ("rows", "preceding"):
            continue
        told = [int(n) for n in re.findall(r"(?<![a-z0-9])\d+", item.alias.lower()) if len(n) < 5]
        told += [int(n) for n in re.findall(r"\d+(?=(?:d|day|days|w|m|rows?)(?:_|$))", item.alias)]
        if end != "current row" or set(told) != {_count(start)} or _count(start) < 2:
            continue
        number = _count(start)
        yield Issue(
            subject=f"{item.alias.lower()} frame",
            message=f"{item.alias} runs over {number + 1} rows: {number} preceding and the "
            "current one.",
            consequence="One row more than the name says.",
            fix=f"Write ROWS BETWEEN {number - 1} PRECEDING AND CURRENT ROW.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
        )


def _count(node: exp.Literal) -> int:
    return int(node.name) if node.name.isdigit() else -1


LATEST = re.compile(r"(^|_)(latest|newest|most_recent|last(?!_\d|_\w*days|_\w*months))(_|$)")
EARLIEST = re.compile(r"(^|_)(first|earliest|oldest)(_|$)")
TIME = re.compile(r"_(at|on|date|time|ts|timestamp)(_utc|_local)?$|^(date|timestamp)$")
LOADED = re.compile(r"updated|modified|changed|loaded|synced|received|extracted|ingested|version")


def _newest(context: Context, variant: Variant) -> Iterator[Issue]:
    """A model called latest_x whose rows are numbered from the first moment on, and kept at 1."""
    name = context.model.name.lower()
    is_last, is_first = bool(LATEST.search(name)), bool(EARLIEST.search(name))
    if is_last == is_first or context.model.kind != "model":
        return
    assert variant.resolution is not None
    numbered = [
        (scope, node)
        for scope in variant.resolution.scopes
        for node, _ in nodes_of(scope)
        if isinstance(node, exp.Window) and isinstance(node.this, exp.RowNumber)
    ]
    others = [s for s in variant.resolution.scopes if s.node.args.get("group") is not None]
    if len(numbered) != 1 or others or not _keeps_first(variant.resolution):
        return
    scope, window = numbered[0]
    order = window.args.get("order")
    first = order.expressions[0] if order is not None and order.expressions else None
    if not isinstance(first, exp.Ordered) or not isinstance(first.this, exp.Column):
        return
    column, falls = first.this.name.lower(), bool(first.args.get("desc"))
    if falls == is_last or not TIME.search(column) or (is_first and LOADED.search(column)):
        return
    if not window.args.get("partition_by"):
        return
    yield Issue(
        subject=f"{name} {column}",
        message=f"{context.model.name} keeps the row with the {'last' if falls else 'first'} "
        f"{first.this.name}.",
        consequence="Its name says the opposite.",
        fix=f"Order by {first.this.name}{'' if falls else ' desc'}, or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(window) or 0,
        variant=variant,
        path=scope.path,
    )


def _keeps_first(resolution: Resolution) -> bool:
    """True where a condition keeps the rows numbered 1."""
    for scope in resolution.scopes:
        for part in ("where", "qualify"):
            clause = scope.node.args.get(part)
            for condition in conjuncts(clause.this) if clause is not None else []:
                if equals_one(condition) is not None:
                    return True
    return False


def _has(words: set[str], word: str) -> bool:
    return any(w == word or _singular(w) == _singular(word) for w in words)


def _measure(node: exp.Expr) -> str | None:
    """The column a sum adds up, conditions aside."""
    while isinstance(node, (exp.Paren, exp.Cast, exp.Nullif)):
        node = node.this
    if not isinstance(node, exp.Sum):
        return None
    inner = node.this
    if isinstance(inner, exp.If):
        inner = inner.args.get("true")
    elif isinstance(inner, exp.Case):
        branches = inner.args.get("ifs") or []
        inner = branches[0].args.get("true") if len(branches) == 1 else None
    return inner.name.lower() if isinstance(inner, exp.Column) else None


def _word(value: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_")


def _opposite(context: Context, variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    inner = item.this
    while isinstance(inner, (exp.Cast, exp.Paren, exp.Trim, exp.Lower, exp.Upper)):
        inner = inner.this
    if not isinstance(inner, exp.Column):
        return
    name, alias = inner.name.lower(), item.alias.lower()
    opposite = opposite_of(name, alias)
    if opposite is None:
        return
    assert variant.resolution is not None
    use = variant.resolution.uses.get(id(inner))
    twin = None
    others = [
        (i, i.this.find(exp.Column) if not isinstance(i.this, exp.Column) else i.this)
        for i in scope.node.expressions
        if isinstance(i, exp.Alias) and i is not item
    ]
    if use is not None and use.binding is not None:
        twin = use.binding.relation.get(fold_identifier(item.args["alias"], context.dialect))
    copied = any(c is not None and c.name.lower() == name and i.alias.lower() != alias
                 for i, c in others)  # fmt: skip
    swapped = any(
        c is not None and opposite_of(c.name.lower(), i.alias.lower()) and c.name.lower() != name
        for i, c in others
    )
    if (twin is None and not copied) or (swapped and twin is None):
        return
    yield Issue(
        subject=alias,
        message=f"{shown(inner)} is called {item.alias}: {opposite[0]} became {opposite[1]}.",
        consequence="The values are those of the neighbour.",
        fix=f"Use {twin.shown if twin is not None else 'the column meant'}.",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY if twin is not None or copied else Confidence.POSSIBLE,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"the source has a column {item.alias} of its own")]
        if twin is not None
        else [Evidence(f"{name} is put out under another name as well")],
    )


def opposite_of(name: str, alias: str) -> tuple[str, str] | None:
    """The pair of opposite words in which two names differ, if that is all they differ in."""
    ours, theirs = name.split("_"), alias.split("_")
    gone = [w for w in ours if w not in theirs]
    new = [w for w in theirs if w not in ours]
    if len(gone) != 1 or len(new) != 1:
        return None
    pair = (gone[0], new[0])
    return pair if pair in OPPOSITES or pair[::-1] in OPPOSITES else None


RULE = Rule("AGG005", "name-contradicts-expression", Severity.WARNING, __doc__ or "", check)
