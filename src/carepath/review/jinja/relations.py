"""What `ref`, `source` and `this` render as, and how to read it back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from carepath.review.compact import Compact
from carepath.review.jinja.unknown import SANDBOX_FLAGS

SCHEMA = "cp_rel"
OPEN_SCHEMA = "cp_open"


@dataclass(frozen=True, slots=True)
class RelationName(Compact):
    """A relation as a template names it: ref(package, name) or source(source, table)."""

    kind: str
    package: str | None
    name: str

    @property
    def encoded(self) -> str:
        """The reserved table name: unique, and safe without quotes in every dialect."""
        prefix = {"ref": "m", "source": "s", "this": "t"}[self.kind]
        owner = f"{_encode(self.package)}__in__" if self.package else ""
        return f"{prefix}_{owner}{_encode(self.name)}"

    @property
    def label(self) -> str:
        """As a person names it."""
        if self.kind == "source":
            return f"source {self.package}.{self.name}"
        return self.name if not self.package else f"{self.package}.{self.name}"


def _encode(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z_]", lambda match: f"_x{ord(match[0]):x}_", text)


class RelationStub:
    """The Relation object a template receives."""

    def __init__(self, name: RelationName) -> None:
        self._name = name
        self.name = self.identifier = self.table = self.alias = name.name
        self.schema = self.database = SCHEMA
        self.type = "table"
        self.is_view = self.is_cte = False
        self.is_table = True

    def __str__(self) -> str:
        return f"{SCHEMA}.{self._name.encoded}"

    __repr__ = __str__

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_") or key in SANDBOX_FLAGS:
            raise AttributeError(key)
        return lambda *args, **kwargs: self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RelationStub) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


@dataclass(frozen=True, slots=True)
class StarSpec:
    """A `dbt_utils.star` or `union_relations`: which columns the placeholder stands for."""

    relations: tuple[str, ...]
    excluded: frozenset[str]
    prefix: str = ""
    suffix: str = ""
    extra: tuple[str, ...] = ()
