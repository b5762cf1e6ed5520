"""What the exit code of every verb means. docs/command-line.md is generated from it."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line, each with its meaning."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> ExitCode:
        """Attach the meaning to the number."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        return code

    OK = 0, "Done; for the review, nothing at or above `--fail-on`."
    FAILED = (
        1,
        "The work ran and its result is bad: a test failed, the review or doctor found faults, "
        "someone to erase was not found, a question of the report could not be answered, or a "
        "record of the history is damaged.",
    )
    USAGE = 2, "Bad input, configuration or state; the message says what to do."
    NO_BASE = 3, "The review found no base to compare with, or could not analyse a changed file."
    DEFECT = 70, "A defect in carepath; `CAREPATH_DEBUG=1` shows where, for your report."
    INTERRUPTED = 130, "Stopped by the user (Ctrl-C, SIGINT); nothing is left half-done."
    TERMINATED = 143, "Stopped by the system (SIGTERM); nothing is left half-done."
