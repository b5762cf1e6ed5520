"""What the exit code of every verb means."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    OK = 0
    """Done; for the review, nothing at or above --fail-on."""
    FAILED = 1
    """The work ran and its result is bad: a test failed, the review has findings."""
    USAGE = 2
    """Bad input, configuration or state; the message says what to do."""
    NO_BASE = 3
    """The review found no base to compare with, or could not analyse a changed file."""
    INTERRUPTED = 130
    """Stopped by the user."""
