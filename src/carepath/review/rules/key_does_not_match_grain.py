"""A unique test names fewer columns than the model is grouped by.

What it does
    Compares the keys that tests declare, and unique_key, with the GROUP BY or DISTINCT that
    proves the grain of the model.

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
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.names import loose

PART_OF_A_KEY = re.compile(
    r"(_id|_key|_date|_month|_week|_year|_day|_hour)$|^(date|month|week|day)"
)


def check(context: Context) -> Iterator[Issue]:
    """Compare declared keys with the proven grain."""
    doc = context.model.doc
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        output = variant.resolution.output
        final = [scope for scope in variant.resolution.scopes if scope.is_final]
        if len(final) != 1 or not output.is_closed:
            continue
        grain = [key for key in output.keys if key.strength == "sql" and key.columns]
        if len(grain) != 1 or len(output.keys) != 1 or not grain[0].proof.startswith("GROUP BY"):
            continue
        proven = frozenset(loose(name) for name in grain[0].columns)
        constant = {loose(c.name) for c in output.columns if c.kind == "constant"}
        proven -= constant
        declared = [
            (columns, f"the {name} test", Place(doc.file, line) if doc is not None else None)
            for columns, name, line in declared_keys(doc)
        ]
        key = variant.rendered.config.get("unique_key")
        names = [key] if isinstance(key, str) else key
        if isinstance(names, list) and all(str(n).isidentifier() for n in names):
            columns = frozenset(str(n).lower() for n in names)
            declared.append((columns, "unique_key", None))
        for columns, what, place in declared:
            if not columns < proven or _depends(columns, proven):
                continue
            missing = ", ".join(sorted(proven - columns))
            yield Issue(
                subject=", ".join(sorted(columns)),
                message=f"{what} names {', '.join(sorted(columns))}, but there is one row per "
                f"{', '.join(sorted(proven))}.",
                consequence="The test fails."
                if "test" in what
                else "Rows that are not the same are merged.",
                fix=f"Add {missing} to it, or group by {', '.join(sorted(columns))} alone.",
                confidence=Confidence.LIKELY,
                place=place,
                word="unique_key" if place is None else "",
                evidence=[Evidence(grain[0].proof, Place(context.model.file.path, 1))],
            )


def _depends(columns: frozenset[str], proven: frozenset[str]) -> bool:
    """True where the other grouped columns may follow from the key (a name beside its id)."""
    stems = {word for column in columns for word in column.split("_")} - {"id", "key", "date"}
    rest = proven - columns
    if columns & {"id", "pk", "key", "surrogate_key"}:
        return True
    if any(stems & set(name.split("_")) for name in rest):
        return True
    return not any(PART_OF_A_KEY.search(name) for name in rest)


RULE = Rule(
    "GRAIN001",
    "key-does-not-match-grain",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
