"""A unique test names fewer columns than the model is grouped by.

What it does
    Compares the keys that tests declare, and unique_key, with the GROUP BY or DISTINCT that
    proves the grain of the model; a column that may follow from the key counts only where the
    change adds it to the GROUP BY or takes it out of the unique_key. Reports a unique_key that is
    the key of another model, where the model's rows and its own unique test have another one, or
    that is a part of the key which tests or SQL prove; a unique test of one column over all
    versions of a snapshot, or of a part of what a CTE groups by that LEFT JOINs only add to; and a
    surrogate key made of a part of the key of its rows.

Why it is bad
    The test fails, or an incremental model merges rows that are not the same.

For example
    select customer_id, order_date, count(*) ... group by 1, 2     -- unique: customer_id

Use instead
    -- unique combination of customer_id, order_date
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.facts import declared_keys
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.pairs import edited
from carepath.review.rule import Context, Issue, Rule
from carepath.review.rules.mismatched_join_key import identifiers
from carepath.review.snapshot import Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import Resolution, Scope, known_of, outermost
from carepath.review.sql.names import loose
from carepath.review.sql.parse import start_of
from carepath.review.sql.rows import with_named_key

PART_OF_A_KEY = re.compile(
    r"(_id|_key|_date|_month|_week|_year|_day|_hour)$|^(date|month|week|day)"
)

WIDE = 10
"""A DISTINCT of more columns takes repetitions out, and says nothing of what a row is."""
PROVEN = re.compile(r"^GROUP BY|^SELECT DISTINCT$|ROW_NUMBER\(\)( = 1)?$")
"""Proofs that tell what the author made the rows of."""


def check(context: Context) -> Iterator[Issue]:
    """Compare declared keys with the proven grain."""
    yield from _surrogates(context)
    yield from _foreign(context)
    yield from _partial(context)
    yield from _versions(context)
    yield from _at_least(context)
    doc = context.model.doc
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        output = variant.resolution.output
        final = [scope for scope in variant.resolution.scopes if scope.is_final]
        if len(final) != 1 or not output.is_closed:
            continue
        grain = [key for key in output.keys if key.strength == "sql" and key.columns]
        if len(grain) != 1 or not all(PROVEN.search(key.proof) for key in output.keys):
            continue
        proven = frozenset(loose(name) for name in grain[0].columns)
        constant = {loose(c.name) for c in output.columns if c.kind == "constant"}
        proven -= constant
        # What follows from the rest (a day beside its hour) is grouped by, and no part of the key.
        words = grain[0].proof.removeprefix("GROUP BY ").split(", ")
        grouped = proven | {loose(w) for w in words if output.get(w) is not None} - constant
        declared = [
            (columns, f"the {name} test", Place(doc.file, line) if doc is not None else None)
            for columns, name, line in declared_keys(doc)
        ]
        group = outermost(variant.resolution.scopes)[0].node.args.get("group")
        config = context.config
        # By delete+insert all rows of a key are replaced together, which may be meant.
        is_replaced = config.get("incremental_strategy") == "delete+insert"
        key = config.get("unique_key") if not is_replaced else None
        names = [key] if isinstance(key, str) else key
        if isinstance(names, list) and all(str(n).isidentifier() for n in names):
            columns = frozenset(str(n).lower() for n in names)
            declared.append((columns, "unique_key", None))
        new = _new_in_group(context, outermost(variant.resolution.scopes)[0])
        is_added = context.change is not None and context.change.is_new(context.model)
        for columns, what, place in declared:
            numbered = any(
                c.numbered_by is not None for c in output.columns if loose(c.name) not in columns
            )
            is_cut = place is None and proven - columns <= _key_at_base(context)
            may_follow = _depends(columns, proven) and not numbered and not is_cut
            is_beside = _is_beside_a_date(columns, proven - columns)
            finer = _of_finer_rows(context, variant.resolution, columns, proven)
            may_follow = may_follow and not finer
            if (
                proven <= columns
                or any(key.columns <= columns for key in output.keys)
                or not columns < grouped
                or (may_follow and not (proven - columns <= new or (is_added and is_beside)))
                or _looked_up(context, variant.resolution, columns, proven)
            ):
                continue
            rest = proven - columns
            if grain[0].proof == "SELECT DISTINCT" and (
                len(proven) > WIDE or not any(_is_period(n) for n in rest)
            ):
                # What is looked up for each key often follows from it.
                continue
            missing = ", ".join(sorted(rest))
            is_doubtful = may_follow and not is_beside
            yield Issue(
                subject=", ".join(sorted(columns)),
                message=f"{what[0].upper() + what[1:] if place else what} names "
                f"{', '.join(sorted(columns))}, but there is one row per "
                f"{', '.join(sorted(proven))}.",
                consequence="The test fails."
                if "test" in what
                else "Rows that are not the same are merged.",
                severity=Severity.NOTE if is_doubtful else None,
                fix=(
                    f"Test that {', '.join(sorted(proven))} are unique together, "
                    if place is not None and len(columns) == 1
                    else f"Add {missing} to it, "
                )
                + f"or group by {', '.join(sorted(columns))} alone.",
                confidence=Confidence.POSSIBLE if is_doubtful else Confidence.LIKELY,
                place=place,
                word="unique_key" if place is None else "",
                evidence=[Evidence(grain[0].proof)],
                variant=variant,
                also=[start_of(group) or 0] if group is not None else [],
            )


def _of_finer_rows(
    context: Context, resolution: Resolution, columns: frozenset[str], proven: frozenset[str]
) -> bool:
    """True for payment_method beside order_id, read from rows that are payments by their key."""
    scope = outermost(resolution.scopes)[0]
    for item in scope.items:
        if loose(item.column.name) not in proven - columns or item.binding is None:
            continue
        keys_of = with_named_key(resolution, item.binding).relation.keys
        if any(loose(c) in columns for key in keys_of for c in key.columns):
            continue
        things = {
            loose(c).removesuffix(end)
            for key in keys_of
            for c in key.columns
            for end in ("_id", "_key")
            if len(key.columns) == 1 and c.endswith(end)
        }
        own = loose(item.column.name)
        if any(own.startswith(f"{thing}_") and own != f"{thing}_id" for thing in things):
            return True
    return False


def _looked_up(
    context: Context, resolution: Resolution, columns: frozenset[str], proven: frozenset[str]
) -> bool:
    """True where the rest is looked up by what is named, in relations that have one row for it."""
    scope = outermost(resolution.scopes)[0]
    known = known_of(resolution, context.dialect)
    named = {(id(i.binding), i.source) for i in scope.items if loose(i.column.name) in columns}
    for item in scope.items:
        if loose(item.column.name) not in proven - columns:
            continue
        place = next((n for n, b in scope.bindings.items() if b is item.binding), None)
        if place is None or item.binding is None or item.binding.join is None:
            return False
        shape = keys.shape_of(known, scope, place, item.binding)
        left = {(id(scope.bindings[table]), column) for table, column in shape.left}
        own = {(id(item.binding), column) for column in shape.equated}
        if not shape.is_unique or not (left <= named or own <= named):
            return False
    return True


MERGING = frozenset({"snowflake", "bigquery", "databricks"})
"""Warehouses where an incremental model with a unique_key is merged unless it says otherwise."""


def _partial(context: Context) -> Iterator[Issue]:
    """A unique_key that is only a part of the key which tests or SQL prove of the rows.

    By delete+insert all rows of a key are replaced together, which may be meant.
    """
    variants = context.resolved
    outputs = [variant.resolution.output for variant in variants if variant.resolution is not None]
    if not outputs:
        return
    config = context.config
    strategy = config.get("incremental_strategy")
    is_merged = strategy == "merge" or (
        strategy is None
        and context.dialect in MERGING
        and "incremental_strategy" not in repr(context.model.project.settings.get("models"))
    )
    if context.model.kind != "snapshot" and not (
        config.get("materialized") == "incremental" and is_merged
    ):
        return
    key = config.get("unique_key")
    named = [key] if isinstance(key, str) else key
    if not isinstance(named, list) or not all(str(n).isidentifier() for n in named):
        return
    columns = frozenset(str(n).lower() for n in named)
    for output in outputs:
        # A GROUP BY is looked at above, with what may follow from what.
        if not output.keys or any(k.proof.startswith("GROUP BY") for k in output.keys):
            return
        if not all(columns < {loose(c) for c in k.columns} for k in output.keys):
            return
        if any(k.proof == "SELECT DISTINCT" and len(k.columns) > WIDE for k in output.keys):
            return
    kept = outputs[0].keys[0]
    rows = frozenset(loose(c) for c in kept.columns)
    yield Issue(
        subject=", ".join(sorted(columns)),
        message=f"unique_key names {', '.join(sorted(columns))}, but there is one row per "
        f"{', '.join(sorted(rows))}.",
        consequence="Rows that are not the same are merged, or the merge stops.",
        fix=f"Add {', '.join(sorted(rows - columns))} to it.",
        confidence=Confidence.LIKELY,
        word="unique_key",
        evidence=[Evidence(kept.proof)],
        variant=variants[0],
    )


def _foreign(context: Context) -> Iterator[Issue]:
    """A unique_key that is another model's key, beside a tested key of the model's own rows."""
    if not context.resolved or context.resolved[0].resolution is None:
        return
    config = context.config
    key = config.get("unique_key")
    name = key[0] if isinstance(key, list) and len(key) == 1 else key
    if config.get("materialized") != "incremental" or not isinstance(name, str):
        return
    owners, _ = identifiers(context.snapshot)
    name = name.lower()
    output = context.resolved[0].resolution.output
    declared = {next(iter(c)) for c, _, _ in declared_keys(context.model.doc) if len(c) == 1}
    proven = {loose(next(iter(k.columns))): k for k in output.keys if len(k.columns) == 1}
    both = sorted(n for n in declared & set(proven) if n in owners)
    if name in declared or name in proven or not both or not output.is_closed:
        return
    owner = owners.get(name)
    if owner is None or owner == context.model.name or output.get(name) is None:
        return
    yield Issue(
        subject=name,
        message=f"unique_key names {name}, the key of {owner}, but there is one row per {both[0]}.",
        consequence="Rows that are not the same are merged.",
        fix=f"Set unique_key to {both[0]}.",
        confidence=Confidence.LIKELY,
        word="unique_key",
        evidence=[Evidence(proven[both[0]].proof), Evidence(f"a test calls {both[0]} unique")],
        variant=context.resolved[0],
    )


def _at_least(context: Context) -> Iterator[Issue]:
    """A test of a part of what a CTE groups by, where LEFT JOINs keep all rows of that CTE."""
    doc = context.model.doc
    variants = context.resolved
    declared = declared_keys(doc)
    if doc is None or not declared or len(variants) != 1 or variants[0].resolution is None:
        return
    scopes = outermost(variants[0].resolution.scopes)
    if len(scopes) != 1 or len(scopes[0].bindings) < 2 or scopes[0].output.keys:
        return
    scope = scopes[0]
    first, *joined = scope.bindings.values()
    if any(scope.node.args.get(part) for part in NARROWING) or first.nullable:
        return
    if any(b.join is None or (b.join.side or "").upper() != "LEFT" for b in joined):
        return
    groups = [key for key in first.relation.keys if key.columns]
    if len(groups) != 1 or not groups[0].proof.startswith("GROUP BY"):
        return
    shown = {item.source: loose(item.column.name) for item in scope.items if item.binding is first}
    if not groups[0].columns <= set(shown):
        return
    grouped = frozenset(shown[column] for column in groups[0].columns)
    known = known_of(variants[0].resolution, context.dialect)
    looked_up = {
        shown.get(column, "")
        for name, binding in scope.bindings.items()
        for table, column in keys.shape_of(known, scope, name, binding).left
        if scope.bindings[table] is first
    }
    for columns, test, line in declared:
        codes = {c for c in grouped - columns if c.endswith("_code") and c in looked_up}
        if not columns < grouped or (_depends(columns, grouped) and not codes):
            continue
        named = ", ".join(sorted(grouped))
        yield Issue(
            subject=", ".join(sorted(columns)),
            message=f"The {test} test names {', '.join(sorted(columns))}, but there is a row for "
            f"each {named}.",
            consequence="The test fails.",
            fix=f"Test that {named} are unique together, or group by "
            f"{', '.join(sorted(columns))} alone.",
            confidence=Confidence.LIKELY,
            place=Place(doc.file, line),
            evidence=[Evidence(f"{first.name}: {groups[0].proof}")],
            variant=variants[0],
        )


NARROWING = ("where", "qualify", "distinct", "group", "limit", "having")


def _versions(context: Context) -> Iterator[Issue]:
    """A unique test of one column of a model that hands on every version of a snapshot."""
    doc = context.model.doc
    variants = context.resolved
    if doc is None or len(variants) != 1 or variants[0].resolution is None:
        return
    scopes = variants[0].resolution.scopes
    read = {
        b.relation.id for s in scopes for b in s.bindings.values() if not b.is_cte and b.relation.id
    }
    if len(read) != 1 or not next(iter(read)).startswith("snapshot:"):
        return
    if any(s.node.args.get(k) for s in scopes for k in (*NARROWING, "joins")):
        return
    roots = {loose(c.name): c.root[1] for c in variants[0].resolution.output.columns if c.root}
    starts = [name for name, root in roots.items() if root == "dbt_valid_from"]
    for columns, test, line in declared_keys(doc):
        name = next(iter(columns))
        if len(columns) != 1 or not starts or roots.get(name, "dbt_").startswith("dbt_"):
            continue
        yield Issue(
            subject=name,
            message=f"The {test} test names {name}, but there is one row per version: "
            "the snapshot is read whole.",
            consequence="The test fails as soon as one row has changed.",
            fix=f"Test that {name}, {starts[0]} are unique together, or keep the current rows "
            "(dbt_valid_to is null).",
            confidence=Confidence.LIKELY,
            place=Place(doc.file, line),
            evidence=[Evidence(f"{starts[0]} is dbt_valid_from of {next(iter(read))}")],
            variant=variants[0],
        )


def _surrogates(context: Context) -> Iterator[Issue]:
    """A surrogate key that a test calls unique, made of a part of the key of its rows only."""
    declared = {next(iter(c)) for c, _, _ in declared_keys(context.model.doc) if len(c) == 1}
    for variant in context.resolved[:1] if declared else ():
        assert variant.resolution is not None
        names = known_of(variant.resolution, context.dialect)
        for scope in outermost(variant.resolution.scopes):
            if not scope.bindings:
                continue
            if scope.node.args.get("group") is not None:
                yield from _surrogates_of_groups(context, variant, scope, declared)
                continue
            first, binding = next(iter(scope.bindings.items()))
            joined = [b for b in scope.bindings.values() if b is not binding]
            if any(b.join is None or (b.join.side or "").upper() != "LEFT" for b in joined):
                continue
            known = binding.relation.keys
            for name, parts in keys.surrogates(names, scope):
                used = frozenset(column for _, column in parts)
                if name not in declared or any(k.columns <= used for k in known):
                    continue
                if any(table != first for table, _ in parts):
                    continue
                wider = [k for k in known if used < k.columns]
                if not wider:
                    continue
                rest = ", ".join(sorted(wider[0].columns - used))
                node = next(i.node for i in scope.items if i.column.name == name)
                yield Issue(
                    subject=f"{name} {rest}",
                    message=f"{name} leaves out {rest}, which belongs to the key of its rows.",
                    consequence="Rows that differ in it get the same key; the unique test fails.",
                    fix=f"Add {rest} to the surrogate key.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(
                            f"{binding.name} is unique by {', '.join(sorted(wider[0].columns))} "
                            f"({wider[0].proof})"
                        )
                    ],
                )


def _surrogates_of_groups(
    context: Context, variant: Variant, scope: Scope, declared: set[str]
) -> Iterator[Issue]:
    """A surrogate key that a test calls unique, made of a part of what the query groups by."""
    assert variant.resolution is not None
    known = known_of(variant.resolution, context.dialect)
    outputs = {
        (binding, item.source): item.column.name
        for item in scope.items
        for binding, theirs in scope.bindings.items()
        if theirs is item.binding and item.source is not None
    }
    grain = [key for key in scope.output.keys if key.proof.startswith("GROUP BY")]
    for name, parts in keys.surrogates(known, scope):
        used = {outputs.get(part, "?") for part in parts}
        wider = [key for key in grain if used < key.columns - {name}]
        if name not in declared or len(wider) != len(grain) or not wider:
            continue
        missing = sorted(min((key.columns for key in wider), key=len) - used - {name})
        proven = frozenset().union(*(key.columns for key in wider)) - {name}
        may_follow = _depends(frozenset(used), proven)
        if may_follow and not set(missing) <= _new_in_group(context, scope):
            continue
        node = next(i.node for i in scope.items if i.column.name == name)
        rest = ", ".join(missing)
        yield Issue(
            subject=f"{name} {rest}",
            message=f"{name} leaves out {rest}, which the rows are grouped by.",
            consequence="Rows that differ in it get the same key; the unique test fails.",
            fix=f"Add {rest} to the surrogate key.",
            severity=Severity.NOTE if may_follow else None,
            confidence=Confidence.POSSIBLE if may_follow else Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(grain[0].proof)],
        )


def _new_in_group(context: Context, scope: Scope) -> set[str]:
    """Columns that the change adds to a GROUP BY; empty where nothing was grouped before."""
    for _, now, before in edited(context):
        if now is scope and before.node.args.get("group") is not None:
            theirs = _named_in_group(before)
            return _named_in_group(now) - theirs if theirs else set()
    return set()


def _named_in_group(scope: Scope) -> set[str]:
    proofs = [k.proof for k in scope.output.keys if k.proof.startswith("GROUP BY ")]
    names = [p.removeprefix("GROUP BY ").split(", of which")[0].split(", ") for p in proofs]
    return {name for listed in names for name in listed}


def _key_at_base(context: Context) -> set[str]:
    """The columns of the unique_key before the change."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    variants = change.base.analyse(before).variants if change is not None and before else []
    key = before.configured(variants).get("unique_key") if before is not None else None
    names = [key] if isinstance(key, str) else key
    return {str(name).lower() for name in names} if isinstance(names, list) else set()


def _depends(columns: frozenset[str], proven: frozenset[str]) -> bool:
    """True where the other grouped columns may follow from the key (a name beside its id)."""
    stems = {word for column in columns for word in column.split("_")} - {"id", "key", "date"}
    rest = proven - columns
    if any(_is_finer(name, columns) for name in rest):
        return False
    if columns & {"id", "pk", "key", "surrogate_key"}:
        return True
    if any(stems & set(name.split("_")) for name in rest):
        return True
    return not any(PART_OF_A_KEY.search(name) for name in rest)


CALENDAR = re.compile(r"fiscal|hour|day|date|week|month|quarter|year|season|period|^is_|version")
"""Words of what may follow from a date."""


def _is_beside_a_date(columns: frozenset[str], rest: frozenset[str]) -> bool:
    """True for a currency beside a day, from which no currency follows."""
    return all(_is_period(c) for c in columns) and not any(CALENDAR.search(c) for c in rest)


def _is_period(name: str) -> bool:
    return name.rsplit("_", 1)[-1] in UNITS


UNITS = ("hour", "day", "date", "week", "month", "quarter", "year")


def _is_finer(name: str, columns: frozenset[str]) -> bool:
    """True for a date of a finer unit than the one date of the key."""
    unit = name.rsplit("_", 1)[-1]
    others = [c.rsplit("_", 1)[-1] for c in columns if c.rsplit("_", 1)[-1] in UNITS]
    if unit not in UNITS or not others:
        return False
    return all(UNITS.index(unit) < UNITS.index(other) for other in others)


RULE = Rule(
    "GRAIN001",
    "key-does-not-match-grain",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
