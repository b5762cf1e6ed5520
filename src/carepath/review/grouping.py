"""Findings with one cause become one finding: what was removed, and everyone who still reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from carepath.review import unbuilt
from carepath.review.change import Change
from carepath.review.findings import Evidence, Finding, Place, Severity
from carepath.review.jinja.relations import RelationName
from carepath.review.naming import listing, nearest
from carepath.review.rules.removed_but_still_used import RULE
from carepath.review.snapshot import Model
from carepath.review.sql.relation import Relation

MULTIPLYING = {"JOIN001": 0, "JOIN008": 1, "JOIN007": 2}
"""Rules about a join that matches too many rows, the most telling first."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What the change took away."""

    kind: str
    owner: str
    name: str
    place: Place
    successor: str | None


def regroup(findings: list[Finding], change: Change) -> list[Finding]:
    """Turn the readers of one removed thing into one finding; leave the others as they are."""
    groups: dict[tuple[str, str, str], tuple[Cause, list[Finding]]] = {}
    kept: list[Finding] = []
    for finding in findings:
        cause = _cause(finding, change)
        if cause is None:
            kept.append(finding)
        else:
            key = (cause.kind, cause.owner, cause.name)
            groups.setdefault(key, (cause, []))[1].append(finding)
    for cause, members in groups.values():
        kept.append(_merge(cause, members, change))
    return kept


def collapse(findings: list[Finding]) -> list[Finding]:
    """One join, one finding: what several rules say of the same join becomes evidence of one."""
    kept: list[Finding] = []
    first: dict[tuple[str, int, str], int] = {}
    for finding in sorted(findings, key=lambda f: MULTIPLYING.get(f.code, len(MULTIPLYING))):
        if finding.code not in MULTIPLYING:
            kept.append(finding)
            continue
        key = (finding.place.file, finding.place.line, finding.subject.split(" ")[0])
        if key not in first:
            first[key] = len(kept)
            kept.append(finding)
            continue
        other = kept[first[key]]
        evidence = (*other.evidence, Evidence(finding.message), *finding.evidence)
        kept[first[key]] = replace(other, evidence=evidence)
    return kept


SAME_SLIP = {
    "SQL005": ("SQL014",),
    "CLONE001": ("AGG005",),
    "AGG019": ("CLONE001", "CLONE002"),
}
"""Rules that may tell of one slip in one line: the most telling one, and those it speaks for."""


def fold_slips(findings: list[Finding]) -> list[Finding]:
    """One slip, one finding: what other rules say of the same line becomes evidence of it."""
    gone: set[int] = set()
    more: dict[int, list[Evidence]] = {}
    for code, others in SAME_SLIP.items():
        tellers = {
            (f.place.file, f.place.line): n for n, f in enumerate(findings) if f.code == code
        }
        for number, finding in enumerate(findings):
            teller = tellers.get((finding.place.file, finding.place.line))
            if finding.code in others and teller is not None and teller not in gone:
                gone.add(number)
                more.setdefault(teller, []).append(Evidence(finding.message))
    return [
        replace(f, evidence=(*f.evidence, *more[n])) if n in more else f
        for n, f in enumerate(findings)
        if n not in gone
    ]


def fold_circles(findings: list[Finding], touched: set[str]) -> list[Finding]:
    """One circle of refs, one finding: where the change touches it, if it does."""
    circles: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.code == "REF005":
            circles.setdefault(finding.subject, []).append(finding)
    told = {
        subject: min(members, key=lambda f: (f.place.file not in touched, f.place.file))
        for subject, members in circles.items()
    }
    return [f for f in findings if f.code != "REF005" or f is told[f.subject]]


def fold_macros(findings: list[Finding], macros: set[str]) -> list[Finding]:
    """Make one finding of a defect inside a macro, naming the models that call it."""
    groups: dict[tuple[str, Place, str], list[Finding]] = {}
    for finding in findings:
        place = finding.place
        same = (finding.code, place, finding.message if place.file in macros else finding.key)
        groups.setdefault(same, []).append(finding)
    folded = []
    for members in groups.values():
        first = max(members, key=lambda f: (f.severity, f.confidence))
        callers = list(dict.fromkeys(f.model for f in members if f.model))
        if first.place.file in macros and len(callers) > 1:
            told = Evidence("reached from " + listing(sorted(callers)))
            first = replace(first, evidence=(*first.evidence, told))
        folded.append(first)
    return folded


def _cause(finding: Finding, change: Change) -> Cause | None:
    if finding.severity is not Severity.ERROR:
        return None
    if finding.code == "REF001" and finding.subject.startswith("ref "):
        return _removed_model(finding.subject.removeprefix("ref "), change)
    if finding.code == "SQL005":
        return _removed_column(finding, change)
    if finding.code == "SQL004":
        for before, after in zip(change.base.spaces, change.head.spaces, strict=False):
            file = before.renderer.owner.get(finding.subject)
            if file is not None and finding.subject not in after.renderer.owner:
                near = nearest(finding.subject, set(after.renderer.owner), 0.6)
                return Cause("macro", "", finding.subject, Place(file.path, 1), near)
    return None


def _removed_model(label: str, change: Change) -> Cause | None:
    package, _, name = label.rpartition(".")
    for space in change.base.spaces:
        gone = change.base.find(space, RelationName("ref", package or None, name))
        if gone is not None:
            successor = change.successor(gone)
            near = successor.name if successor is not None and successor.name != name else None
            if near is None:
                new = [m.name for i, m in change.head.models.items() if i not in change.base.models]
                near = nearest(name, new, 0.7)
            return Cause("model", "", name, Place(gone.file.path, 1), near)
    return None


def _removed_column(finding: Finding, change: Change) -> Cause | None:
    name = finding.subject.rsplit(".", 1)[-1]
    readers = (*change.head.models.values(), *unbuilt.queries(change.head).values())
    reader = next((m for m in readers if m.name == finding.model), None)
    if reader is None:
        return None
    for upstream in change.head.upstream(reader):
        before = change.counterpart(upstream)
        if before is None:
            continue
        old = change.base.facts(before).relation
        new = change.head.facts(upstream).relation
        if old.get(name) is not None and new.get(name) is None and new.is_complete:
            successor = _renamed(name, old, new, change, upstream)
            place = Place(upstream.file.path, _line(change, upstream))
            return Cause("column", upstream.name, name, place, successor)
    return None


def _renamed(
    name: str, old: Relation, new: Relation, change: Change, upstream: Model
) -> str | None:
    """The new column with the same origin, else the one most like it."""
    column = old.get(name)
    added = [c for c in new.columns if c.name not in old.index]
    for candidate in added:
        if column is not None and column.root and candidate.root == column.root:
            return candidate.name
    for candidate in added:
        if column is not None and column.origins and candidate.origins == column.origins:
            return candidate.name
    if len(added) == 1 and len([c for c in old.columns if c.name not in new.index]) == 1:
        return added[0].name
    return nearest(name, [c.name for c in added], 0.6)


def _line(change: Change, model: Model) -> int:
    lines = change.changed_lines(model.file.path)
    return min(lines) if lines else 1


def _merge(cause: Cause, members: list[Finding], change: Change) -> Finding:
    unrun = {q.file.path for q in unbuilt.queries(change.head).values() if q.kind == "analysis"}

    def order(finding: Finding) -> tuple[object, ...]:
        lines = change.changed_lines(finding.place.file)
        return (
            finding.place.file in unrun,
            finding.place.line not in lines,
            finding.place.file not in change.changed_files,
            finding.place.file,
            finding.place.line,
        )

    members = sorted(members, key=order)
    first = members[0]
    what = f"column {cause.name} of {cause.owner}" if cause.owner else f"{cause.kind} {cause.name}"
    to = f"; it looks renamed to {cause.successor}" if cause.successor else ""
    places = list(dict.fromkeys(m.place for m in members))
    count = len({place.file for place in places})
    return replace(
        first,
        code=RULE.code,
        rule=RULE.name,
        subject=f"{cause.owner}.{cause.name}" if cause.owner else cause.name,
        message=f"The change removes {what}, which is still used here"
        + (f" and in {count - 1} more files{to}." if count > 1 else f"{to}."),
        severity=Severity.WARNING if places[0].file in unrun else first.severity,
        consequence="These do not build any more.",
        fix=f"Use {cause.successor} here."
        if cause.successor
        else f"Adapt the readers, or keep {cause.name}.",
        key=f"{RULE.code}|{cause.kind}|{cause.owner}|{cause.name}|1",
        evidence=(
            Evidence(f"{what} is at base and not at head", cause.place),
            *first.evidence[:2],
        ),
        readers=tuple(place for place in places if place != first.place),
        weight=2,
    )
