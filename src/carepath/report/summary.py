"""Everything the page shows as one plain dictionary of texts; the templates only place it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from carepath.errors import CarepathError
from carepath.questions.answer import Answer
from carepath.questions.attempts import attempt
from carepath.questions.question import Question
from carepath.questions.registry import QUESTIONS, Entry
from carepath.questions.wording import name_left_out
from carepath.report.accounts import describe_accounts, say_complete_through
from carepath.report.checks import describe_model
from carepath.report.collection import Collected
from carepath.report.drawing import draw_chart
from carepath.report.funnel import describe_funnel
from carepath.report.glance import describe_glance, describe_verdict
from carepath.report.numbers import show_date, show_figure, show_moment, show_title
from carepath.report.privacy import Cleared, clear, count_excluded
from carepath.report.tables import describe_table

_CARE = (
    "projects-started",
    "tasks-in-progress",
    "time-to-complete",
    "slowest-phase",
    "slowest-type",
    "demand-or-efficiency",
)


@dataclass(frozen=True)
class Described:
    """The questions as the page shows them.

    Parameters
    ----------
    sections : list of dict
        In the order of the page.
    answers : dict of str to Answer
        Those that are shown, cleared for mailing, by question.
    silences : dict of str to CarepathError
        Why the others are not, by question: they could not be answered, or not be shown.
    """

    sections: list[dict[str, Any]]
    answers: dict[str, Answer]
    silences: dict[str, CarepathError]


def describe_questions(collected: Collected) -> Described:
    """Describe every question; one in which something goes wrong has a section that says so."""
    silences = dict(collected.silences)
    cleared: dict[str, Cleared] = {}
    for question, answer in collected.answers.items():
        found = attempt("carepath report", partial(clear, answer))
        if isinstance(found, CarepathError):
            silences[question] = found
        else:
            cleared[question] = found
    answers = {question: found.answer for question, found in cleared.items()}
    sections = []
    for entry in QUESTIONS:
        if entry.id in cleared:
            describe = partial(_describe, entry, cleared[entry.id], answers)
            section = attempt("carepath report", describe)
            if not isinstance(section, CarepathError):
                sections.append(section)
                continue
            silences[entry.id] = section
        if entry.id in silences:
            sections.append(_be_silent(entry, silences[entry.id]))
    shown = {name: answer for name, answer in answers.items() if name not in silences}
    return Described(sections, shown, silences)


def summarise(collected: Collected, described: Described) -> dict[str, Any]:
    """Return what the templates show: texts, SVG and specifications, cleared for mailing."""
    sections, answers = described.sections, described.answers
    return {
        "as_of": show_moment(collected.as_of),
        "complete_through": say_complete_through(collected),
        "period": _say_period(collected),
        "people": _count_people(answers),
        "glance": describe_glance(answers),
        "parts": [
            {
                "id": "sign-ups",
                "title": "Sign-ups",
                "sections": [found for found in sections if found["id"] not in _CARE],
            },
            {
                "id": "care-team",
                "title": "Care team",
                "sections": [found for found in sections if found["id"] in _CARE],
            },
        ],
        "accounts": describe_accounts(collected),
        "specs": {
            f"{section['id']}-{shape['name']}": shape["spec"]
            for section in sections
            if section["chart"]
            for shape in section["chart"]["shapes"]
        },
    }


def _describe(entry: Entry, cleared: Cleared, answers: dict[str, Answer]) -> dict[str, Any]:
    answer = cleared.answer
    title = show_title(entry.id.replace("-", " "))
    funnel = (
        describe_funnel(answer, answers.get("time-per-step"))
        if answer.chart is not None and answer.chart.kind == "funnel"
        else []
    )
    return {
        "id": entry.id,
        "title": title,
        "text": entry.text,
        "verdict": describe_verdict(answer.verdict),
        "headline": answer.headline,
        "silence": None,
        "funnel": funnel,
        "chart": draw_chart(answer),
        "estimates": [show_figure(figure) for figure in answer.estimates],
        "table": describe_table(answer.table, f"{title}, in numbers"),
        "caveats": [*answer.caveats, *cleared.notes],
        "excluded": [
            # A hidden number is not told to be one by the words behind it.
            {"count": count, "words": name_left_out(replace(left, count=int(count == "1")))}
            for left, count in zip(answer.excluded, count_excluded(answer.excluded), strict=True)
        ],
        "definition": _define(entry, answer.verdict),
        "columns": [
            {
                "name": show_title(column.name),
                "unit": column.unit,
                "description": column.description,
            }
            for column in answer.table.columns
        ],
        "models": [describe_model(model) for model in entry.load().QUESTION.reads],
        "sql": list(answer.sql),
    }


def _define(entry: Entry, verdict: str) -> list[dict[str, str]]:
    """Return what the question means: the same words as its page in the documentation."""
    question: Question = entry.load().QUESTION
    return [
        {"name": name, "text": text}
        for name, text in (
            ("Decision it serves", question.decision),
            ("Population", question.population),
            ("Unit", question.unit),
            ("Estimand", question.estimand),
            ("Censoring", question.censoring),
            (f"Verdict: {verdict}", question.verdicts.get(verdict, "")),
        )
        if text
    ]


def _be_silent(entry: Entry, error: CarepathError) -> dict[str, Any]:
    """Return the section of a question that could not be answered: it says so, and what to do."""
    return {
        "id": entry.id,
        "title": show_title(entry.id.replace("-", " ")),
        "text": entry.text,
        "verdict": describe_verdict("no answer"),
        "headline": error.what,
        "silence": {"where": error.where or "", "fix": error.fix or ""},
        "chart": None,
        "funnel": [],
        "table": None,
        "estimates": [],
        "caveats": [],
        "excluded": [],
        "definition": _define(entry, ""),
        "columns": [],
        "models": [],
        "sql": [],
    }


def _say_period(collected: Collected) -> str:
    if collected.since and collected.until:
        return f"{show_date(collected.since)} to {show_date(collected.until)}"
    if collected.since:
        return f"since {show_date(collected.since)}"
    return f"up to {show_date(collected.until)}" if collected.until else ""


def _count_people(answers: dict[str, Answer]) -> str:
    """Return how many people the rates are about; empty where there are none."""
    conversion = answers.get("conversion")
    for figure in conversion.estimates if conversion else ():
        if figure.name == "conversion_rate" and figure.n:
            return f"{figure.n:,}"
    return ""
