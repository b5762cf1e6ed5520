"""Asking one question of several: what goes wrong in it is its own, and the others are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from carepath.errors import CarepathError, DefectError
from carepath.faults import is_out_of_space
from carepath.stopping import check_stop

Done = TypeVar("Done")


class UnansweredError(CarepathError):
    """Some questions could not be answered; the others were."""

    exit_code = 1


def attempt(command: str, act: Callable[[], Done]) -> Done | CarepathError:
    """Do something for one question; give back what went wrong in it instead of raising it.

    An interrupt, also one that a library has swallowed, and a full disk concern all questions:
    they are raised.

    Parameters
    ----------
    command : str
        What to run again to see where a defect is.
    act : callable
        What is done.
    """
    try:
        done = act()
    except CarepathError as error:
        check_stop()
        return error
    except Exception as defect:
        check_stop()
        if is_out_of_space(defect):
            raise
        told = DefectError(
            f"carepath has a defect here: {type(defect).__name__}.",
            fix=f"run `{command}` again with CAREPATH_DEBUG=1 and report what it prints",
        )
        told.__cause__ = defect
        return told
    check_stop()
    return done


def explain_unanswered(failures: Mapping[str, CarepathError]) -> CarepathError | None:
    """Sum up what went wrong in which question; None where nothing did.

    Parameters
    ----------
    failures : mapping
        What went wrong, by question.

    Returns
    -------
    CarepathError or None
        A `DefectError` where one of them is, with the exceptions as its cause.
    """
    if not failures:
        return None
    defects = [error for error in failures.values() if isinstance(error, DefectError)]
    kind = DefectError if defects else UnansweredError
    fixes = dict.fromkeys(error.fix for error in defects or failures.values() if error.fix)
    error = kind(
        "1 question could not be answered; the others were."
        if len(failures) == 1
        else f"{len(failures)} questions could not be answered; the others were.",
        where="\n         ".join(f"{name}: {error.what}" for name, error in failures.items()),
        fix="; ".join(fixes) or None,
    )
    causes = [error.__cause__ for error in defects if isinstance(error.__cause__, Exception)]
    if causes:
        error.__cause__ = ExceptionGroup("defects in single questions", causes)
    return error
