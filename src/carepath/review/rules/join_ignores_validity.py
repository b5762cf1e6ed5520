"""A relation that holds several versions of a thing is joined without asking which one.

What it does
    Reports a join with a relation that has both ends of a validity (valid_from and valid_to,
    effective_start_date and effective_end_date), where nothing in the query, nor in the CTE or
    model it comes from, looks at them or at a flag of the current version, and what is equated is
    no known key and no key of versions by its name.

Why it is bad
    A row meets every version of the thing it belongs to.

For example
    from visits as v join price_versions as p on p.product_id = v.product_id

Use instead
    from visits as v join price_versions as p on p.product_id = v.product_id
        and v.visited_at >= p.valid_from and v.visited_at < p.valid_to
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, Known, Resolution, Scope, known_of
from carepath.review.sql.definitions import scope_of
from carepath.review.sql.joins import matched
from carepath.review.sql.parse import start_of
from carepath.review.sql.validity import BEGIN, END

CURRENT = re.compile(
    r"^_*is_(current|latest|newest|active|valid)|_(current|latest)$|^rn$|^row_num|(^|_)rank$|"
    r"(^|_)(current|latest|active)_(flag|ind\w*|version|record|row)$|(^|_)version(_\w+)?$"
)
VERSION_KEY = re.compile(r"(^|_)(key|sk|pk|hk|scd_id|surrogate\w*|version_id|hash)$")
ONE_OF_EACH = ("group", "qualify", "distinct", "limit")


def check(context: Context) -> Iterator[Issue]:
    """Look at each join of a relation that has a validity."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            if any(scope.node.args.get(part) for part in ONE_OF_EACH):
                continue
            for name, binding in scope.bindings.items():
                if binding.join is not None and not binding.hidden:
                    yield from _join(context, variant, known, scope, name, binding)


def _join(
    context: Context, variant: Variant, known: Known, scope: Scope, name: str, binding: Binding
) -> Iterator[Issue]:
    ends = _validity(binding)
    join = binding.join
    if ends is None or join is None or (join.kind or "").upper() in ("CROSS", "SEMI", "ANTI"):
        return
    if keys.shape_of(known, scope, name, binding).is_unique:
        return
    assert variant.resolution is not None
    equated = matched(variant.resolution, join, binding)
    if not equated or any(VERSION_KEY.search(column) for column in equated):
        return
    if (
        _is_matched_later(scope, binding)
        or _is_chosen(scope, binding)
        or _is_narrowed(context, variant.resolution, binding)
    ):
        return
    by = ", ".join(sorted(equated))
    yield Issue(
        subject=f"{name} {by}",
        message=f"{name} is joined by {by} alone, and holds versions: nothing looks at "
        f"{ends[0]} and {ends[1]}.",
        consequence="A row meets every version of what it belongs to.",
        fix=f"Match the moment with {name}.{ends[0]} and {name}.{ends[1]}, or keep the current "
        "version only.",
        confidence=Confidence.LIKELY,
        offset=start_of(join.args.get("on") or binding.node) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"{name} has {ends[0]} and {ends[1]}")],
    )


def _validity(binding: Binding) -> tuple[str, str] | None:
    names = list(binding.relation.index)
    begin = next((n for n in names if BEGIN.match(n)), None)
    end = next((n for n in names if END.match(n)), None)
    return (begin, end) if begin and end else None


def _tells(name: str) -> bool:
    return bool(BEGIN.match(name) or END.match(name) or CURRENT.search(name))


def _is_chosen(scope: Scope, binding: Binding) -> bool:
    """True where the query looks at the validity, or at a flag, of the joined relation."""
    return any(
        use.binding is binding and use.clause != "select" and _tells(use.node.name.lower())
        for use in scope.uses
    )


def _is_matched_later(scope: Scope, binding: Binding) -> bool:
    """True where another join asks for the key of the version itself: all are wanted first."""
    asked = {u.node.name.lower() for u in scope.uses if u.binding is binding and u.clause == "on"}
    return any(key.columns and key.columns <= asked for key in binding.relation.keys)


def _is_narrowed(context: Context, resolution: Resolution, binding: Binding) -> bool:
    """True where the CTEs behind it, or the model they read, choose one version already."""
    inner = scope_of(resolution, binding)
    while inner is not None:
        if _chooses(inner):
            return True
        binding = next(iter(inner.bindings.values()), binding)
        deeper = scope_of(resolution, binding)
        inner = deeper if deeper is not inner else None
    model = context.snapshot.models.get(binding.relation.id)
    variants = context.snapshot.analyse(model).variants if model is not None else []
    resolutions = [v.resolution for v in variants if v.resolution is not None]
    return any(_chooses(scope) for resolution in resolutions for scope in resolution.scopes)


def _chooses(scope: Scope) -> bool:
    where = scope.node.args.get("where")
    columns = where.find_all(exp.Column) if where is not None else ()
    return bool(scope.node.args.get("qualify")) or any(_tells(c.name.lower()) for c in columns)


RULE = Rule(
    "JOIN031",
    "join-ignores-validity",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
