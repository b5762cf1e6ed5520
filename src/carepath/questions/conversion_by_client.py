"""Do conversion rates differ between clients?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.edges import hidden_beforehand
from carepath.questions.figures import figure, tally
from carepath.questions.hiding import MINIMUM_TO_RANK, hidden, note, say_hidden
from carepath.questions.people import MATURE_SIGN_UPS, METRICS, count_people, entrants, nobody
from carepath.questions.question import Context, Question
from carepath.questions.segments import PEOPLE
from carepath.questions.wording import count, percent, points

if TYPE_CHECKING:
    from carepath.stats.estimates import Estimate
    from carepath.stats.pooling import PooledSegments

QUESTION = Question(
    id="conversion-by-client",
    text="Do conversion rates differ between clients?",
    decision="which clients to learn from, and whether a low figure of one client is news",
    population=MATURE_SIGN_UPS,
    unit="person (user_id), by client at entry: from the landing page, else from the account",
    estimand="each client's conversion within the window, drawn towards the common rate "
    "(random-effects logit, binomial counts), and the standard deviation of the clients' rates, "
    "chance taken out",
    censoring="none is needed: people whose window has not ended are left out and counted",
    reads=(METRICS, "data_freshness"),
    verdicts={
        "differs": "clients differ beyond chance (permutation test)",
        "consistent": "the upper limit of the spread between clients is under 3 points",
        "cannot tell": "neither can be said, or there are not two clients of 30 people",
        "not ranked": "the client of more than 10 % of the people is unknown: who is known is no "
        "fair sample",
    },
    local_dates="range",
    range_unit="month",
)
COLUMNS = (
    Column("rank", "", "place by pooled_rate, 1 = highest; null where it may not be ranked"),
    Column("client", "", "client at entry, with its id; unknown where neither source tells"),
    Column("mature", "people", "people whose whole window has passed"),
    Column("from_account", "people", "of those, client known from today's account alone"),
    Column("converted", "people", "of the mature, people who created a project in the window"),
    Column("rate", "rate", "converted / mature"),
    Column("pooled_rate", "rate", "rate drawn towards the common one, the more the fewer people"),
    Column("low", "rate", "lower limit of pooled_rate; 95 % on average over clients"),
    Column("high", "rate", "upper limit of pooled_rate; 95 % on average over clients"),
    Column("note", "", "suppressed (too small to show) or insufficient (under 30 people)"),
)
UNKNOWN = "unknown"
# More unknown than this and a ranking would say who is known, not who converts.
MOST_UNKNOWN = 0.10
CLIENT = PEOPLE[0]


def answer(context: Context) -> Answer:
    """Pool the clients' rates partially and judge their spread; rank only where that is fair."""
    from carepath.stats.pooling import pool_segments

    people = count_people(context)
    if (empty := nobody(context, people)) is not None:
        return empty
    by_client = context.split(CLIENT)
    found = context.fetch(
        f"""
        with people as ({entrants(by_client, ", entry_client_source")}
        )
        select
            segment,
            count(*) as mature,
            count(case when entry_client_source = 'account' then 1 end) as from_account,
            count(case when is_converted then 1 end) as converted
        from people
        where is_mature
        group by segment
        order by segment
        """
    )
    everyone = [(str(n), int(m), int(a), int(c)) for n, m, a, c in found.rows()]
    known = [row for row in everyone if row[0] != UNKNOWN]
    pooled = pool_segments([row[3] for row in known], [row[1] for row in known], context.seed)
    unknown = 1 - sum(row[1] for row in known) / people.mature
    names = [row[0] for row in everyone]
    beforehand = hidden_beforehand(by_client, names)
    dark = dict(zip(names, hidden([row[1] for row in everyone], beforehand), strict=True))
    fair = unknown <= MOST_UNKNOWN
    rates = {row[0]: rate for row, rate in zip(known, pooled.rates, strict=True)}
    rows = _rows(everyone, rates, dark, fair)
    # The share of unknown clients tells how many people they are.
    shown = None if dark.get(UNKNOWN) else unknown
    lit = [row for row in known if not dark[row[0]] and row[1] >= MINIMUM_TO_RANK]
    headline, verdict = _conclude([rates[row[0]] for row in lit], pooled, shown, fair)
    return context.answer(
        headline,
        verdict,
        tuple(_estimates(pooled, sum(row[1] for row in lit), shown, people.mature)),
        Table(COLUMNS, rows),
        caveats=(
            "Pooled rates draw small clients towards the common rate; their intervals hold the "
            "truth 95 % of the time on average over clients, not for each one.",
            "The client at entry comes from the landing page (also of visits before signing in, on "
            "a browser that only this person used), else from today's account, which "
            "people who got further are likelier to have: such clients look better than they are "
            "(from_account says how many).",
            "A difference between clients is not caused by the client: their people, countries "
            "and steps differ.",
            say_hidden(list(dark.values())),
        ),
        excluded=people.excluded,
        chart=Chart("interval", "client", "pooled_rate", "Conversion by client", "low", "high"),
    )


def _rows(
    everyone: list[tuple[str, int, int, int]],
    rates: dict[str, Estimate | None],
    dark: dict[str, bool],
    fair: bool,
) -> tuple[tuple[Cell, ...], ...]:
    def height(row: tuple[str, int, int, int]) -> tuple[bool, float, str]:
        rate = None if dark[row[0]] else rates.get(row[0])
        return (rate is None, -(rate.value or 0.0) if rate and fair else 0.0, row[0])

    rows: list[tuple[Cell, ...]] = []
    place = 0
    for row in sorted(everyone, key=height):
        name, mature, from_account, converted = row
        if dark[name]:
            rows.append((None, name, *(None,) * 7, note(mature, True)))
            continue
        rate = rates.get(name)
        ranked = fair and rate is not None
        place += ranked
        pooled_cells: tuple[Cell, ...] = (
            (rate.value, rate.low, rate.high) if rate else (None, None, None)
        )
        rows.append(
            (
                place if ranked else None,
                name,
                mature,
                from_account,
                converted,
                converted / mature if mature >= MINIMUM_TO_RANK else None,
                *pooled_cells,
                note(mature),
            )
        )
    return tuple(rows)


def _conclude(
    lit: list[Estimate | None], pooled: PooledSegments, unknown: float | None, fair: bool
) -> tuple[str, str]:
    """Say whether clients differ; `lit` are the rates of the clients that may be shown."""
    if not fair:
        part = f"more than {MOST_UNKNOWN:.0%}" if unknown is None else percent(unknown)
        return (
            f"The clients cannot be ranked: the client of {part} of the people is "
            "unknown at entry, and who is known is not a fair sample.",
            "not ranked",
        )
    enough = [rate for rate in lit if rate is not None and rate.value is not None]
    if len(enough) < 2:
        have = "is" if len(lit) == 1 else "are"
        return (
            f"Whether clients differ cannot be told: there {have} {count(len(lit), 'client')} with "
            "30 people or more that can be shown, and two are needed.",
            "cannot tell",
        )
    values = [rate.value or 0.0 for rate in enough]
    spread = f"the pooled rates run from {percent(min(values))} to {percent(max(values))}"
    if pooled.verdict == "differs":
        return (
            f"Conversion differs between clients by {points(pooled.spread).lstrip('+')} "
            f"(standard deviation); {spread}.",
            "differs",
        )
    if pooled.verdict == "consistent":
        return (
            f"Conversion is consistent across {len(enough)} clients: their spread is under 3 "
            f"points; {spread}.",
            "consistent",
        )
    return (
        f"Whether clients differ cannot be told: the spread may be as large as "
        f"{points(pooled.spread_upper).lstrip('+')}, and chance alone may explain it; {spread}.",
        "cannot tell",
    )


def _estimates(
    pooled: PooledSegments, behind: int, unknown: float | None, people: int
) -> list[Figure]:
    """Return the figures; `behind` are the people at the clients that may be shown."""
    upper = pooled.spread_upper
    clients = sum(rate is not None for rate in pooled.rates)
    return [
        figure("common_rate", "rate of a typical client", "rate", replace(pooled.common, n=behind)),
        Figure(
            "spread",
            pooled.spread,
            "points",
            clients,
            "standard deviation of the clients' rates (one-sided upper limit)",
            None,
            upper,
            0.95,
            "random-effects logit",
        ),
        tally(
            "heterogeneity_p",
            "p-value of no difference between clients",
            pooled.heterogeneity_p,
            "",
            clients,
        ),
        tally(
            "unknown_client_rate", "share of people without a known client", unknown, "rate", people
        ),
    ]
