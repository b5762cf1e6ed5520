"""A metric is made of a measure or metric that does not exist.

What it does
    Looks up the measures, numerators, denominators and metrics that the metrics of the semantic
    layer name. Quiet where a YAML file of the project cannot be read.

Why it is bad
    The project does not parse: every dbt command fails, not only those about metrics.

For example
    metrics:
      - name: average_order
        type: ratio
        type_params: {numerator: revenue, denominator: order_cuont}

Use instead
        type_params: {numerator: revenue, denominator: order_count}
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Place, Severity
from carepath.review.naming import nearest
from carepath.review.nodes import MetricInput
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Space


def check_change(change: Change) -> Iterator[Issue]:
    """Look up the inputs of every metric."""
    before = {
        (space.project.name, one.metric, one.name)
        for space in change.base.spaces
        for one in _missing(space)
    }
    for space in change.head.spaces:
        for one in _missing(space):
            if (space.project.name, one.metric, one.name) in before:
                continue
            known = space.docs.metrics if one.kind == "metric" else space.docs.measures
            near = nearest(one.name, known - {one.metric}, 0.75)
            yield Issue(
                subject=f"{one.metric} {one.name}",
                message=f"There is no {one.kind} {one.name}, of which {one.metric} is made."
                + (f" Did you mean {near}?" if near else ""),
                consequence="The project does not parse.",
                fix=f"Write {near}." if near else f"Define {one.name}, or use another {one.kind}.",
                confidence=Confidence.LIKELY,
                place=Place(one.file, one.line),
            )


def _missing(space: Space) -> Iterator[MetricInput]:
    docs = space.docs
    if docs.broken or not docs.measures:
        return
    for one in docs.metric_inputs:
        # A measure may make a metric of its own name.
        if one.name not in docs.measures and (
            one.kind == "measure" or one.name not in docs.metrics
        ):
            yield one


RULE = Rule(
    "REF007", "metric-without-input", Severity.ERROR, __doc__ or "", check_change=check_change
)
