"""Events of people: page views around the intake, funnel events, later visits, passers-by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carepath.sample.people import CHUNK_NUMBERS, Flags, Numbers, People, pick, spread_over_day
from carepath.sample.plan import DAY, HOUR, SECOND, SamplePlan
from carepath.sample.rates import CITY_SHARES, DEVICE_SHARES, Rates
from carepath.sample.vocabulary import DASHBOARD, FIRST_STEP_PAGE, HOME, LANDING, PAGES, SIGNUP

REPEAT_SHARE = 0.04
EARLIER_LANDING_SHARE = 0.08
LATER_VISITS_CONVERTED, LATER_VISITS_OTHERS = 5.0, 0.6
LATER_VISIT_DAYS = 30.0
PASSERS_BY = 0.5  # anonymous visits per person who signs up
MORE_PROJECTS_SHARE = 0.20
MORE_PROJECTS_DAYS = 12.0
EARLIER, SIGN_UP, RETURN, MORE_PROJECTS, LATER = 0, 1, 2, 3, 10


@dataclass(frozen=True)
class Actions:
    """What was done on the site, one array element each, in no particular order.

    `who` indexes the people, or beyond them the passers-by of the same chunk; `step` is 0 for a
    page view and 1 to 6 for a funnel event; `session` tells one person's sessions apart.
    """

    who: Numbers
    time: Numbers
    page: Numbers
    step: Numbers
    session: Numbers

    def __len__(self) -> int:
        return len(self.who)

    def take(self, keep: NDArray[np.bool_] | Numbers) -> Actions:
        """The chosen actions."""
        return Actions(
            self.who[keep], self.time[keep], self.page[keep], self.step[keep], self.session[keep]
        )


@dataclass(frozen=True)
class Projects:
    """Care projects by who creates them and when."""

    who: Numbers
    created: Numbers


@dataclass(frozen=True)
class PassersBy:
    """Anonymous visitors."""

    number: Numbers
    landing_client: Numbers
    city: Numbers
    device: Numbers
    agent: Numbers
    day: Numbers


def projects_of(random: np.random.Generator, plan: SamplePlan, people: People) -> Projects:
    """First projects at CREATE_PROJECT, and further ones some days later."""
    who = np.flatnonzero(people.reached[:, 5])
    created = people.times[who, 5]
    all_who, all_created = [who], [created]
    while who.size:
        again = random.random(who.size) < MORE_PROJECTS_SHARE
        lag = (
            HOUR
            + (random.exponential(MORE_PROJECTS_DAYS * DAY / 1000, who.size)).astype(np.int64)
            * 1000
        )
        who, created = who[again], (created + lag)[again]
        all_who.append(who)
        all_created.append(created)
    projects = Projects(np.concatenate(all_who), np.concatenate(all_created))
    inside = projects.created < plan.ends
    return Projects(projects.who[inside], projects.created[inside])


def passers_by(rates: Rates, random: np.random.Generator, part: int, count: int) -> PassersBy:
    """Visitors who never sign up."""
    cell = pick(random, rates.intensity.ravel(), count)
    day, client = np.divmod(cell, len(rates.clients))
    device = pick(random, DEVICE_SHARES, count)
    return PassersBy(
        number=part * CHUNK_NUMBERS + CHUNK_NUMBERS // 2 + np.arange(count, dtype=np.int64),
        landing_client=np.where(random.random(count) < 0.3, -1, client),
        city=pick(random, CITY_SHARES, count),
        device=device,
        agent=device * 2 + (random.random(count) < 0.5),
        day=rates.plan.begins + day * DAY,
    )


def act(
    random: np.random.Generator,
    plan: SamplePlan,
    people: People,
    projects: Projects,
    others: PassersBy,
) -> Actions:
    """Everything people and passers-by did inside the span."""
    pieces = [
        _funnel(people),
        _repeats(random, people),
        _more_projects(people, projects),
        *_arrival(random, people),
        _step_pages(random, people),
        _later_visits(random, plan, people),
        _pass_by(random, others, len(people)),
    ]
    actions = Actions(
        *(
            np.concatenate([getattr(piece, name) for piece in pieces])
            for name in ("who", "time", "page", "step", "session")
        )
    )
    return actions.take((actions.time >= plan.begins) & (actions.time < plan.ends))


def _piece(
    who: Numbers, time: Numbers, page: Numbers | int, step: Numbers | int, session: Numbers | int
) -> Actions:
    def full(value: Numbers | int) -> Numbers:
        return np.broadcast_to(np.asarray(value, dtype=np.int64), who.shape)

    return Actions(who, time, full(page), full(step), full(session))


def _session_at(people: People, who: Numbers, step: Numbers) -> Numbers:
    """The sign-up session, or the one after the person broke off and returned."""
    back = (people.returned_at[who] > 0) & (step >= people.returned_at[who])
    return np.where(back, RETURN, SIGN_UP)


def _funnel(people: People) -> Actions:
    who, step = np.nonzero(people.emitted)
    session = _session_at(people, who, step)
    return _piece(who, people.times[who, step], FIRST_STEP_PAGE + step, step + 1, session)


def _repeats(random: np.random.Generator, people: People) -> Actions:
    """The form sent again: a few seconds to a minute later."""
    who, step = np.nonzero(people.emitted & (random.random(people.emitted.shape) < REPEAT_SHARE))
    # A repeated CREATE_PROJECT would be a second project, and those come from `projects_of`.
    keep = step < 5
    who, step = who[keep], step[keep]
    time = people.times[who, step] + random.integers(3_000, 60_000, who.size) * 1000
    session = _session_at(people, who, step)
    return _piece(who, time, FIRST_STEP_PAGE + step, step + 1, session)


def _more_projects(people: People, projects: Projects) -> Actions:
    more = projects.created != people.times[projects.who, 5]
    who, time = projects.who[more], projects.created[more]
    session = MORE_PROJECTS + np.arange(who.size, dtype=np.int64) % 7
    return _piece(who, time, FIRST_STEP_PAGE + 5, 6, session)


def _arrival(random: np.random.Generator, people: People) -> list[Actions]:
    """The way to the account: landing (or home) page, perhaps more pages, the sign-up page."""
    who = np.arange(len(people), dtype=np.int64)
    landing = np.where(people.landing_client < 0, HOME, LANDING)
    signup = people.created - random.integers(20_000, 120_000, who.size) * 1000
    first = signup - random.integers(10_000, 480_000, who.size) * 1000
    earlier = random.random(who.size) < EARLIER_LANDING_SHARE
    lag = random.integers(HOUR, 6 * DAY, who.size) // 1000 * 1000
    looked = random.random(who.size) < 0.6
    pages = random.integers(HOME + 1, SIGNUP, who.size)
    between = first + (signup - first) // 2000 * 1000
    return [
        _piece(who, signup, SIGNUP, 0, SIGN_UP),
        _piece(who, first - np.where(earlier, lag, 0), landing, 0, np.where(earlier, 0, SIGN_UP)),
        _piece(who[earlier], first[earlier], HOME, 0, SIGN_UP),
        _piece(who[looked], between[looked], pages[looked], 0, SIGN_UP),
    ]


def _step_pages(random: np.random.Generator, people: People) -> Actions:
    """The page of each step, also of the step at which the person was lost."""
    applies = np.ones_like(people.reached)
    applies[:, 3], applies[:, 4] = people.verifies, people.has_page
    seen = np.zeros_like(people.reached)
    seen[:, 1:] = people.reached[:, :-1] & applies[:, 1:]
    # A step that does not apply is passed through, so its reached flag carries on to the next.
    seen &= random.random(seen.shape) < 0.97
    who, step = np.nonzero(seen)
    gap = people.gaps[who, step - 1]
    done = people.reached[who, step]
    time = np.where(
        done,
        people.times[who, step] - gap * 9 // 10_000 * 1000,
        people.times[who, step - 1] + 2 * SECOND,
    )
    session = np.where(done, _session_at(people, who, step), _session_at(people, who, step - 1))
    return _piece(who, time, FIRST_STEP_PAGE + step, 0, session)


def _later_visits(random: np.random.Generator, plan: SamplePlan, people: People) -> Actions:
    mean = np.where(people.reached[:, 5], LATER_VISITS_CONVERTED, LATER_VISITS_OTHERS)
    visits = random.poisson(mean)
    who = np.repeat(np.arange(len(people), dtype=np.int64), visits)
    lag = random.exponential(LATER_VISIT_DAYS * DAY, who.size).astype(np.int64)
    day = (people.active_from[who] + DAY + lag) // DAY * DAY
    keep = day < plan.ends
    who, day = who[keep], day[keep]
    start = spread_over_day(random, people.city[who], day)
    session = LATER + np.arange(who.size, dtype=np.int64) % 900
    views = 1 + random.poisson(1.7, who.size)
    visit = np.repeat(np.arange(who.size), views)
    gaps = 3000 + random.exponential(40_000, visit.size).astype(np.int64)
    time = start[visit] + _running_sum(gaps, views) * 1000
    page = random.integers(DASHBOARD, len(PAGES), visit.size)
    # Not logged in before the account exists: visits of a return before it cannot happen.
    later = time > people.active_from[who[visit]] + HOUR
    return _piece(who[visit], time, page, 0, session[visit]).take(later)


def _pass_by(random: np.random.Generator, others: PassersBy, first: int) -> Actions:
    count = len(others.number)
    start = spread_over_day(random, others.city, others.day)
    views = 1 + random.poisson(1.2, count)
    visit = np.repeat(np.arange(count), views)
    gaps = 3000 + random.exponential(50_000, visit.size).astype(np.int64)
    time = start[visit] + _running_sum(gaps, views) * 1000
    is_first: Flags = np.concatenate([[True], visit[1:] != visit[:-1]])[: visit.size]
    landing = np.where(others.landing_client < 0, HOME, LANDING)[visit]
    page = np.where(is_first, landing, random.integers(HOME, SIGNUP, visit.size))
    return _piece(first + visit, time, page, 0, LATER)


def _running_sum(values: Numbers, lengths: Numbers) -> Numbers:
    """Cumulative sum within consecutive groups of the given lengths, starting at 0."""
    total = np.cumsum(values)
    begins = np.cumsum(lengths) - lengths
    return np.asarray(total - np.repeat(total[begins], lengths), dtype=np.int64)
