"""What a rule is, what it is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carepath.review.findings import Confidence, Evidence, Place, Severity

if TYPE_CHECKING:
    from carepath.review.change import Change
    from carepath.review.snapshot import Analysis, Model, Snapshot, Space, Variant


@dataclass(slots=True)
class Issue:
    """What a rule found, before it is placed and compared with the base.

    Exactly one of `offset` (into the rendered text of `variant`), `place`, and `word` (looked
    for in the source) says where; `also` are further offsets. `subject` and `path` are its
    identity. `mend` is a text of its line and what alone can stand there instead.
    """

    subject: str
    message: str
    consequence: str = ""
    fix: str = ""
    severity: Severity | None = None
    confidence: Confidence = Confidence.CERTAIN
    offset: int | None = None
    variant: Variant | None = None
    place: Place | None = None
    word: str = ""
    path: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    readers: list[Place] = field(default_factory=list)
    also: list[int] = field(default_factory=list)
    mend: tuple[str, str] | None = None
    model: Model | None = None
    weight: int = 0


@dataclass(slots=True)
class Context:
    """One model on one side of the review, with its trees."""

    snapshot: Snapshot
    space: Space
    model: Model
    analysis: Analysis
    change: Change | None = None

    @property
    def dialect(self) -> str:
        """The dialect of the project, '' where unknown."""
        return self.space.dialect

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the model, of dbt_project.yml, its YAML and its file."""
        return self.model.configured(self.analysis.variants)

    @property
    def resolved(self) -> list[Variant]:
        """Variants with a tree."""
        return [v for v in self.analysis.variants if v.resolution is not None]


Check = Callable[[Context], Iterator[Issue]]
ChangeCheck = Callable[["Change"], Iterator[Issue]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code (never reused), its name (the smell), its check.

    A rule that compares a model with all others has a `screen`: a cheap look at facts that says
    whether the check, which needs the model's trees, is worth making.

    `ceiling` is the worst severity it may give; a rule checks models one by one (`check`) or the
    change as a whole (`check_change`).
    """

    code: str
    name: str
    severity: Severity
    doc: str
    check: Check | None = None
    check_change: ChangeCheck | None = None
    ceiling: Severity = Severity.ERROR
    screen: Callable[[Snapshot, Model], bool] | None = None

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return self.doc.strip().split("\n")[0]

    @property
    def family(self) -> str:
        """The letters of its code."""
        return self.code.rstrip("0123456789")
