"""What a check of a workspace found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One line of ``carepath doctor``.

    Parameters
    ----------
    check : str
        What was looked at, in a word or two.
    status : {"ok", "warn", "fail"}
        ``warn``: works, look at it. ``fail``: a landing, a build or an answer would not work, or
        readers have something wrong in front of them.
    what : str
        What was found, with its numbers.
    next_step : str or None
        The one thing to do; None when it is well.
    """

    check: str
    status: Status
    what: str
    next_step: str | None = None


def ok(check: str, what: str) -> Finding:
    """Tell that it is well."""
    return Finding(check, "ok", what)


def warn(check: str, what: str, next_step: str) -> Finding:
    """Tell that it should be looked at."""
    return Finding(check, "warn", what, next_step)


def fail(check: str, what: str, next_step: str) -> Finding:
    """Tell that it does not work."""
    return Finding(check, "fail", what, next_step)
