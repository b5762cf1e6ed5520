"""A rate of a seed is written as a percentage beside parts of one.

What it does
    Reports a value over 1 that the change brings into a column of a seed that is named after a
    rate, share or ratio, where every value at base, and at least three, lay between 0 and 1.

Why it is bad
    Whatever is multiplied with it becomes a hundred times too large.

For example
    Bikes,8        -- beside Books,0.10 and Chairs,0.15 in commission_rate

Use instead
    Bikes,0.08
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Issue, Rule
from carepath.review.rules.seed_repeats_its_key import MOST, columns_of

PART = re.compile(r"(^|_)(rate|share|ratio|fraction|probability|proportion)$")
OTHERWISE = re.compile(r"fx|exchange|currency|hourly|daily|day_|heart|tax_rate_pct")
FEWEST = 3


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the rates of changed seeds with those at base."""
    for model in change.head.models.values():
        before = change.counterpart(model) if model.kind == "seed" else None
        if before is None or model.file.path not in change.changed_files:
            continue
        text, old = change.head.text(model.file), change.base.text(before.file)
        if len(text) > MOST or len(old) > MOST:
            continue
        delimiter = str(model.config.get("delimiter") or ",")[:1]
        was = columns_of(old, delimiter)
        for name, values in columns_of(text, delimiter).items():
            if not PART.search(name.lower()) or OTHERWISE.search(name.lower()):
                continue
            known = [_number(value) for value, _ in was.get(name, []) if value.strip()]
            parts = [one for one in known if one is not None and 0 <= one <= 1]
            if len(parts) < max(FEWEST, len(known)) or not any(0 < one < 1 for one in parts):
                continue
            over = [(value, line) for value, line in values if (_number(value) or 0) > 1]
            if not over or len(over) == len(values):
                continue
            yield Issue(
                subject=name.lower(),
                message=f"{name} is {over[0][0]} here, and every value of it was between 0 and 1.",
                consequence="If it is a percentage, what is multiplied with it becomes a hundred "
                "times too large.",
                fix="Write it as a part of one.",
                confidence=Confidence.LIKELY,
                place=Place(model.file.path, over[0][1]),
                model=model,
                evidence=[
                    Evidence(
                        f"at base from {min(parts):g} to {max(parts):g}",
                        Place(before.file.path, 1),
                    )
                ],
            )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


RULE = Rule(
    "LIT061",
    "seed-value-out-of-scale",
    Severity.WARNING,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
