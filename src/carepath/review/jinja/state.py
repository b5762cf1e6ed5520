"""What one render learns: names used, settings made, things that stayed unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from carepath.review.jinja.relations import RelationName, StarSpec
from carepath.review.jinja.unknown import MARK, Unknown


class MacroReturn(Exception):  # noqa: N818 - control flow, as in dbt
    """`return(value)` inside a macro."""

    def __init__(self, value: Any) -> None:
        super().__init__("return")
        self.value = value


class TemplateRefusedError(Exception):
    """The template itself raised a compiler error."""


@dataclass(slots=True)
class State:
    """The notes of one render of one template."""

    model: str
    dialect: str
    flags: dict[str, bool]
    relations: dict[str, RelationName] = field(default_factory=dict)
    calls: list[RelationName] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    unknowns: dict[str, str] = field(default_factory=dict)
    undefined: dict[str, str] = field(default_factory=dict)
    consulted: dict[str, bool] = field(default_factory=dict)
    stars: dict[str, StarSpec] = field(default_factory=dict)
    macros: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    is_guess: bool = False

    def note_unknown(self, origin: str) -> str:
        """Give an unknown value its placeholder."""
        token = f"{MARK}{len(self.unknowns)}_x"
        self.unknowns[token] = origin
        return token

    def unknown(self, origin: str) -> Unknown:
        """Make a value that cannot be known."""
        return Unknown(origin, self.note_unknown, self.guess)

    def guess(self) -> None:
        """Note that the template took a branch nobody can know."""
        self.is_guess = True

    def relation(self, name: RelationName) -> RelationName:
        """Register a relation the template names."""
        self.relations[name.encoded] = name
        self.calls.append(name)
        return name

    def star(self, spec: StarSpec) -> str:
        """Give a generated column list its placeholder."""
        token = f"cp_star_{len(self.stars)}_x"
        self.stars[token] = spec
        return token
