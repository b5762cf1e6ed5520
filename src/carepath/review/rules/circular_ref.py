"""Models that read one another in a circle.

What it does
    Follows refs from each changed model and reports a way back to it.

Why it is bad
    dbt stops: the graph has a cycle.

For example
    -- a.sql: select * from {{ ref('b') }}      b.sql: select * from {{ ref('a') }}

Use instead
    -- read {{ this }} for the model's own earlier rows; break the circle with a third model
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Evidence, Severity
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Walk upstream until the model is met again."""
    snapshot, model = context.snapshot, context.model
    if any(
        c.kind == "ref" and c.package is None and c.name == model.name
        for c in snapshot.calls(model)
    ):
        yield _issue(model.name, [model.name, model.name])
        return
    for first in snapshot.upstream(model):
        seen = {first.id}
        ways = [(first, [model.name, first.name])]
        while ways:
            current, way = ways.pop()
            for upstream in snapshot.upstream(current):
                if upstream.id == model.id:
                    yield _issue(first.name, [*way, model.name])
                    return
                if upstream.id not in seen and len(seen) < 3000:
                    seen.add(upstream.id)
                    ways.append((upstream, [*way, upstream.name]))


def _issue(word: str, way: list[str]) -> Issue:
    return Issue(
        subject=" ".join(sorted(set(way))),
        message=f"A circle of refs: {' reads '.join(way)}.",
        consequence="dbt stops; nothing is built.",
        fix="Break the circle.",
        word=word,
        evidence=[Evidence(" -> ".join(way))],
    )


RULE = Rule("REF005", "circular-ref", Severity.ERROR, __doc__ or "", check)
