"""A ref or source names something that does not exist.

What it does
    Looks up every ref and source of models, tests, snapshots, exposures and YAML, also those in
    branches that are not taken. Silent where an absent package may supply the name.

Why it is bad
    dbt stops at parsing: nothing at all is built.

For example
    select * from {{ ref('stg_custmers') }}

Use instead
    select * from {{ ref('stg_customers') }}
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja.relations import RelationName
from carepath.review.naming import nearest
from carepath.review.nodes import REF_TEXT, SOURCE_TEXT, NodeDoc
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Snapshot, Space

BLOCK = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
ENOUGH = 0.85


def check(context: Context) -> Iterator[Issue]:
    """Look up what a model names."""
    space = context.space
    path = context.model.file.path
    mentioned = set()
    for name, line in mentions(context.analysis.source):
        mentioned.add(name)
        yield from _unresolved(context.snapshot, space, name, Place(path, line), "")
    for variant in context.analysis.variants:
        for call in variant.rendered.calls:
            if call in mentioned:
                continue
            mentioned.add(call)
            place = _in_macro(context, call)
            yield from _unresolved(context.snapshot, space, call, place, "")


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
            yield from _unresolved(change.head, space, name, place, f" ({mention.where})")
        for file in space.project.of_kind("test", "analysis"):
            if file.path in change.changed_files and file.path.endswith(".sql"):
                for name, line in mentions(change.head.text(file)):
                    yield from _unresolved(change.head, space, name, Place(file.path, line), "")


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
    yield from _unresolved(snapshot, space, _name(kind, parts), Place("", 1), "")


def _unresolved(
    snapshot: Snapshot, space: Space, name: RelationName, place: Place, where: str
) -> Iterator[Issue]:
    if name.kind == "ref":
        yield from _ref(snapshot, space, name, place, where)
    elif name.kind == "source":
        yield from _source(snapshot, space, name, place, where)


def _ref(
    snapshot: Snapshot, space: Space, name: RelationName, place: Place, where: str
) -> Iterator[Issue]:
    if snapshot.find(space, name) is not None or (
        name.name in space.docs.models and (space.docs.models[name.name].kind == "snapshots")
    ):
        return
    if name.package is not None and all(
        other.project.name != name.package for other in snapshot.spaces
    ):
        return
    known = [model for other in snapshot.spaces for model in other.models]
    near = nearest(name.name, known, 0.85)
    if near is None or not _is_slip(name.name, near):
        # A model of a package that is not here, named rightly in other places.
        counts, _, _ = _table(snapshot, space)
        others = [c.name for c in counts if c.kind == "ref" and c.name not in known]
        slips = [other for other in others if _is_slip(name.name, other)]
        near = slips[0] if len(slips) == 1 and counts.get(name, 0) <= 1 else near
    if near is not None and space.project.has_model_packages and not _is_slip(name.name, near):
        near = None
    severity, confidence = _weigh(snapshot, space, name, near)
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


def _source(
    snapshot: Snapshot, space: Space, name: RelationName, place: Place, where: str
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
    severity, confidence = _weigh(snapshot, space, name, near)
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


def _is_slip(name: str, near: str) -> bool:
    """True where two names differ by one or two letters and begin alike."""
    ours, theirs = name.split("_"), near.split("_")
    if name == near or name.rstrip("s") == near.rstrip("s"):
        return False
    if (ours[0] != theirs[0] and ours[-1] != theirs[-1]) or abs(len(name) - len(near)) > 2:
        return False
    gone = [w for w in ours if w not in theirs]
    new = [w for w in theirs if w not in ours]
    if len(gone) > 1 or len(new) > 1 or any(w.isdigit() for w in gone + new):
        return False
    alike = difflib.SequenceMatcher(None, name, near, autojunk=False).ratio()
    word = difflib.SequenceMatcher(None, "".join(gone), "".join(new), autojunk=False).ratio()
    return alike > 0.93 and word > 0.66


def _is_vague(space: Space) -> bool:
    return bool(space.docs.broken) or not space.project.configured


def _weigh(
    snapshot: Snapshot, space: Space, name: RelationName, near: str | None
) -> tuple[Severity | None, Confidence]:
    """How sure it is that nothing outside this tree supplies the name."""
    elsewhere, total, resolved = _readers(snapshot, space, name)
    rate = resolved / total if total else 1.0
    if space.project.has_model_packages or (not space.project.configured and rate < ENOUGH):
        if near is None or elsewhere > 1:
            return None, Confidence.POSSIBLE
        return Severity.ERROR, Confidence.LIKELY
    if rate < 0.5:
        return (Severity.WARNING if near else None), Confidence.POSSIBLE
    if not space.project.configured:
        return (Severity.ERROR if near or rate > 0.97 else Severity.WARNING), Confidence.LIKELY
    if elsewhere > 2 and near is None:
        return Severity.WARNING, Confidence.POSSIBLE
    return Severity.ERROR, Confidence.CERTAIN


def _readers(snapshot: Snapshot, space: Space, name: RelationName) -> tuple[int, int, int]:
    """(models that name it, refs in all, refs that resolve) in a project."""
    counts, total, resolved = _table(snapshot, space)
    return counts.get(name, 0), total, resolved


def _table(snapshot: Snapshot, space: Space) -> tuple[dict[RelationName, int], int, int]:
    slot = f"readers|{id(snapshot)}|{space.project.root}"
    table = snapshot.local.get(slot)
    if table is None:
        counts: dict[RelationName, int] = {}
        total = resolved = 0
        for model in space.models.values():
            for call in snapshot.calls(model):
                if call.kind == "ref":
                    counts[call] = counts.get(call, 0) + 1
                    total += 1
                    resolved += snapshot.find(space, call) is not None
                elif call.kind == "source":
                    counts[call] = counts.get(call, 0) + 1
        table = (counts, total, resolved)
        snapshot.local[slot] = table
    found: tuple[dict[RelationName, int], int, int] = table
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
