"""An amount is used as it is where it had to be converted.

What it does
    Reports an amount in one currency, by its name, that is called as one in another or added to it
    without a rate; cents or micros that are renamed to an amount as they are, in a project that
    divides others, or that are divided by another power of ten than theirs, or twice, or that the
    change no longer divides; and an amount multiplied with a percentage that nothing divides by
    100.

Why it is bad
    The figure is off by a factor of 100 or a million, or is in no currency at all, and looks like
    an amount all the same.

For example
    price_usd * (1 - discount_pct) as net_usd       -- discount_pct runs from 0 to 100

Use instead
    price_usd * (1 - discount_pct / 100) as net_usd
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place, edited, items
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.definitions import definition, output_definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.units import number
from carepath.review.sql.writing import shown, write

PERCENT = re.compile(r"(^|_)(pct|percent|percentage)$")
MONEY = re.compile(
    r"(^|_)(amount|price|total|revenue|cost|fee|salary|subtotal|gross|net|cents|premium|rent|wage"
    r"|income|sales|spend|budget|balance|turnover)$"
)


def check(context: Context) -> Iterator[Issue]:
    """Look at the names and products of each SELECT."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item in scope.node.expressions:
                if isinstance(item, exp.Alias):
                    yield from _currency(variant, scope, item)
                    yield from _minor(context, variant, scope, item)
            for node, _ in nodes_of(scope):
                if isinstance(node, exp.Mul):
                    yield from _hundredfold(context, variant, scope, node)
    yield from _no_longer(context)


def _no_longer(context: Context) -> Iterator[Issue]:
    """`amount / 100 as amount` that becomes `coalesce(amount, 0) as amount`."""
    change = context.change
    for variant, scope, before in edited(context):
        was = items(before)
        for alias, made in items(scope).items():
            old = _divided(was.get(alias))
            new = made
            while isinstance(new, PASSED):
                new = new.this
            if old is None or old[1] not in SIZES.values() or not isinstance(new, exp.Column):
                continue
            if new.name.lower() != old[0].name.lower() or made.find(exp.Div, exp.Mul):
                continue
            use = variant.resolution.uses.get(id(new)) if variant.resolution is not None else None
            direct = use.column.direct if use is not None and use.column is not None else None
            source = context.snapshot.models.get(direct[0]) if direct is not None else None
            changed = change.changed_files if change is not None else set()
            if source is not None and source.file.path in changed:
                # Perhaps it divides there now.
                continue
            yield Issue(
                subject=f"{alias} no longer divided",
                message=f"{alias} was {new.name} divided by {old[1]:,.0f}, and is {new.name} now.",
                consequence=f"The values are larger by a factor of {old[1]:,.0f}.",
                fix=f"Divide by {old[1]:,.0f}, or give the column another name.",
                confidence=Confidence.LIKELY,
                offset=start_of(new) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {shown(was[alias])[:160]}", base_place(context))],
            )


RATE = re.compile(r"rate|fx|ratio|convert|exchange")
CURRENCIES = re.compile(
    r"(?:^|_)(usd|eur|gbp|chf|jpy|cad|aud|sek|nok|dkk|pln|inr|brl|mxn|cny)(?:_|$)"
)


def _currencies(node: exp.Expr) -> set[str]:
    """The currencies that the columns of an expression are named after."""
    return {
        c for column in node.find_all(exp.Column) for c in CURRENCIES.findall(column.name.lower())
    }


def _currency(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`sum(kwh * price_eur) as amount_usd`, and `amount_usd + fee_eur`."""
    told, real = set(CURRENCIES.findall(item.alias.lower())), _currencies(item.this)
    if not real or item.this.find(exp.Case, exp.If, exp.Query) is not None:
        return
    if any(RATE.search(c.name.lower()) for c in item.this.find_all(exp.Column)):
        return
    if any(isinstance(n, exp.Literal) and not n.is_string and "." in n.name
           for n in item.this.find_all(exp.Literal)):  # fmt: skip
        # Perhaps a rate that is written down.
        return
    is_plain = item.this.find(exp.Mul, exp.Div) is None
    message = ""
    if len(told) == 1 and len(real) == 1 and told != real and _is_money(item.this):
        message = f"{item.alias} is named after {told.pop().upper()}, and its expression is in "
        message += f"{next(iter(real)).upper()}."
    elif len(real) == 2 and is_plain and item.this.find(exp.Add, exp.Sub) is not None:
        first, second = sorted(real)
        message = f"{item.alias} adds {first.upper()} and {second.upper()}."
    if not message:
        return
    yield Issue(
        subject=f"{item.alias.lower()} currency",
        message=message,
        consequence="The amount is in no currency.",
        fix="Convert first, or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(shown(item.this)[:160])],
    )


def _is_money(node: exp.Expr) -> bool:
    """True where what is computed is not a condition, a count or a name."""
    return node.find(exp.Count, exp.Predicate, exp.DPipe, exp.Concat, exp.Anonymous) is None


MINOR = re.compile(r"(^|_)(cents|micros|pence|minor)$")
MAJOR = re.compile(r"(^|_)(amount|price|cost|spend|revenue|total|fee|value|salary|balance|budget)$")


def _minor(context: Context, variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`price_cents as price`, where the project divides its other cents."""
    inner = item.this
    yield from _twice(context, variant, scope, item)
    if MAJOR.search(item.alias.lower()):
        yield from _wrongly(variant, scope, item)
    if not isinstance(inner, exp.Column) or not MAJOR.search(item.alias.lower()):
        return
    word = MINOR.search(inner.name.lower())
    if word is None or not _converts(context):
        return
    yield Issue(
        subject=f"{item.alias.lower()} {inner.name.lower()}",
        message=f"{inner.name} becomes {item.alias} as it is, still in {word[2]}.",
        consequence=f"Readers of {item.alias} take {word[2]} for whole money.",
        fix=f"Convert it, or keep {word[2]} in the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence("the project converts other amounts")],
    )


SIZES = {"cents": 100, "pence": 100, "micros": 1_000_000}


def _wrongly(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`cost_micros / 1000 as cost`: divided, and by another number."""
    inner = item.this
    while isinstance(inner, (exp.Round, exp.Cast, exp.TryCast, exp.Paren, exp.Coalesce)):
        inner = inner.this
    column = inner.left if isinstance(inner, exp.Div) else None
    while isinstance(column, (exp.Cast, exp.TryCast, exp.Paren, exp.Sum, exp.Coalesce)):
        column = column.this
    by = number(inner.right) if isinstance(inner, exp.Div) else None
    word = MINOR.search(column.name.lower()) if isinstance(column, exp.Column) else None
    size = SIZES.get(word[2]) if word is not None else None
    if not by or size is None or column is None or by == size or by not in POWERS:
        return
    yield Issue(
        subject=f"{item.alias.lower()} {column.name.lower()} factor",
        message=f"{item.alias} divides {column.name} by {by:,.0f} instead of {size:,}.",
        consequence=f"The values are off by a factor of {max(by / size, size / by):,.6g}.",
        fix=f"Divide by {size:,}.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
    )


def _divided(node: exp.Expr | None) -> tuple[exp.Column, float] | None:
    """The column and the number of `round(sum(column) / 100, 2)`."""
    inner, by = node, None
    while isinstance(inner, (*PASSED, exp.Div)):
        if isinstance(inner, exp.Div):
            if by is not None:
                return None
            by = number(inner.right)
        inner = inner.this
    return (inner, by) if isinstance(inner, exp.Column) and by else None


PASSED = (exp.Round, exp.Cast, exp.TryCast, exp.Paren, exp.Coalesce, exp.Sum, exp.Max, exp.Min,
          exp.Avg, exp.Alias)  # fmt: skip


def _twice(context: Context, variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`amount / 100 as amount`, where amount is `amount_cents / 100` already."""
    ours = _divided(item)
    if ours is None or ours[1] not in SIZES.values():
        return
    column, by = ours
    made = _made(context, variant, column)
    theirs = _divided(made)
    word = MINOR.search(theirs[0].name.lower()) if theirs is not None else None
    if theirs is None or word is None or theirs[1] != by or SIZES.get(word[2]) != by:
        return
    if MINOR.search(column.name.lower()):
        return
    yield Issue(
        subject=f"{item.alias.lower()} {column.name.lower()} twice",
        message=f"{item.alias} divides {column.name} by {by:,.0f}, and {column.name} is "
        f"{shown(theirs[0])} divided by {by:,.0f} already.",
        consequence=f"The values are too small by a factor of {by:,.0f}.",
        fix=f"Take {column.name} as it is.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"{column.name} is {shown(made)[:120]}")] if made is not None else [],
    )


def _made(context: Context, variant: Variant, column: exp.Column) -> exp.Expr | None:
    """What computes a column, here or in the model it is read from."""
    assert variant.resolution is not None
    here = definition(variant.resolution, column)
    use = variant.resolution.uses.get(id(column))
    source = use.column.direct if use is not None and use.column is not None else None
    model = context.snapshot.models.get(source[0]) if source is not None else None
    if here is not None or source is None or model is None or model.kind != "model":
        return here
    theirs = context.snapshot.analyse(model).variants[:1]
    found = theirs[0].resolution if theirs else None
    return output_definition(found, source[1]) if found is not None else None


POWERS = frozenset(10.0**n for n in range(1, 10))
CONVERTS = re.compile(
    r"(cents|micros|pence|minor)\W{0,3}\s*/\s*1|(cents|units|money|micros)\w*\(\s*['\"]"
)


def _converts(context: Context) -> bool:
    """True where a model of the project divides an amount in cents or micros."""
    slot = f"converts|{context.space.project.root}"
    kept: bool | None = context.snapshot.local.get(slot)
    if kept is None:
        kept = any(
            CONVERTS.search(context.snapshot.text(model.file).lower())
            for model in context.space.models.values()
            if model.kind == "model"
        )
        context.snapshot.local[slot] = kept
    return kept


HUNDRED = re.compile(r"(?<![\d.])100(\.0*)?(?![\d.])|(?<![\d.])0?\.01(?!\d)")


def _hundredfold(
    context: Context, variant: Variant, scope: Scope, node: exp.Mul
) -> Iterator[Issue]:
    """`price * (1 - discount_pct)`: of a percentage, where nothing is divided by 100."""
    top: exp.Expr = node
    while isinstance(top.parent, (exp.Mul, exp.Div, exp.Paren, exp.Sum, exp.Avg, exp.Round)):
        top = top.parent
    if HUNDRED.search(write(top)):
        return
    for one, other in ((node.left, node.right), (node.right, node.left)):
        rest = _rest_of(other)
        column = rest if rest is not None else other
        if not isinstance(column, exp.Column) or not PERCENT.search(column.name.lower()):
            continue
        if rest is None and not any(MONEY.search(c.name.lower()) for c in one.find_all(exp.Column)):
            continue
        made = definition(variant.resolution, column) if variant.resolution else None
        if made is not None and not isinstance(made, exp.Column):
            # Computed here: it may be a part of one.
            continue
        is_told = _is_percentage(context, column.name)
        yield Issue(
            subject=write(node).lower()[:100],
            message=f"{shown(node)[:90]} takes the percentage {column.name} for a part of one.",
            consequence="If it runs from 0 to 100, the amount is a hundred times too large, "
            "or negative.",
            fix=f"Divide {column.name} by 100, or name it after a rate.",
            severity=Severity.WARNING if is_told else Severity.NOTE,
            confidence=Confidence.LIKELY if is_told else Confidence.POSSIBLE,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )
        return


def _rest_of(node: exp.Expr) -> exp.Expr | None:
    """The x of `(1 - x)` and `(1 + x)`."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, (exp.Sub, exp.Add)) and number(node.left) == 1:
        inner = node.right
        while isinstance(inner, (exp.Coalesce, exp.Paren, exp.Cast)):
            inner = inner.this
        return inner
    return None


def _is_percentage(context: Context, name: str) -> bool:
    """True where YAML or another expression says that a column runs to 100."""
    pattern = re.compile(rf"\b{re.escape(name.lower())}\b\W{{0,12}}/\s*100")
    for model in context.space.models.values():
        if model.kind in ("model", "snapshot") and pattern.search(
            context.snapshot.text(model.file).lower()
        ):
            return True
    return _says_percent(context, name)


def _says_percent(context: Context, name: str) -> bool:
    for path in {m.doc.file for m in context.space.models.values() if m.doc is not None}:
        text = (context.snapshot.tree.text(path) or "").lower()
        at = text.find(f"name: {name.lower()}\n")
        if at >= 0 and re.search(r"0 to 100|in percent|percentage points", text[at : at + 240]):
            return True
    return False


RULE = Rule(
    "AGG020",
    "amount-not-converted",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
