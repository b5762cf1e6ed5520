"""What is known of a relation: its columns, how sure that is, its keys and value domains."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from carepath.review.compact import Compact

Source = tuple[str, str]
"""A relation id and a column of it."""


@dataclass(frozen=True, slots=True)
class Domain(Compact):
    """The values a text column can hold.

    `strength` is sql (the query itself makes them), seed (rows of a file) or declared (a test).
    """

    values: frozenset[str]
    strength: str
    proof: str

    def union(self, other: Domain) -> Domain:
        """Values of either; as sure as the less sure."""
        order = ("declared", "seed", "sql")
        weaker = self if order.index(self.strength) <= order.index(other.strength) else other
        return Domain(self.values | other.values, weaker.strength, weaker.proof)


@dataclass(frozen=True, slots=True)
class Column(Compact):
    """One column of a relation.

    Attributes
    ----------
    name : str
        Folded as the dialect folds; `shown` is as written.
    direct : Source or None
        The one upstream column it carries unchanged.
    root : Source or None
        The column it was, unchanged, furthest upstream.
    origins : frozenset of Source
        Every upstream column it is computed from.
    kind : str
        column, constant, aggregate, window or expression.
    nullable : bool or None
        None where unknown.
    numbered_by : tuple of str or None
        For a ROW_NUMBER: the columns of the same relation it is partitioned by.
    """

    name: str
    shown: str
    direct: Source | None = None
    root: Source | None = None
    origins: frozenset[Source] = frozenset()
    kind: str = "column"
    domain: Domain | None = None
    type: str | None = None
    nullable: bool | None = None
    numbered_by: tuple[str, ...] | None = None
    tags: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Key(Compact):
    """A set of columns that is unique, with a one-line proof; sql outranks test."""

    columns: frozenset[str]
    strength: str
    proof: str


@dataclass(frozen=True)
class Relation:
    """Columns in order (names may repeat), and whether these are all there are."""

    id: str
    columns: tuple[Column, ...] = ()
    is_complete: bool = False
    keys: tuple[Key, ...] = ()
    has_unnamed: bool = False
    reason: str = ""
    is_known: bool = True

    @cached_property
    def index(self) -> dict[str, list[Column]]:
        """Columns by folded name."""
        names: dict[str, list[Column]] = {}
        for column in self.columns:
            names.setdefault(column.name, []).append(column)
        return names

    @property
    def is_closed(self) -> bool:
        """True where a name that is not among the columns cannot exist."""
        return self.is_complete and not self.has_unnamed

    def get(self, name: str) -> Column | None:
        """The column of a name."""
        found = self.index.get(name)
        return found[0] if found else None

    def with_id(self, id: str) -> Relation:
        """The same relation under another id, its columns' origins pointing to itself."""
        columns = tuple(
            replace(
                column,
                direct=(id, column.name),
                root=column.root or (id, column.name),
                origins=frozenset({(id, column.name)}),
                kind="column",
                text="",
            )
            for column in self.columns
        )
        return replace(self, id=id, columns=columns)


def open_relation(reason: str, columns: tuple[Column, ...] = ()) -> Relation:
    """A relation with columns nobody knows."""
    return Relation(f"open:{reason}", columns, False, reason=reason, is_known=False)


@dataclass(slots=True)
class Gap:
    """Something a query names that is not there, or not clearly there."""

    kind: str
    name: str
    offset: int
    path: str
    clause: str
    relation: Relation | None = None
    relations: tuple[Relation, ...] = ()
    table: str = ""
    choices: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)
