"""Which steps one event could serve, and the order in which they take their events."""

from __future__ import annotations

from carepath.funnels.definition import FunnelDefinition, Step


def may_share(first: Step, second: Step) -> bool:
    """Tell whether one event could serve both steps."""
    if first.event is not None and second.event is not None and first.event != second.event:
        return False
    for name in first.where.keys() & second.where.keys():
        ours, theirs = first.where[name], second.where[name]
        are_texts = all(isinstance(value, str) for value in (*ours, *theirs))
        if are_texts and not set(ours) & set(theirs):
            return False
    return True


def is_within(inner: Step, outer: Step) -> bool:
    """Tell whether every event that can serve the one step can serve the other."""
    if outer.event is not None and outer.event != inner.event:
        return False
    return all(
        name in inner.where and set(inner.where[name]) <= set(values)
        for name, values in outer.where.items()
    )


def order_matching(definition: FunnelDefinition) -> tuple[int, ...]:
    """List the steps as they take their events.

    Unordered, the choosiest first: a step that any event can serve leaves the others theirs.
    """
    if definition.order != "unordered":
        return definition.step_numbers
    steps = definition.steps
    return tuple(
        sorted(
            definition.step_numbers,
            key=lambda number: -sum(is_within(steps[number - 1], outer) for outer in steps),
        )
    )


def count_shared(definition: FunnelDefinition) -> dict[int, int]:
    """Count, for each step, those that take their events before it and could take the same."""
    places = order_matching(definition)
    steps = definition.steps
    return {
        number: sum(may_share(steps[earlier - 1], steps[number - 1]) for earlier in places[:place])
        for place, number in enumerate(places)
    }


def find_sharing(definition: FunnelDefinition) -> dict[int, tuple[int, ...]]:
    """List, for each step, the others that the same event could serve."""
    numbered = list(enumerate(definition.steps, start=1))
    return {
        number: tuple(other for other, step in numbered if other != number and may_share(step, own))
        for number, own in numbered
    }
