"""The one error a user sees: what happened, where, and the next step."""

from __future__ import annotations

from collections.abc import Iterable

DEFECT_EXIT_CODE = 70
"""What a defect of ours exits with (see `carepath.cli.exit_codes`)."""


class CarepathError(Exception):
    """A mistake the user can mend, or a state the user must know about.

    Parameters
    ----------
    what : str
        What happened, in one sentence.
    where : str, optional
        File and line, table and column, or option: the place to look at.
    fix : str, optional
        The one thing to do next.
    """

    exit_code = 2
    """What the command line exits with (see `carepath.cli.exit_codes`)."""
    is_told = False
    """Whether it stands on stderr already, as a line of the log."""

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"  where: {self.where}")
        if self.fix:
            parts.append(f"  next:  {self.fix}")
        return "\n".join(parts)


class DefectError(CarepathError):
    """A defect of ours in one part of the work, whose other parts were done.

    Its text holds no more of the exception than its type: what an exception says may quote a row.
    The exception is its cause.
    """

    exit_code = DEFECT_EXIT_CODE


def suggest(name: str, known: Iterable[str], form: str = "{}") -> str:
    """Begin a next step with the nearest known name: ``did you mean threads? ``, or nothing."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {form.format(near[0])}? " if near else ""


class TerminatedError(KeyboardInterrupt):
    """The system asked us to end (SIGTERM): what an interrupt cleans up is cleaned up."""

    exit_code = 143
