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
from carepath.review.snapshot import Snapshot


def check(context: Context) -> Iterator[Issue]:
    """Walk upstream until the model is met again."""
    snapshot, model = context.snapshot, context.model
    if any(
        c.kind == "ref" and c.package is None and c.name == model.name
        for c in snapshot.calls(model)
    ):
        yield _issue(model.name, [model.name, model.name])
        return
    if model.id not in _between_circles(snapshot):
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


def _between_circles(snapshot: Snapshot) -> frozenset[str]:
    """Ids of the models in a circle, or on a way from one circle to another.

    Models that read none of the others, or that none of the others reads, are taken away until
    no such model is left.
    """
    kept: frozenset[str] | None = snapshot.local.get("between circles")
    if kept is None:
        reads = {id: {up.id for up in snapshot.upstream(m)} for id, m in snapshot.models.items()}
        read_by: dict[str, set[str]] = {id: set() for id in reads}
        for id, others in reads.items():
            for other in others:
                read_by[other].add(id)
        left = set(reads)
        for ways, back in ((reads, read_by), (read_by, reads)):
            count = {id: len(ways[id] & left) for id in left}
            ends = [id for id, ahead in count.items() if not ahead]
            while ends:
                end = ends.pop()
                left.discard(end)
                for other in back[end] & left:
                    count[other] -= 1
                    if not count[other]:
                        ends.append(other)
        kept = snapshot.local["between circles"] = frozenset(left)
    return kept


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
