"""What every estimate looks like: a value, its interval, and the n behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carepath.errors import CarepathError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Seed = int | np.random.Generator

Verdict = Literal["supported", "not supported", "not identified"]

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """One number with its interval.

    Parameters
    ----------
    value : float or None
        The estimate. None where it is undefined (a rate over zero people) or may not be shown.
    low, high : float or None
        Limits of the interval at `level`. None where there is no such limit; an upper limit of
        None beside a lower limit means "not bounded by these data".
    n : int
        People, tasks or periods behind the number.
    level : float
        Confidence level, in (0, 1).
    method : str
        Name of the interval, for the reader.
    reason : str or None
        Why a value or a limit is None.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    level: float = LEVEL
    method: str = ""
    reason: str | None = None

    @property
    def excludes_zero(self) -> bool:
        """True when the whole interval lies on one side of zero."""
        if self.low is None or self.high is None:
            return False
        return self.low > 0 or self.high < 0

    @property
    def has_interval(self) -> bool:
        """True when both limits are known."""
        return self.low is not None and self.high is not None

    def contains(self, truth: float) -> bool:
        """Whether `truth` lies within the limits; a missing limit excludes nothing."""
        above = self.low is None or self.low <= truth
        below = self.high is None or truth <= self.high
        return above and below


def generator(seed: Seed) -> np.random.Generator:
    """Return `seed` itself if it is a generator, else a new generator seeded with it."""
    return seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)


def counts_array(values: ArrayLike, name: str) -> Integers:
    """Return `values` as whole numbers >= 0.

    Raises
    ------
    CarepathError
        If a value is negative, fractional or not a number.
    """
    raw = np.asarray(values, dtype=np.float64)
    if raw.size and not (np.all(np.isfinite(raw)) and np.all(raw >= 0)):
        raise CarepathError(f"{name} must be counts of zero or more", where=name)
    whole = np.rint(raw)
    if not np.array_equal(whole, raw):
        raise CarepathError(f"{name} must be whole numbers", where=name)
    return whole.astype(np.int64)


def distinct(values: Floats) -> Floats:
    """Return the different values in order: `np.unique`, at once where they are in order already.

    Parameters
    ----------
    values : array of float, shape (n,)
        No NaN.
    """
    if len(values) == 0 or not np.all(values[1:] >= values[:-1]):
        return np.unique(values)
    result: Floats = values[np.concatenate([[True], values[1:] != values[:-1]])]
    return result


def check_part(part: int, whole: int) -> None:
    """Raise CarepathError unless 0 <= part <= whole."""
    if not 0 <= part <= whole:
        raise CarepathError(
            f"{part} of {whole} is not a share",
            where="proportion",
            fix="count the numerator among the people of the denominator",
        )


def check_level(level: float) -> None:
    """Raise CarepathError unless `level` lies strictly between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise CarepathError(f"confidence level {level} is not between 0 and 1", where="level")


def same_length(**arrays: NDArray[np.generic]) -> None:
    """Raise CarepathError unless all the named arrays have one length."""
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise CarepathError(f"arrays of different length: {told}", where="stats")
