"""Planted truths against answers, for warehouses built from sample data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carepath.questions.answer import Answer

# Hypotheses of why-conversion-changed: as the ledger names them, as the answer does.
HYPOTHESES = {
    "tracking": "tracking",
    "mix": "mix",
    "page_added": "page",
    "eligibility": "eligibility",
}
BLIND = "no problem, but one this small would not be seen"
DECLINES = ("not identified", "cannot tell", "candidates", BLIND)


@dataclass(frozen=True)
class CheckedInterval:
    """An interval whose estimand is a planted parameter.

    Parameters
    ----------
    kind : str
        Question, and segment where there is one: what is estimated, whatever the group.
    label : str
        What is estimated.
    planted : float
        The parameter, never what chance made of it.
    low, high : float
        Limits of the answer's interval.
    """

    kind: str
    label: str
    planted: float
    low: float
    high: float

    @property
    def contains(self) -> bool:
        """Whether the interval contains the planted value."""
        return self.low <= self.planted <= self.high


@dataclass(frozen=True)
class CheckedVerdict:
    """A verdict, as planted and as answered.

    Parameters
    ----------
    label : str
        What is judged.
    planted, answered : str
        The two verdicts; the planted one may allow two ("none or demand").
    """

    label: str
    planted: str
    answered: str

    @property
    def outcome(self) -> str:
        """Give `right`, `open` (the answer declines to say) or `wrong`."""
        if self.answered in self.planted.split(" or "):
            return "right"
        return "open" if self.answered in DECLINES else "wrong"


@dataclass(frozen=True)
class TruthCheck:
    """All that could be compared."""

    intervals: tuple[CheckedInterval, ...]
    verdicts: tuple[CheckedVerdict, ...]


def check_truth(ledger: Path, workspace: Path) -> TruthCheck:
    """Ask what the ledger knows the truth of, and compare.

    Only where the planted parameter is what the answer estimates: a wait that a deletion cuts
    short, say, is not the wait that was planted.

    Parameters
    ----------
    ledger : Path
        ``truth.json`` of the sample data the warehouse was built from.
    workspace : Path
        The workspace.
    """
    from carepath import ask

    truth = json.loads(ledger.read_text(encoding="utf-8"))
    answers = {
        question: ask(question, workspace=workspace)
        for question in (
            "conversion",
            "skipped-steps",
            "largest-dropoff",
            "conversion-trend",
            "why-conversion-changed",
            "demand-or-efficiency",
        )
    }
    by_device = ask("conversion", by="device", workspace=workspace)
    by_country = ask("conversion", by="country", workspace=workspace)
    return TruthCheck(
        intervals=tuple(_check_intervals(truth, answers, by_device, by_country)),
        verdicts=tuple(_check_verdicts(truth["planted"], answers)),
    )


def _check_intervals(
    truth: dict[str, Any], answers: dict[str, Answer], by_device: Answer, by_country: Answer
) -> Iterator[CheckedInterval]:
    expected = truth["expected"]
    # Rates are of mature people; ledgers of version 1 do not tell theirs apart.
    mature = expected.get("mature", expected)
    figures = {
        (question, figure.name): figure
        for question, answer in answers.items()
        for figure in answer.estimates
    }
    planted: dict[tuple[str, str], float] = {
        ("conversion", "conversion_rate"): mature["conversion_as_tracked"],
        ("conversion", "conversion_rate_everybody"): expected["conversion_as_tracked"],
    }
    # Where events are lost in an outage, a lost one looks like a skip: another estimand.
    skips = {} if truth["outage"] else truth["funnel"]["skip_shares"]
    for step, share in skips.items():
        planted["skipped-steps", f"skip_rate_{step.lower()}"] = share
    for key, value in planted.items():
        figure = figures.get(key)
        if figure is not None and figure.low is not None and figure.high is not None:
            yield CheckedInterval(key[0], figure.label, value, figure.low, figure.high)
    tracked = mature["conversion_as_tracked"] / mature["conversion"]
    for answer, segment in ((by_device, "device"), (by_country, "country")):
        rates = {
            name.lower(): rate * tracked
            for name, rate in mature[f"conversion_by_{segment}"].items()
        }
        for row in answer.table.rows:
            cells = dict(zip((column.name for column in answer.table.columns), row, strict=True))
            name, low, high = str(cells["segment"]).lower(), cells["low"], cells["high"]
            if name in rates and isinstance(low, float) and isinstance(high, float):
                yield CheckedInterval(
                    f"conversion by {segment}",
                    f"conversion of {segment} {cells['segment']}",
                    rates[name],
                    low,
                    high,
                )


def _check_verdicts(
    planted: dict[str, Any], answers: dict[str, Answer]
) -> Iterator[CheckedVerdict]:
    largest = answers["largest-dropoff"]
    step = planted["largest-dropoff"]["step_name"]
    named = step if largest.headline.startswith(step) else largest.verdict
    yield CheckedVerdict("largest-dropoff", step, named)
    problem = "problem" if planted["conversion-trend"]["is_problem"] else "no problem"
    yield CheckedVerdict("conversion-trend", problem, _judge_trend(planted, answers))
    why = answers["why-conversion-changed"]
    columns = [column.name for column in why.table.columns]
    found = {}
    for row in why.table.rows:
        cells = dict(zip(columns, row, strict=True))
        if cells["kind"] == "hypothesis":
            found[str(cells["name"]).split()[0]] = str(cells["verdict"])
    for key, name in HYPOTHESES.items():
        yield CheckedVerdict(
            f"why-conversion-changed, {name}",
            planted["why-conversion-changed"][key],
            found.get(name, "not identified"),
        )
    flow = planted["demand-or-efficiency"]
    yield CheckedVerdict(
        "demand-or-efficiency", flow["verdict"], answers["demand-or-efficiency"].verdict
    )


def _judge_trend(planted: dict[str, Any], answers: dict[str, Answer]) -> str:
    """Give the trend's verdict; "no problem" names the smallest fall it would have seen."""
    trend = answers["conversion-trend"]
    seen = next((one for one in trend.estimates if one.name == "smallest_detectable"), None)
    expected = planted["conversion-trend"]
    fall = expected["expected_before"] - expected["expected_after"]
    is_blind = seen is not None and seen.value is not None and seen.value > fall
    if trend.verdict == "no problem" and expected["is_problem"] and is_blind:
        return BLIND
    return trend.verdict
