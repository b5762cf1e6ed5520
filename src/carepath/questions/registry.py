"""The questions, in the order people ask them. One file and one line each."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """A question's id, its text, and the module that answers it."""

    id: str
    text: str
    module: str

    def load(self) -> Any:
        """Import the module; it has `QUESTION` and `answer(context)`."""
        return importlib.import_module(f"carepath.questions.{self.module}")


# The text is here too, so that listing the questions imports none of them.
QUESTIONS: tuple[Entry, ...] = (
    Entry(
        "largest-dropoff",
        "Which step of the intake funnel loses the most people?",
        "largest_dropoff",
    ),
    Entry(
        "dropoff-by-segment",
        "Is that drop-off consistent across the user base, or does it hit some groups more?",
        "dropoff_by_segment",
    ),
    Entry(
        "conversion",
        "What share of new sign-ups gets from creating an account to a first care project?",
        "conversion",
    ),
    Entry(
        "conversion-trend",
        "How has that changed over time? Is drop-off really rising?",
        "conversion_trend",
    ),
    Entry(
        "conversion-by-client",
        "Do conversion rates differ between clients?",
        "conversion_by_client",
    ),
    Entry("time-per-step", "How long do people spend on each step?", "time_per_step"),
    Entry("skipped-steps", "Which steps are skipped?", "skipped_steps"),
    Entry(
        "why-conversion-changed",
        "Is the change due to the page added to the intake, to eligibility verification, to mix, "
        "to tracking?",
        "why_conversion_changed",
    ),
    Entry("projects-started", "How many projects start each week?", "projects_started"),
    Entry(
        "tasks-in-progress", "How many tasks are in progress in each project?", "tasks_in_progress"
    ),
    Entry(
        "time-to-complete",
        "How long does it take to complete tasks and projects?",
        "time_to_complete",
    ),
    Entry(
        "slowest-phase",
        "Is a particular phase of a task slower than the others?",
        "slowest_phase",
    ),
    Entry("slowest-type", "Is a particular project type or task type slower?", "slowest_type"),
    Entry(
        "demand-or-efficiency",
        "Is the team at capacity because there is more work, or because work got slower, "
        "and which driver?",
        "demand_or_efficiency",
    ),
)
