"""The slow oracle: funnels by brute force in plain Python, from the rules and not from the SQL.

Moments are whole microseconds. Every question is asked of every event, one person at a time.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from copy import copy
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import permutations
from math import inf

from carepath.funnels import FunnelDefinition
from carepath.funnels.definition import Exclusion, Step

MICRO = 1_000_000


@dataclass(frozen=True)
class Event:
    """One row of the file."""

    person: str
    name: str
    at: int
    event_id: str | None = None
    properties: tuple[tuple[str, str | None], ...] = ()

    def get(self, name: str) -> str | None:
        return dict(self.properties).get(name)


@dataclass
class Attempt:
    """One way through the funnel, from one entry event."""

    entry: Event
    entered: int
    chosen: dict[int, Event] = field(default_factory=dict)
    reached: dict[int, int] = field(default_factory=dict)
    opened: set[int] = field(default_factory=set)
    is_stopped: bool = False
    stopped_at: int | None = None
    is_removed: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one person: for each step, and the attempt behind it."""

    person: str
    attempt: Attempt
    closed: frozenset[int]
    done: frozenset[int]
    opened: frozenset[int]
    skipped: frozenset[int]
    later: frozenset[int]
    times: dict[int, int]
    """Step -> microseconds from the previous step."""
    moments: dict[int, int]
    """Step -> when it was passed by doing it."""
    waited: tuple[int, int] | None
    """Step where progress ended, and microseconds watched there."""


def fits(event: Event, step: Step | Exclusion) -> bool:
    if step.event is not None and event.name != step.event:
        return False
    return all(event.get(name) in values for name, values in step.where.items())


def us(seconds: float) -> int:
    return round(Fraction(str(seconds)) * MICRO)


def none_last(value):
    return (value is None, value or "")


class Oracle:
    """A funnel over a list of events."""

    def __init__(self, definition: FunnelDefinition, range_us=(None, None), complete=None):
        self.d = definition
        self.n = len(definition.steps)
        self.window = us(definition.window_seconds)
        self.tie = us(definition.tie_seconds)
        self.start, self.end = range_us
        self.complete = complete
        self.optional = {k for k in self.numbers if definition.steps[k - 1].is_optional}
        self.unordered = definition.order == "unordered"
        self.wanted = None  # (property, value) that an event must have to do a step

    @property
    def numbers(self):
        return range(1, self.n + 1)

    # -- which events, in which order

    def counted(self, events):
        kept, by_id = [], defaultdict(list)
        for event in events:
            if self.d.group_by_property and event.get(self.d.group_by_property) is None:
                continue  # of no unit: unusable, and so no copy of a usable event
            (kept if event.event_id is None else by_id[event.event_id]).append(event)
        for copies in by_id.values():
            kept.append(min(copies, key=self.copy_order))
        return [
            event
            for event in kept
            if all(event.get(name) in values for name, values in self.d.where.items())
        ]

    def copy_order(self, event):
        read = [event.get(name) for name in self.d.properties]
        unit = event.get(self.d.group_by_property) if self.d.group_by_property else event.person
        return (event.at, unit, event.name, [none_last(value) for value in read])

    def serves(self, event):
        if self.wanted is not None and event.get(self.wanted[0]) != self.wanted[1]:
            return []
        return [k for k in self.numbers if fits(event, self.d.steps[k - 1])]

    def breadth(self, k):
        """How many steps this one is as choosy as, or choosier, fewest last."""
        own = self.d.steps[k - 1]
        return -sum(
            step.event in (None, own.event)
            and all(
                name in own.where and set(own.where[name]) <= set(values)
                for name, values in step.where.items()
            )
            for step in self.d.steps
        )

    def in_total_order(self, events):
        read = self.d.properties
        return sorted(
            events,
            key=lambda e: (
                e.at,
                min(self.serves(e), default=self.n + 1),
                none_last(e.event_id),
                e.name,
                [none_last(e.get(name)) for name in read],
            ),
        )

    # -- one person

    def outcome(self, person, events, first_ever) -> Outcome | None:
        ordered = self.in_total_order(events)
        attempts = [self.attempt(ordered, place) for place in self.entries(ordered, first_ever)]
        if not attempts:
            return None
        best = max(attempts, key=self.length)  # max keeps the first, which is the earliest
        return self.conclude(person, best, ordered)

    def is_entry(self, event):
        steps = self.serves(event)
        return bool(steps) if self.unordered else 1 in steps

    def entries(self, ordered, first_ever):
        places = []
        for place, event in enumerate(ordered):
            if not self.is_entry(event):
                continue
            if self.start is not None and event.at < self.start:
                continue
            if self.end is not None and event.at >= self.end:
                continue
            if self.d.first_time_only and event is not first_ever:
                continue
            places.append(place)
        return places[:1] if self.d.entry == "first_entry" else places

    def usable(self, event):
        return not (self.d.date_range.clip_conversions and event.at >= self.end)

    def attempt(self, ordered, place) -> Attempt:
        entry = ordered[place]
        attempt = Attempt(entry, entry.at)
        last = entry.at + self.window
        events = [(i, e) for i, e in enumerate(ordered) if self.usable(e)]
        taken, progress = {1: place}, entry.at
        if self.unordered:
            taken = self.share_out(entry, events)
        for k, i in taken.items():
            attempt.chosen[k] = ordered[i]
            attempt.reached[k] = max(entry.at, ordered[i].at)
        for k in () if self.unordered else self.numbers[1:]:
            free = [
                (i, e)
                for i, e in events
                if i not in taken.values() and k in self.serves(e) and e.at >= progress - self.tie
            ]
            if not free:
                continue
            i, event = free[0]
            reached = max(progress, event.at)
            if reached > last:
                continue
            if self.d.order == "strict" and any(
                progress + self.tie < other.at < event.at - self.tie for _, other in events
            ):
                continue
            attempt.chosen[k], attempt.reached[k] = event, reached
            taken[k] = i
            progress = reached
        attempt.opened = self.opened(attempt, events, taken)
        self.exclude(attempt, [e for _, e in events])
        return attempt

    def share_out(self, entry, events):
        """Unordered: step -> place of its event; as many as can be, by the earliest that can.

        Every set of steps that the events so far could serve is kept; an event is used when it
        makes a larger one. Of all ways to share these out, the first: the choosiest step has the
        earliest event, then the next step, and so on.
        """
        sets, used = {frozenset()}, []
        for i, event in events:
            if not entry.at - self.tie <= event.at <= entry.at + self.window:
                continue
            more = {own | {k} for own in sets for k in self.serves(event) if k not in own}
            if max(map(len, sets | more)) > len(used):
                used.append(i)
            sets |= more
        at = dict(events)
        choosiest_first = sorted(self.numbers, key=self.breadth)
        ways = [
            dict(zip(steps, used, strict=True))
            for steps in permutations(self.numbers, len(used))
            if all(k in self.serves(at[i]) for k, i in zip(steps, used, strict=True))
        ]
        return min(ways, key=lambda way: [way.get(k, inf) for k in choosiest_first])

    def opened(self, attempt, events, taken):
        """Steps done at all: those on the way, and others that an event is left for."""
        if self.unordered:
            return set(taken)
        missed = [k for k in self.numbers if k not in taken and k not in self.optional]
        used = {k: i for k, i in taken.items() if k < min(missed, default=self.n + 1)}
        for k in self.numbers:
            for i, event in events:
                if (
                    k not in used
                    and i not in used.values()
                    and k in self.serves(event)
                    and attempt.entered - self.tie <= event.at <= attempt.entered + self.window
                ):
                    used[k] = i
        return set(used)

    def exclude(self, attempt, events):
        stops = []
        for exclusion in self.d.exclusions:
            start, end = self.span(attempt, exclusion)
            if start is None:
                continue
            hits = [
                e.at
                for e in events
                if fits(e, exclusion)
                and start + self.tie < e.at <= attempt.entered + self.window
                and (end is None or e.at < end - self.tie)
            ]
            if hits and exclusion.mode == "stop":
                stops.append(min(hits))
            elif hits:
                attempt.is_removed = True
        if stops:
            attempt.is_stopped = True
            stop = attempt.stopped_at = min(stops)
            for k, reached in list(attempt.reached.items()):
                if reached > stop + self.tie:
                    del attempt.reached[k], attempt.chosen[k]

    def span(self, attempt, exclusion):
        reached = attempt.reached
        if self.unordered:
            return attempt.entered, max(reached.values()) if len(reached) == self.n else None
        passed = self.length(attempt)
        if passed < exclusion.from_step:
            return None, None
        start = max(at for k, at in reached.items() if k <= exclusion.from_step)
        end = None
        if passed < exclusion.to_step:
            return start, end
        for k in range(exclusion.to_step, self.n + 1):
            if k in reached:
                end = reached[k]
                break
            if k not in self.optional:
                break
        return start, end

    def closed_steps(self, attempt):
        if self.unordered:
            return set(range(1, len(attempt.reached) + 1))
        closed = set()
        for k in self.numbers:
            passed_over = (
                k in self.optional
                and k not in attempt.opened
                and any(later in attempt.reached for later in range(k + 1, self.n + 1))
            )
            if k not in attempt.reached and not passed_over:
                break
            closed.add(k)
        return closed

    def length(self, attempt):
        return len(self.closed_steps(attempt))

    def conclude(self, person, attempt, ordered) -> Outcome:
        closed = self.closed_steps(attempt)
        opened = attempt.opened
        if self.unordered:
            moments = dict(zip(self.numbers, sorted(attempt.reached.values()), strict=False))
            done = set(attempt.reached)
            skipped, later = set(), set()
        else:
            moments = {k: at for k, at in attempt.reached.items() if k in closed}
            done = set(moments)
            later = {k for k in self.numbers if any(j > k for j in opened)}
            skipped = later - opened
        times, previous = {}, None
        for k in sorted(moments):
            if previous is not None:
                times[k] = moments[k] - previous
            previous = moments[k]
        return Outcome(
            person,
            attempt,
            frozenset(closed),
            frozenset(done),
            frozenset(opened),
            frozenset(skipped),
            frozenset(later),
            times,
            moments,
            self.waited(attempt, closed, moments, ordered),
        )

    def waited(self, attempt, closed, moments, ordered):
        """Who did not pass a step was on it since the one before, until nothing could be seen."""
        if len(closed) == self.n:
            return None
        came = max(moments.values())
        ends = [self.window_end(attempt), self.complete]
        if attempt.stopped_at is not None:
            ends.append(attempt.stopped_at)
        if self.d.order == "strict":
            ends += [e.at for e in ordered if e.at > came + self.tie]
        return len(closed) + 1, min(ends) - came

    def unseen(self, events):
        """Events of the definition that no unit ever did, whatever `where` lets count."""
        names = [step.event for step in (*self.d.steps, *self.d.exclusions)]
        happened = {event.name for own in self.people(events).values() for event in own}
        return [name for name in dict.fromkeys(names) if name and name not in happened]

    # -- everybody

    def people(self, events):
        """Person -> outcome; None where they have events that count but never entered."""
        unit = self.d.group_by_property
        by_person = defaultdict(list)
        for event in events:
            name = event.get(unit) if unit else event.person
            if name is not None:
                by_person[name].append(event)
        return by_person

    def run(self, events):
        """Outcomes of everybody who entered, removed ones too, in order of name."""
        outcomes = []
        for person, own in sorted(self.people(self.counted(events)).items()):
            outcome = self.outcome(person, own, self.first_ever(own))
            if outcome is not None:
                outcomes.append(outcome)
        return outcomes

    def first_ever(self, own):
        return next((e for e in self.in_total_order(own) if self.is_entry(e)), None)

    def run_segments(self, events):
        """Value -> outcomes, when every event of the way must have the value."""
        name = self.d.breakdown.property
        segments = defaultdict(list)
        for person, own in sorted(self.people(self.counted(events)).items()):
            first_ever = self.first_ever(own)
            for value in {event.get(name) for event in own}:
                of_value = copy(self)
                of_value.wanted = (name, value)
                outcome = of_value.outcome(person, own, first_ever)
                if outcome is not None and not outcome.attempt.is_removed:
                    segments[value, True].append(outcome)
        return segments

    def segment(self, outcome):
        """Value, and whether the step asked for was reached."""
        breakdown, attempt = self.d.breakdown, outcome.attempt
        name = breakdown.property
        if breakdown.at == "entry":
            return attempt.entry.get(name), True
        if breakdown.at == "step":
            is_done = breakdown.step in outcome.done
            return (attempt.chosen[breakdown.step].get(name) if is_done else None), is_done
        way = self.in_total_order([attempt.chosen[k] for k in outcome.done])
        values = [event.get(name) for event in way if event.get(name) is not None]
        if not values:
            return None, True
        return values[0 if breakdown.at == "first_touch" else -1], True

    def window_end(self, attempt):
        ends = attempt.entered + self.window
        return min(ends, self.end) if self.d.date_range.clip_conversions else ends

    def is_mature(self, outcome):
        return self.window_end(outcome.attempt) <= self.complete

    def count(self, outcomes):
        """One dict per step, as the result has it."""
        kept = [outcome for outcome in outcomes if not outcome.attempt.is_removed]
        rows, previous = [], len(kept)
        for k in self.numbers:
            closed = sum(k in outcome.closed for outcome in kept)
            times = [outcome.times[k] for outcome in kept if k in outcome.times]
            waits = [
                outcome.waited[1]
                for outcome in kept
                if outcome.waited is not None and outcome.waited[0] == k and outcome.waited[1] > 0
            ]
            rows.append(
                {
                    "closed": closed,
                    "done": sum(k in outcome.done for outcome in kept),
                    "open": sum(k in outcome.opened for outcome in kept),
                    "lost": previous - closed,
                    "skipped": None
                    if self.unordered
                    else sum(k in outcome.skipped for outcome in kept),
                    "closed_mature": sum(
                        k in outcome.closed and self.is_mature(outcome) for outcome in kept
                    ),
                    "n_seconds": len(times),
                    "mean_seconds": to_seconds(Fraction(sum(times), len(times)) if times else None),
                    "median_seconds": to_seconds(statistics.median(times) if times else None),
                    "p90_seconds": to_seconds(percentile(times, Fraction(9, 10))),
                    "n_came": len(times) + len(waits),
                    "censored_median_seconds": to_seconds(censored_median(times, waits)),
                    "persons_closed": tuple(
                        outcome.person for outcome in kept if k in outcome.closed
                    ),
                }
            )
            previous = closed
        return rows


def percentile(values, share):
    """Type 7: between the order statistics around (n - 1) * share."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def censored_median(done, waited):
    """Kaplan-Meier: the first time at which no more than half are still there, in fractions."""
    share = Fraction(1)
    for time in sorted(set(done)):
        at_risk = sum(other >= time for other in [*done, *waited])
        share *= 1 - Fraction(done.count(time), at_risk)
        if share <= Fraction(1, 2):
            return time
    return None


def to_seconds(microseconds):
    return None if microseconds is None else float(Fraction(microseconds) / MICRO)
