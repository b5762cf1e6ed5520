"""One review: rules over affected models, on both sides; what the change introduces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace

from carepath.review import grouping, questions, rules, summary, unbuilt, workers
from carepath.review.change import Change
from carepath.review.findings import (
    Confidence,
    Evidence,
    Finding,
    Ledger,
    NotAnalysed,
    Place,
    Question,
    Severity,
)
from carepath.review.placing import Placer
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Analysis, Model, Snapshot, Variant
from carepath.review.summary import Summary

SWITCHED = re.compile(r"enabled\s*=[^)]*\bvar\s*\(")


@dataclass(slots=True)
class Coverage:
    """How much was looked at."""

    models: int = 0
    changed_models: int = 0
    analysed: int = 0
    columns_checked: int = 0
    columns_open: int = 0
    relations_closed: int = 0
    relations: int = 0
    joins: int = 0
    joins_with_keys: int = 0


@dataclass(slots=True)
class Review:
    """Everything a report says."""

    findings: list[Finding]
    questions: list[Question] = field(default_factory=list)
    not_analysed: list[NotAnalysed] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    suppressed: int = 0
    baselined: int = 0
    unused_suppressions: list[Place] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    base: str = ""
    head: str = ""
    touched: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_whole: bool = False
    dialects: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Part:
    """What the review of one model gives, in whichever process; `key` is what it rests on."""

    key: str
    findings: list[Finding] = field(default_factory=list)
    gaps: list[NotAnalysed] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)


def review_all(head: Snapshot, processes: int = 1) -> Review:
    """Review a whole project, in at most so many processes."""
    result = Review([], is_whole=True)
    alone = tuple(rule for rule in rules.RULES if rule.screen is None)
    parts = _spread_all(head, alone, processes) if processes > 1 else {}
    for model in head.in_order():
        if model.kind in ("model", "snapshot"):
            part = parts.get(model.id)
            if part is None or part.key != head.key(model):
                part = _part(head, model, alone)
            _take(result, head, part)
    chosen: dict[str, tuple[Rule, ...]] = {}
    for model in head.sql_models():
        # Facts of all models are known by now; few models are worth a second look.
        again = tuple(r for r in rules.RULES if r.screen is not None and r.screen(head, model))
        if again:
            chosen[model.id] = again
    for id, again in chosen.items():
        model = head.models[id]
        analysis = _analyse(head, model)
        if analysis is not None:
            result.findings += _of_model(head, model, analysis, None, again)
    _finish(result, head)
    return result


def _spread_all(head: Snapshot, alone: tuple[Rule, ...], processes: int) -> dict[str, Part]:
    needs = head.unknown()
    ids = [m.id for m in head.in_probable_order() if m.kind in ("model", "snapshot")]
    return workers.spread(
        ids, needs, lambda id: _part(head, head.models[id], alone), head.memo, processes
    )


def _part(head: Snapshot, model: Model, chosen: tuple[Rule, ...]) -> Part:
    """Review one model of a whole project by rules that look at it alone."""
    part = Part(head.key(model))
    ledger, head.ledger = head.ledger, Ledger()
    try:
        analysis = _analyse(head, model)
        if analysis is not None:
            _cover(part.coverage, analysis)
            part.findings = _of_model(head, model, analysis, None, chosen)
        part.gaps = head.ledger.entries
    finally:
        head.ledger = ledger
    return part


def _take(result: Review, head: Snapshot, part: Part) -> None:
    result.findings += part.findings
    for gap in part.gaps:
        head.ledger.add(gap.file, gap.reason, gap.line, gap.stage)
    for one in fields(Coverage):
        total = getattr(result.coverage, one.name) + getattr(part.coverage, one.name)
        setattr(result.coverage, one.name, total)


def review_change(change: Change, processes: int = 1) -> Review:
    """Review the difference between two snapshots, in at most so many processes."""
    result = Review([])
    for side in (change.head, change.base):
        if processes > 1:
            _spread_facts(side, processes)
    for model in change.affected():
        if model.kind not in ("model", "snapshot") or not model.is_enabled:
            continue
        analysis = _analyse(change.head, model)
        if analysis is None:
            continue
        result.coverage.changed_models += model.file.path in change.changed_files
        _cover(result.coverage, analysis)
        ours = _of_model(change.head, model, analysis, change)
        before = change.counterpart(model)
        old: Analysis | None = _analyse(change.base, before) if before is not None else None
        theirs = (
            _of_model(change.base, before, old, None)
            if before is not None and old is not None
            else []
        )
        found = list(_introduced(ours, theirs, change, analysis, old))
        if found and model.file.path not in change.changed_files:
            found = [explain(finding, change, model) for finding in found]
        else:
            found = [at_call(finding, change, model) for finding in found]
        result.findings += found
    for rule in rules.RULES:
        if rule.check_change is None:
            continue
        try:
            issues = list(rule.check_change(change))
        except Exception as error:
            change.head.ledger.add("", f"rule {rule.code} failed: {error!r}", stage="rule")
            continue
        result.findings += _place(change.head, rule, issues, None, None)
    result.findings += _of_unbuilt(change)
    result.findings = grouping.collapse(grouping.regroup(result.findings, change))
    result.touched = sorted(change.changed_files)
    result.summaries = summary.summarise(change)
    result.questions = questions.ask(change)
    _finish(result, change.head)
    return result


def _of_unbuilt(change: Change) -> list[Finding]:
    """Columns that singular tests and analyses read, and no longer find."""
    found: list[Finding] = []
    for query in unbuilt.touched(change):
        sides: list[list[Finding]] = []
        for side in (change.head, change.base):
            one = unbuilt.queries(side).get(query.id)
            try:
                analysis = side.analyse(one) if one is not None else None
            except Exception as error:
                side.ledger.add(query.file.path, f"{type(error).__name__}: {error}", stage="facts")
                analysis = None
            sides.append(
                _of_model(side, one, analysis, None, (rules.unknown_column.RULE,))
                if one is not None and analysis is not None
                else []
            )
        known = {finding.key for finding in sides[1]}
        found += [finding for finding in sides[0] if finding.key not in known]
    return found


def _spread_facts(side: Snapshot, processes: int) -> None:
    """Fill the memo with facts that no earlier run left."""

    def learn(id: str) -> None:
        side.facts(side.models[id])

    needs = side.unknown()
    workers.spread(needs, needs, learn, side.memo, processes)


def _finish(result: Review, head: Snapshot) -> None:
    head.note_troubles()
    macros = {f.path for space in head.spaces for f in space.project.of_kind("macro")}
    result.findings = grouping.fold_macros(result.findings, macros)
    result.findings = grouping.fold_slips(result.findings)
    result.findings = grouping.fold_circles(result.findings, set(result.touched))
    result.coverage.models = len(head.models)
    result.dialects = {space.project.name: space.dialect for space in head.spaces if space.models}
    result.not_analysed = list(head.ledger.entries)


def _analyse(snapshot: Snapshot, model: Model) -> Analysis | None:
    try:
        analysis = snapshot.analyse(model)
    except Exception as error:
        snapshot.ledger.add(model.file.path, f"{type(error).__name__}: {error}", stage="facts")
        return None
    if analysis.failure is not None:
        snapshot.ledger.add(
            model.file.path, analysis.failure.reason, analysis.failure.line, "jinja"
        )
    for variant in analysis.variants:
        if variant.parsed.tree is None and variant.parsed.kind not in ("statement", "empty"):
            snapshot.ledger.add(model.file.path, _reason(variant), stage="parse")
    return analysis


def _reason(variant: Variant) -> str:
    """Why a variant has no tree: the parser's words, and the macros nobody knows."""
    unknown = sorted(set(variant.rendered.unknowns.values()))
    if variant.parsed.kind != "unknown" or not unknown:
        return variant.parsed.reason
    return "its SQL depends on " + ", ".join(unknown[:4]) + ", which is not known"


def _cover(coverage: Coverage, analysis: Analysis) -> None:
    coverage.analysed += any(v.resolution is not None for v in analysis.variants)
    for variant in analysis.variants[:1]:
        if variant.resolution is None:
            continue
        for scope in variant.resolution.scopes:
            for binding in scope.bindings.values():
                coverage.relations += 1
                coverage.relations_closed += binding.relation.is_closed
                if binding.join is not None:
                    coverage.joins += 1
                    coverage.joins_with_keys += bool(binding.relation.keys)
            for use in scope.uses:
                known = use.column is not None or use.alias
                coverage.columns_checked += known
                coverage.columns_open += not known


def _of_model(
    snapshot: Snapshot,
    model: Model,
    analysis: Analysis,
    change: Change | None,
    chosen: tuple[Rule, ...] = rules.RULES,
) -> list[Finding]:
    is_off = any(v.rendered.config.get("enabled") is False for v in analysis.variants[:1])
    by_switch = is_off and SWITCHED.search(analysis.source) is not None
    if not model.is_enabled or (is_off and not by_switch):
        return []
    if any(variant.parsed.kind == "statement" for variant in analysis.variants):
        return []
    context = Context(snapshot, snapshot.space_of(model), model, analysis, change)
    found: list[Finding] = []
    for rule in chosen:
        if rule.check is None:
            continue
        try:
            if rule.screen is not None and not rule.screen(snapshot, model):
                continue
            issues = list(rule.check(context))
        except Exception as error:
            snapshot.ledger.add(
                model.file.path, f"rule {rule.code} failed: {error!r}", stage="rule"
            )
            continue
        found += _place(snapshot, rule, issues, model, analysis)
    return [soften(finding) for finding in found] if by_switch else found


def soften(finding: Finding) -> Finding:
    """A finding in a model that is off unless a variable switches it on: a warning at most."""
    sure = finding.confidence
    return replace(
        finding,
        severity=min(finding.severity, Severity.WARNING),
        confidence=Confidence.LIKELY if sure is Confidence.CERTAIN else sure,
        evidence=(*finding.evidence, Evidence("a variable has to switch this model on")),
    )


def _place(
    snapshot: Snapshot,
    rule: Rule,
    issues: list[Issue],
    model: Model | None,
    analysis: Analysis | None,
) -> list[Finding]:
    found: list[Finding] = []
    counts: dict[str, int] = {}
    seen: set[tuple[str, int, str]] = set()
    for issue in issues:
        owner = issue.model or model
        placer = Placer(snapshot, owner, analysis)
        place = placer.place(issue)
        if issue.variant is not None and owner is not None:
            issue.readers += [placer.at(issue.variant, offset) for offset in issue.also]
        mark = (place.file, place.line, issue.subject)
        if mark in seen:
            continue
        seen.add(mark)
        owner_id = owner.id if owner is not None else place.file
        subject = re.sub(r"\s+", " ", issue.subject).lower()
        basis = f"{rule.code}|{owner_id}|{issue.path}|{subject}"
        ordinal = counts[basis] = counts.get(basis, 0) + 1
        severity = min(issue.severity or rule.severity, rule.ceiling)
        confidence = issue.confidence
        flags = issue.variant.rendered.flags if issue.variant is not None else {}
        if any(flag.startswith("var:") for flag in flags):
            # Nobody may ever set the variable so: say it, but do not call it proven.
            severity, confidence = Severity.NOTE, Confidence.POSSIBLE
        found.append(
            Finding(
                code=rule.code,
                rule=rule.name,
                severity=severity,
                confidence=confidence,
                place=place,
                model=owner.name if owner is not None else None,
                subject=issue.subject,
                message=issue.message,
                consequence=issue.consequence,
                fix=issue.fix,
                key=f"{basis}|{ordinal}",
                evidence=tuple(issue.evidence),
                readers=tuple(issue.readers),
                variant=issue.variant.rendered.variant if issue.variant is not None else None,
                patch=_patched(snapshot, place, issue.mend),
                weight=issue.weight,
            )
        )
    return found


def _patched(snapshot: Snapshot, place: Place, mend: tuple[str, str] | None) -> str | None:
    """The corrected line, where the text to mend stands in it once."""
    if mend is None or place.file not in snapshot.tree.entries:
        return None
    lines = (snapshot.tree.text(place.file) or "").split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    return line.replace(*mend) if line.count(mend[0]) == 1 else None


def _introduced(
    ours: list[Finding],
    theirs: list[Finding],
    change: Change,
    new: Analysis,
    old: Analysis | None,
) -> Iterator[Finding]:
    """Findings whose key the base does not have, or has fewer times."""
    before: dict[str, int] = {}
    for finding in theirs:
        stem = _stem(finding)
        before[stem] = before.get(stem, 0) + 1
    blind = old is not None and not any(v.resolution is not None for v in old.variants)
    blind = blind and (old is None or old.failure is None or not old.failure.certain)
    left: list[Finding] = []
    for finding in ours:
        stem = _stem(finding)
        if before.get(stem, 0) > 0:
            before[stem] -= 1
        else:
            left.append(finding)
    here, there = _paths(new), _paths(old)
    for finding in left:
        path = _path(_stem(finding))
        if not path or path not in there:
            # The CTE it is in may have another name at base, or be the query itself.
            bare = _pathless(_stem(finding))
            same = [s for s, n in before.items() if n > 0 and _pathless(s) == bare]
            elsewhere = [s for s in same if not _path(s) or _path(s) not in here]
            # Gone from one CTE and found in a new one: it has moved.
            gone = next(iter([*elsewhere, *same]), None)
            if gone is not None:
                before[gone] -= 1
                continue
        if blind:
            lines = change.changed_lines(finding.place.file)
            if finding.place.line not in lines:
                continue
        yield finding


def _paths(analysis: Analysis | None) -> set[str]:
    variants = analysis.variants if analysis is not None else ()
    return {s.path for v in variants if v.resolution is not None for s in v.resolution.scopes}


def at_call(finding: Finding, change: Change, model: Model) -> Finding:
    """Move a finding from an unchanged macro to where the changed model calls it."""
    file = finding.place.file
    if file == model.file.path or file in change.changed_files or finding.model != model.name:
        return finding
    owner = change.head.space_of(model).renderer.owner
    names = [name for name, macro in owner.items() if macro.path == file]
    source = change.head.text(model.file)
    calls = [
        (source.count("\n", 0, match.start()) + 1, name)
        for name in names
        for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\s*\(", source)
    ]
    if not calls:
        return finding
    changed = change.changed_lines(model.file.path)
    line, name = next((call for call in calls if call[0] in changed), calls[0])
    fact = Evidence(f"in the macro {name}, which the change leaves alone", finding.place)
    return replace(finding, place=Place(model.file.path, line), evidence=(fact, *finding.evidence))


def explain(finding: Finding, change: Change, model: Model) -> Finding:
    """Add what the change did to a finding in a file it leaves alone."""
    cause = configured(change, model) or change.cause(model)
    if cause is None or any(fact.place is not None for fact in finding.evidence):
        return finding
    name, place = cause
    return replace(
        finding, evidence=(Evidence(f"the change alters {name}", place), *finding.evidence)
    )


def configured(change: Change, model: Model) -> tuple[str, Place] | None:
    """The dbt_project.yml that configures a model otherwise than at base."""
    before = change.counterpart(model)
    if before is None or before.config == model.config:
        return None
    root = model.project.root
    for name in ("dbt_project.yml", "dbt_project.yaml"):
        path = f"{root}/{name}" if root else name
        lines = change.changed_lines(path) if path in change.changed_files else set()
        if lines:
            return f"the configuration of {model.name}", Place(path, min(lines))
    return None


def _stem(finding: Finding) -> str:
    parts = finding.key.split("|")
    return "|".join([parts[0], *parts[2:-1]])


def _path(stem: str) -> str:
    return stem.split("|")[1]


def _pathless(stem: str) -> list[str]:
    code, _, *subject = stem.split("|")
    return [code, *subject]


def without(result: Review, keys: set[str]) -> Review:
    """Leave out the findings of a baseline."""
    kept = [finding for finding in result.findings if finding.key not in keys]
    return replace(result, findings=kept, baselined=len(result.findings) - len(kept))
