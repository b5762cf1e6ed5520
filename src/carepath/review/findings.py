"""What the review says: findings, questions and what was not analysed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad it is: an error is a broken build or wrong rows, proven."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The name in lower case."""
        return self.name.lower()


class Confidence(StrEnum):
    """How sure the review is of a finding."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, 1-based."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact a finding rests on, and where it was read."""

    text: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect, with its place, its proof and its mending.

    Attributes
    ----------
    code, rule : str
        Stable code and kebab-case name of the rule.
    key : str
        Identity over revisions: rule, model, path of CTEs, subject, ordinal.
    subject : str
        What is wrong, normalised: a column, a model, a literal.
    readers : tuple of Place
        Further places that the same change breaks.
    patch : str or None
        The corrected line, only where one correction is right.
    excerpt : str
        The line at the place, as it stands in the head.
    """

    code: str
    rule: str
    severity: Severity
    confidence: Confidence
    place: Place
    model: str | None
    subject: str
    message: str
    consequence: str
    fix: str
    key: str
    evidence: tuple[Evidence, ...] = ()
    readers: tuple[Place, ...] = ()
    variant: str | None = None
    patch: str | None = None
    weight: int = 0
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the author can answer; never counted as a finding."""

    topic: str
    text: str
    place: Place
    model: str | None


@dataclass(frozen=True, slots=True)
class NotAnalysed:
    """A file, or a part of one, the review could not read, and why."""

    file: str
    reason: str
    line: int | None = None
    stage: str = "parse"


@dataclass(slots=True)
class Ledger:
    """Everything that was not analysed, so that silence is never mistaken for health."""

    entries: list[NotAnalysed] = field(default_factory=list)

    def add(self, file: str, reason: str, line: int | None = None, stage: str = "parse") -> None:
        """Write down one gap, once."""
        entry = NotAnalysed(file, reason, line, stage)
        if entry not in self.entries:
            self.entries.append(entry)
