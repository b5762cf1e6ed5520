"""A ref or source names something that does not exist.

What it does
    Looks up every ref and source of models, tests, snapshots, exposures and YAML, also those in
    branches that are not taken. Silent where an absent package may supply the name. Also a ref to
    a model of the same project that is switched off.

Why it is bad
    dbt stops at parsing: nothing at all is built.

For example
    select * from {{ ref('stg_custmers') }}

Use instead
    select * from {{ ref('stg_customers') }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja.relations import RelationName
from carepath.review.naming import is_slip, nearest
from carepath.review.nodes import REF_TEXT, SOURCE_TEXT, NodeDoc
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Snapshot, Space

BLOCK = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
CONDITION = re.compile(r"{%-?\s*if\b|\benabled\s*=")
"""Of a model that may not read what it names, or may be off itself."""
ENOUGH = 30
"""Names read by a project without a dbt_project.yml, for a missing one to be an error."""
FEW = 10
"""Names read, below which such a project says nothing about what is missing."""
MOST_MISSING = 0.04
"""Share of the other names that may be missing before the checkout counts as not whole."""


def check(context: Context) -> Iterator[Issue]:
    """Look up what a model names."""
    space = context.space
    base = context.change.base if context.change is not None else None
    path = context.model.file.path
    mentioned = set()
    for name, line in mentions(context.analysis.source):
        mentioned.add(name)
        yield from _unresolved(context.snapshot, space, name, Place(path, line), "", base)
        yield from _switched_off(context, name, Place(path, line))
    for variant in context.analysis.variants:
        for call in variant.rendered.calls:
            if call in mentioned:
                continue
            mentioned.add(call)
            place = _in_macro(context, call)
            yield from _unresolved(context.snapshot, space, call, place, "", base)


def check_change(change: Change) -> Iterator[Issue]:
    """Look up what changed YAML, tests and snapshots name; and what a removal broke there."""
    for space in change.head.spaces:
        before = {
            (mention.file, mention.kind, mention.name)
            for other in change.base.spaces
            for mention in other.docs.mentions
            if not list(_unresolved_mention(change.base, other, mention.kind, mention.name))
        }
        for mention in space.docs.mentions:
            old = change.moved.get(mention.file, mention.file)
            changed = mention.line in change.changed_lines(mention.file)
            if not changed and (old, mention.kind, mention.name) not in before:
                continue
            name = _name(mention.kind, mention.name)
            place = Place(mention.file, mention.line)
            yield from _unresolved(
                change.head, space, name, place, f" ({mention.where})", change.base
            )
        for file in space.project.of_kind("test", "analysis"):
            if file.path in change.changed_files and file.path.endswith(".sql"):
                for name, line in mentions(change.head.text(file)):
                    place = Place(file.path, line)
                    yield from _unresolved(change.head, space, name, place, "", change.base)


def mentions(source: str) -> Iterator[tuple[RelationName, int]]:
    """Every ref and source a text names literally, with its line."""
    blank = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)
    for block in BLOCK.finditer(blank):
        if block[0].startswith("{%") and re.match(r"{%-?\s*(macro|docs)", block[0]):
            continue
        for pattern, kind in ((REF_TEXT, "ref"), (SOURCE_TEXT, "source")):
            for match in pattern.finditer(block[0]):
                line = blank.count("\n", 0, block.start() + match.start()) + 1
                if kind == "ref" and re.match(r"\s*,\s*(v|version)\s*=", block[0][match.end() :]):
                    continue
                yield _name(kind, tuple(p for p in (match["a"], match["b"]) if p)), line


def _name(kind: str, parts: tuple[str, ...]) -> RelationName:
    return RelationName(kind, parts[0] if len(parts) > 1 else None, parts[-1])


def _unresolved_mention(
    snapshot: Snapshot, space: Space, kind: str, parts: tuple[str, ...]
) -> Iterator[Issue]:
    yield from _unresolved(snapshot, space, _name(kind, parts), Place("", 1), "", None)


def _unresolved(
    snapshot: Snapshot,
    space: Space,
    name: RelationName,
    place: Place,
    where: str,
    base: Snapshot | None,
) -> Iterator[Issue]:
    if name.kind == "ref":
        yield from _ref(snapshot, space, name, place, where, base)
    elif name.kind == "source":
        yield from _source(snapshot, space, name, place, where, base)


def _ref(
    snapshot: Snapshot,
    space: Space,
    name: RelationName,
    place: Place,
    where: str,
    base: Snapshot | None,
) -> Iterator[Issue]:
    if _exists(snapshot, space, name):
        return
    if name.package is not None and all(
        other.project.name != name.package for other in snapshot.spaces
    ):
        return
    known = [model for other in snapshot.spaces for model in other.models]
    near = nearest(name.name, known, 0.85)
    if near is None or not is_slip(name.name, near):
        # A model of a package that is not here, named rightly in other places.
        counts = census(snapshot, space).counts
        others = [c.name for c in counts if c.kind == "ref" and c.name not in known]
        slips = [other for other in others if is_slip(name.name, other)]
        near = slips[0] if len(slips) == 1 and counts.get(name, 0) <= 1 else near
    if near is not None and space.project.has_model_packages and not is_slip(name.name, near):
        near = None
    severity, confidence = _weigh(snapshot, space, name, near, base)
    if severity is None:
        return
    yield Issue(
        subject=f"ref {name.label}",
        message=f"There is no model, seed or snapshot {name.name}{where}."
        + (f" Did you mean {near}?" if near else ""),
        consequence="dbt stops at parsing; nothing is built.",
        fix=f"Use {near}." if near else "Add the model, or correct the name.",
        severity=severity,
        confidence=confidence,
        place=place,
        evidence=[Evidence(f"{len(known)} models, seeds and snapshots were searched")],
    )


def _switched_off(context: Context, name: RelationName, place: Place) -> Iterator[Issue]:
    """A model that is there, and that dbt_project.yml or YAML switches off."""
    found = context.snapshot.find(context.space, name) if name.kind == "ref" else None
    if found is None or found.is_enabled or CONDITION.search(context.analysis.source):
        return
    if found.project is not context.model.project:
        return
    yield Issue(
        subject=f"ref {name.label} off",
        message=f"{name.name} is not enabled, and is read here.",
        consequence="dbt stops at parsing; nothing is built.",
        fix=f"Enable {name.name}, or read another model.",
        confidence=Confidence.LIKELY,
        place=place,
        evidence=[
            Evidence(
                "its YAML, or its folder in dbt_project.yml, says enabled: false",
                Place(found.file.path, 1),
            )
        ],
    )


def _source(
    snapshot: Snapshot,
    space: Space,
    name: RelationName,
    place: Place,
    where: str,
    base: Snapshot | None,
) -> Iterator[Issue]:
    if snapshot.source(space, name) is not None:
        return
    tables = {
        table: node
        for other in snapshot.spaces
        for (source, table), node in other.docs.sources.items()
        if source == name.package
    }
    if any(other.docs.has_vague_sources for other in snapshot.spaces):
        return
    if tables:
        near = nearest(name.name, tables, 0.8)
        severity, _ = _weigh(snapshot, space, name, near, base)
        if severity is None and census(snapshot, space).is_partial(name):
            return
        confidence = Confidence.LIKELY if _is_vague(space) else Confidence.CERTAIN
        yield Issue(
            subject=name.label,
            message=f"Source {name.package} has no table {name.name}{where}."
            + (f" Did you mean {near}?" if near else ""),
            consequence="dbt stops at parsing; nothing is built.",
            fix=f"Use {near}." if near else f"Declare {name.name} under source {name.package}.",
            severity=Severity.WARNING if _is_vague(space) else Severity.ERROR,
            confidence=confidence,
            place=place,
            evidence=[
                Evidence(
                    f"{name.package} is declared with {len(tables)} tables",
                    Place(*snapshot_place(tables)),
                )
            ],
        )
        return
    sources = [s for other in snapshot.spaces for s in other.docs.source_names]
    near = nearest(str(name.package), sources, 0.8)
    severity, confidence = _weigh(snapshot, space, name, near, base)
    if severity is None or not sources:
        return
    yield Issue(
        subject=name.label,
        message=f"There is no source {name.package}{where}."
        + (f" Did you mean {near}?" if near else ""),
        consequence="dbt stops at parsing; nothing is built.",
        fix=f"Use {near}." if near else f"Declare source {name.package} in YAML.",
        severity=severity,
        confidence=confidence,
        place=place,
        evidence=[Evidence(f"{len(set(sources))} sources are declared")],
    )


def snapshot_place(tables: dict[str, NodeDoc]) -> tuple[str, int]:
    """Where the first table of a source is declared."""
    node = next(iter(tables.values()))
    return node.file, node.line


def _is_vague(space: Space) -> bool:
    return bool(space.docs.broken) or not space.project.configured


@dataclass(frozen=True, slots=True)
class Census:
    """The names the models of a project read: how often each, which ones nothing here supplies."""

    counts: Mapping[RelationName, int]
    missing: frozenset[RelationName]

    def is_partial(self, name: RelationName) -> bool:
        """True where names of this kind are missing besides this one: the checkout is not whole."""
        others = sum(1 for m in self.missing if m.kind == name.kind and m != name)
        all_names = sum(1 for m in self.counts if m.kind == name.kind)
        return others > MOST_MISSING * all_names


def _weigh(
    snapshot: Snapshot, space: Space, name: RelationName, near: str | None, base: Snapshot | None
) -> tuple[Severity | None, Confidence]:
    """How sure it is that nothing outside this tree supplies the name."""
    here = census(snapshot, space)
    elsewhere = here.counts.get(name, 0)
    is_partial = here.is_partial(name)
    before = _counterpart(space, base)
    if base is not None and before is not None and before.models:
        if _exists(base, before, name):
            return Severity.ERROR, Confidence.CERTAIN
        is_partial = census(base, before).is_partial(name)
    if space.project.has_model_packages or is_partial:
        is_near = near is not None and (not is_partial or is_slip(name.name, near))
        if not is_near or elsewhere > 1:
            return None, Confidence.POSSIBLE
        return Severity.ERROR, Confidence.LIKELY
    is_slipped = near is not None and is_slip(name.name, near)
    if not space.project.configured and not is_slipped:
        if len(here.counts) < FEW:
            return None, Confidence.POSSIBLE
        is_sure = base is not None and len(here.counts) > ENOUGH
        return (Severity.ERROR if is_sure else Severity.WARNING), Confidence.LIKELY
    if elsewhere > (2 if base is not None else 1) and not is_slipped:
        return Severity.WARNING, Confidence.POSSIBLE
    return Severity.ERROR, Confidence.CERTAIN if space.project.configured else Confidence.LIKELY


def _counterpart(space: Space, base: Snapshot | None) -> Space | None:
    for other in base.spaces if base is not None else ():
        if other.project.name == space.project.name or other.project.root == space.project.root:
            return other
    return None


def _exists(snapshot: Snapshot, space: Space, name: RelationName) -> bool:
    if name.kind == "source":
        return snapshot.source(space, name) is not None
    doc = space.docs.models.get(name.name)
    is_snapshot = doc is not None and doc.kind == "snapshots"
    return is_snapshot or snapshot.find(space, name) is not None


def census(snapshot: Snapshot, space: Space) -> Census:
    """Count what the models of a project read."""
    slot = f"census|{space.project.root}|{space.project.name}"
    kept = snapshot.local.get(slot)
    if kept is None:
        counts: dict[RelationName, int] = {}
        for model in space.models.values():
            for call in snapshot.calls(model):
                if call.kind != "this":
                    counts[call] = counts.get(call, 0) + 1
        gone = frozenset(call for call in counts if not _exists(snapshot, space, call))
        kept = snapshot.local[slot] = Census(counts, gone)
    found: Census = kept
    return found


def _in_macro(context: Context, name: RelationName) -> Place:
    """Where a macro the model calls names the relation; else the model's first line."""
    for variant in context.analysis.variants:
        for file in context.space.renderer.files:
            if file.path in variant.rendered.macros:
                for found, line in mentions(file.source):
                    if found == name:
                        return Place(file.path, line)
    source = context.analysis.source
    match = re.search(rf"['\"]{re.escape(name.name)}['\"]", source)
    line = source.count("\n", 0, match.start()) + 1 if match else 1
    return Place(context.model.file.path, line)


RULE = Rule(
    "REF001", "unresolved-ref-or-source", Severity.ERROR, __doc__ or "", check, check_change
)
