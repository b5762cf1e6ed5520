"""The first screen: is there a problem, where, why, how sure, as of when, on how many people."""

from __future__ import annotations

from typing import Any

from carepath.questions.answer import Answer, Figure
from carepath.questions.wording import count
from carepath.report.numbers import show, show_interval

# What a verdict means to a reader in a hurry: something to act on, all clear, or neither.
_TONES = {
    "problem": "alarm",
    "demand": "alarm",
    "efficiency": "alarm",
    "differs": "notice",
    "slower": "notice",
    "named": "notice",
    "skipped": "notice",
    "explained": "notice",
    "candidates": "unsure",
    "cannot tell": "unsure",
    "not identified": "unsure",
    "not ranked": "unsure",
    "not reached": "unsure",
    "no problem": "good",
    "consistent": "good",
    "none": "good",
    "none slower": "good",
    "none skipped": "good",
    "no loss": "good",
}
_WORDS = {
    "estimated": "",
    "counted": "",
    "named": "one step stands out",
    "candidates": "cannot tell which",
    "differs": "groups differ",
    "slower": "some are slower",
    "skipped": "some are skipped",
    "none": "no change seen",
    "demand": "more demand",
    "efficiency": "slower work",
}
# Title, verdict-giving question, and what is said: (what a reader asks, who answers).
_CARDS = (
    (
        "Sign-ups",
        "conversion-trend",
        (
            ("Is there a problem?", "conversion-trend"),
            ("Where are people lost?", "largest-dropoff"),
            ("Why did it change?", "why-conversion-changed"),
            ("Whom does it hit?", "dropoff-by-segment"),
        ),
    ),
    (
        "Care team",
        "demand-or-efficiency",
        (
            ("Is the team at capacity?", "demand-or-efficiency"),
            ("Where does time go?", "slowest-phase"),
            ("How long does care take?", "time-to-complete"),
        ),
    ),
)
_TILES = (
    ("conversion", "conversion_rate", "of new sign-ups create a care project"),
    ("conversion-trend", "change", "change in conversion over the period"),
    ("projects-started", "per_week_recent", "projects start per week, lately"),
    ("time-to-complete", "projects_median_days", "until half of the projects are completed"),
)

_OF_PEOPLE = ("rate", "points")


def describe_glance(answers: dict[str, Answer]) -> dict[str, Any]:
    """Return cards and key figures of the first screen."""
    return {"tiles": _tiles(answers), "cards": [_card(answers, *card) for card in _CARDS]}


def describe_verdict(verdict: str) -> dict[str, str]:
    """Return a verdict with its tone: alarm, notice, unsure, good or plain.

    The words are empty where the verdict says no more than that there is an answer.
    """
    return {
        "id": verdict,
        "text": _WORDS.get(verdict, verdict),
        "tone": _TONES.get(verdict, "plain"),
    }


def _card(
    answers: dict[str, Answer], title: str, deciding: str, lines: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    said: list[dict[str, str]] = []
    for asks, question in lines:
        says = answers[question].headline if question in answers else ""
        # Where all have the same thing to say, such as that there are no data, once is enough.
        if says and says not in [line["says"] for line in said]:
            said.append({"asks": asks, "says": says, "question": question})
    sure = _say_how_sure(answers) if title == "Sign-ups" else _say_how_sure_of_care(answers)
    decided = answers.get(deciding)
    return {
        "title": title,
        "verdict": describe_verdict(decided.verdict) if decided else None,
        "lines": said,
        "sure": sure,
    }


def _say_how_sure(answers: dict[str, Answer]) -> str:
    parts = []
    rate = _figure(answers, "conversion", "conversion_rate")
    if rate is not None and rate.low is not None and rate.high is not None:
        parts.append(f"Conversion lies between {_between(rate)}, counted on {rate.n:,} people.")
    change = _figure(answers, "conversion-trend", "change")
    if change is not None and change.low is not None and change.high is not None:
        parts.append(f"The change over time lies between {_between(change)}.")
    losses = answers.get("largest-dropoff")
    if losses is not None and losses.verdict == "named":
        parts.append("The step that loses most leads in at least 95 % of resamples.")
    elif losses is not None and losses.verdict == "candidates":
        parts.append("Which step loses most is within chance.")
    return " ".join(parts) + (" Intervals hold at 95 %." if parts else "")


def _say_how_sure_of_care(answers: dict[str, Answer]) -> str:
    parts = []
    for name, noun in (("tasks_median_days", "tasks"), ("projects_median_days", "projects")):
        median = _figure(answers, "time-to-complete", name)
        if median is not None and median.low is not None and median.high is not None:
            parts.append(f"The median of {median.n:,} {noun} lies between {_between(median)}.")
    if parts:
        parts.append("Open work counts as open, not as missing. Intervals hold at 95 %.")
    return " ".join(parts)


def _between(figure: Figure) -> str:
    return show_interval(figure.low, figure.high, figure.unit).replace(" to ", " and ")


def _tiles(answers: dict[str, Answer]) -> list[dict[str, str]]:
    tiles = []
    for question, name, label in _TILES:
        figure = _figure(answers, question, name)
        if figure is None or figure.value is None:
            continue
        if figure.unit == "points" and figure.low is None:
            continue  # no change is seen
        one, several = ("person", "people") if figure.unit in _OF_PEOPLE else ("project", None)
        tiles.append(
            {
                "question": question,
                "value": show(figure.value, figure.unit),
                "label": label,
                "interval": show_interval(figure.low, figure.high, figure.unit),
                "n": count(figure.n, one, several),
            }
        )
    return tiles


def _figure(answers: dict[str, Answer], question: str, name: str) -> Figure | None:
    answer = answers.get(question)
    if answer is None:
        return None
    found = [figure for figure in answer.estimates if figure.name == name]
    return found[0] if found else None
