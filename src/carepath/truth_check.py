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


@dataclass(frozen=True)
class CheckedInterval:
    """An interval whose estimand is a planted parameter.

    Parameters
    ----------
    label : str
        What is estimated.
    planted : float
        The parameter, never what chance made of it.
    low, high : float
        Limits of the answer's interval.
    """

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
        The two verdicts.
    """

    label: str
    planted: str
    answered: str

    @property
    def outcome(self) -> str:
        """Give `right`, `open` (the answer declines to say) or `wrong`."""
        if self.planted == self.answered:
            return "right"
        return "open" if self.answered in ("not identified", "cannot tell") else "wrong"


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
    figures = {
        (question, figure.name): figure
        for question, answer in answers.items()
        for figure in answer.estimates
    }
    planted: dict[tuple[str, str], float] = {
        ("conversion", "conversion_rate"): expected["conversion_as_tracked"],
        ("conversion", "conversion_rate_everybody"): expected["conversion_as_tracked"],
    }
    for step, share in truth["funnel"]["skip_shares"].items():
        planted["skipped-steps", f"skip_rate_{step.lower()}"] = share
    for key, value in planted.items():
        figure = figures.get(key)
        if figure is not None and figure.low is not None and figure.high is not None:
            yield CheckedInterval(figure.label, value, figure.low, figure.high)
    tracked = expected["conversion_as_tracked"] / expected["conversion"]
    for answer, segment in ((by_device, "device"), (by_country, "country")):
        rates = {
            name.lower(): rate * tracked
            for name, rate in expected[f"conversion_by_{segment}"].items()
        }
        for row in answer.table.rows:
            cells = dict(zip((column.name for column in answer.table.columns), row, strict=True))
            name, low, high = str(cells["segment"]).lower(), cells["low"], cells["high"]
            if name in rates and isinstance(low, float) and isinstance(high, float):
                yield CheckedInterval(
                    f"conversion of {segment} {cells['segment']}", rates[name], low, high
                )


def _check_verdicts(
    planted: dict[str, Any], answers: dict[str, Answer]
) -> Iterator[CheckedVerdict]:
    largest = answers["largest-dropoff"]
    step = planted["largest-dropoff"]["step_name"]
    named = step if largest.headline.startswith(step) else largest.verdict
    yield CheckedVerdict("largest-dropoff", step, named)
    problem = "problem" if planted["conversion-trend"]["is_problem"] else "no problem"
    yield CheckedVerdict("conversion-trend", problem, answers["conversion-trend"].verdict)
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
