"""Whom the funnel answers count, and whom they leave out; the rules are the models'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from carepath.questions.answer import Answer, Exclusion
from carepath.questions.question import Context
from carepath.questions.wording import listed

METRICS = "member_intake_funnel_metrics"
STEPS = "member_intake_funnel_steps"
IMMATURE = "entered too recently: their window has not ended in complete data"
SIGN_UPS = (
    "new sign-ups: people by their first CREATE_ACCOUNT ever, staff excluded, deleted members "
    "included; --since and --until bound the entry, in whole months"
)
MATURE_SIGN_UPS = f"{SIGN_UPS}; rates use mature people, whose whole window lies in complete data"

_REASONS = {
    "staff": "ever had the role staff",
    "no_entry": "have later steps but never created an account in the events",
    "no_funnel_events": "have an account but no funnel event",
    "immature": IMMATURE,
}


@dataclass(frozen=True)
class People:
    """How many people there are of each kind in the range asked for.

    Parameters
    ----------
    entrants, mature : int
        People who count, and those of them whose window has ended.
    excluded : tuple of Exclusion
        The others, by reason; immature people last.
    first_date, last_date : date or None
        Of all entries, whatever the range.
    """

    entrants: int
    mature: int
    excluded: tuple[Exclusion, ...]
    first_date: date | None
    last_date: date | None


def count_people(context: Context) -> People:
    """Count people by what happens to them in the rates."""
    found = context.fetch(
        f"""
        select
            case
                when exclusion_reason is not null then exclusion_reason
                when population != 'entrant' then population
                when is_mature then 'mature'
                else 'immature'
            end as fate,
            count(case when {context.within("entered_date")} or entered_date is null then 1 end)
                as people,
            min(entered_date) as first_date,
            max(entered_date) as last_date
        from {METRICS}
        group by 1
        order by 1
        """
    )
    counted = {fate: int(people) for fate, people, _, _ in found.rows()}
    dates = [moment.date() for *_, low, high in found.rows() for moment in (low, high) if moment]
    mature, immature = counted.get("mature", 0), counted.get("immature", 0)
    order = [*_REASONS, *(fate for fate in counted if fate not in _REASONS)]
    return People(
        entrants=mature + immature,
        mature=mature,
        excluded=tuple(
            Exclusion(_REASONS.get(fate, fate), counted[fate])
            for fate in order
            if fate != "mature" and counted.get(fate)
        ),
        first_date=min(dates, default=None),
        last_date=max(dates, default=None),
    )


def entrants(context: Context, extra: str = "") -> str:
    """Return the CTE body of the people who count, with their `segment`."""
    return f"""
            select
                member_id, {context.by} as segment, is_mature, is_converted, converted_at,
                entered_at, entered_date, window_ends_at, last_closed_step_number{extra}
            from {METRICS}
            where population = 'entrant' and exclusion_reason is null
                and {context.within("entered_date")}"""


def find_unseen_steps(context: Context) -> str:
    """Say which steps nobody who counts ever did; empty when each was done by somebody."""
    found = context.fetch(
        f"""
        with people as ({entrants(context.whole())}
        )
        select steps.step_name
        from people
        inner join {STEPS} as steps on people.member_id = steps.member_id
        group by steps.step_number, steps.step_name
        having count(case when steps.is_open then 1 end) = 0
        order by steps.step_number
        """
    )
    names = found.values("step_name")
    if not names:
        return ""
    return (
        f"Nobody who counts here ever did {listed(names, 'or')}: it does not exist for them, "
        "nobody came that far, or its events are missing."
    )


def nobody(context: Context, people: People) -> Answer | None:
    """Return the honest answer when there is nobody to speak of, else None."""
    if people.mature:
        return None
    if people.entrants:
        who = (
            "the person who entered{} has not"
            if people.entrants == 1
            else f"none of the {people.entrants:,} people who entered{{}} has"
        ).format(context.period)
        headline = f"It is too early to tell: {who} had the whole window yet."
    elif people.first_date is None:
        headline = "Nobody has entered the funnel: there is no CREATE_ACCOUNT event to count."
    else:
        headline = (
            f"Nobody entered the funnel{context.period}; entries run from {people.first_date} "
            f"to {people.last_date}."
        )
    return context.answer(headline, "no data", excluded=people.excluded)
