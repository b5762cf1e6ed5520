"""A project's models as the review holds them: what they are, and how they are analysed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from carepath.review.configuration import merge
from carepath.review.facts import JoinFact
from carepath.review.jinja.render import COMMENT, Rendered, Renderer, RenderFailure
from carepath.review.nodes import Documentation, NodeDoc
from carepath.review.project import File, Project
from carepath.review.sql.bindings import Resolution, known_of
from carepath.review.sql.joins import join_fact, outside_reads
from carepath.review.sql.parse import Parsed
from carepath.review.sql.predicates import comparisons, unresolved
from carepath.review.sql.relation import Relation, Source


@dataclass(slots=True)
class Model:
    """A model, snapshot, seed or Python model of a project."""

    id: str
    name: str
    kind: str
    file: File
    project: Project
    doc: NodeDoc | None
    layer: str | None
    is_enabled: bool = True
    config: dict[str, Any] = field(default_factory=dict)

    def configured(self, variants: Sequence[Variant]) -> dict[str, Any]:
        """Its configuration: dbt_project.yml, its YAML, and nearest what its file says."""
        return merge(self.config, variants[0].rendered.config) if variants else dict(self.config)


@dataclass(slots=True)
class Variant:
    """One rendered, parsed and resolved form of a model."""

    rendered: Rendered
    parsed: Parsed
    resolution: Resolution | None


@dataclass(slots=True)
class Analysis:
    """A model with its trees; kept only while rules look at it."""

    model: Model
    source: str
    variants: list[Variant]
    failure: RenderFailure | None
    relation: Relation


@dataclass(slots=True)
class Space:
    """A project with its YAML, its macros and its models by name."""

    project: Project
    docs: Documentation
    renderer: Renderer
    models: dict[str, Model] = field(default_factory=dict)
    dialect: str = ""
    digest: str = ""
    doubles: list[tuple[str, str, str]] = field(default_factory=list)


def holds_only_macros(text: str) -> bool:
    """True for a file among the models that defines macros and selects nothing itself."""
    if "{%" not in text:
        return False
    blank = COMMENT.sub("", text)
    if not re.search(r"{%-?\s*(macro|test|materialization)\s", blank):
        return False
    rest = re.sub(r"(?s){%-?\s*macro.*?endmacro\s*-?%}", "", blank)
    return not re.search(r"(?i)\bselect\b", rest)


def literals(analysis: Analysis) -> tuple[tuple[Source, str], ...]:
    """The texts a model compares columns with; of unknown origin: under ("", name)."""
    found: dict[tuple[Source, str], None] = {}
    for variant in analysis.variants:
        if variant.resolution is not None:
            for one in comparisons(variant.resolution):
                if one.column.root is not None:
                    found[(one.column.root, one.literal.name)] = None
            for _, column, literal, _ in unresolved(variant.resolution):
                found[(("", column.name.lower()), literal.name)] = None
    return tuple(found)


def joins(analysis: Analysis, dialect: str) -> tuple[JoinFact, ...]:
    """The joins of a model, as far as both sides are known."""
    found: list[JoinFact] = []
    for variant in analysis.variants[:1]:
        if variant.resolution is not None:
            known = known_of(variant.resolution, dialect)
            for scope in variant.resolution.scopes:
                for name, binding in scope.bindings.items():
                    fact = join_fact(known, scope, name, binding)
                    if fact is not None:
                        found.append(fact)
    return tuple(found[:60])


def reads(analysis: Analysis) -> tuple[Source, ...]:
    """The columns a model reads of relations that are not in the project."""
    found: dict[Source, None] = {}
    for variant in analysis.variants:
        if variant.resolution is not None:
            found.update(dict.fromkeys(outside_reads(variant.resolution)))
    return tuple(found)


def by_name(space: Space, name: str) -> Model | None:
    """The model of a name, `name.v2` and versioned models included."""
    found = space.models.get(name)
    if found is not None:
        return found
    if ".v" in name:
        stem, version = name.rsplit(".v", 1)
        return _of_version(space, stem, version)
    doc = space.docs.models.get(name)
    if doc is not None and doc.versions:
        ordered = sorted(doc.versions, key=lambda v: (len(v), v), reverse=True)
        for version in [doc.latest_version or ordered[0], *ordered]:
            found = _of_version(space, name, version)
            if found is not None:
                return found
    return None


def _of_version(space: Space, stem: str, version: str) -> Model | None:
    """One version of a model: the file its YAML names, else the usual file names."""
    doc = space.docs.models.get(stem)
    named = ""
    if doc is not None and version in doc.versions:
        named = doc.version_files[doc.versions.index(version)]
        is_latest = version == (doc.latest_version or max(doc.versions, key=lambda v: (len(v), v)))
        named = named or (stem if is_latest or len(doc.versions) == 1 else "")
    if doc is None:
        named = stem
    for name in (f"{stem}_v{version}", f"{stem}.v{version}", named):
        if name in space.models:
            return space.models[name]
    return None
