"""A template uses a macro or variable that does not exist.

What it does
    Reports names that neither dbt, nor the project's macros, nor an installed package, nor the
    template itself defines; a name that the change sets no more and still uses; is_incremental
    without its parentheses; and variables without a default that differ by a letter or two from
    one that dbt_project.yml gives, or that a change reads, nothing gives, and no other file reads.

Why it is bad
    A call stops dbt; a printed name becomes nothing, silently, and the SQL means something else.

For example
    where created_at >= {{ start_dat }}

Use instead
    where created_at >= {{ start_date }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja import calls
from carepath.review.jinja.render import COMMENT, KNOWN_PACKAGES
from carepath.review.naming import is_slip, nearest
from carepath.review.rule import Context, Issue, Rule

MOST_FILES = 2
"""Files that may call a macro nobody sees before it is taken to exist elsewhere."""


def check(context: Context) -> Iterator[Issue]:
    """Report the undefined names each variant met while rendering."""
    yield from _slips(context)
    yield from _no_longer_set(context)
    renderer = context.space.renderer
    known = set(renderer.owner)
    base = context.change.base if context.change is not None else None
    before = next((s.renderer.owner for s in base.spaces), {}) if base is not None else {}
    for variant in context.analysis.variants:
        for name, how in variant.rendered.undefined.items():
            near = nearest(name, known | KNOWN_PACKAGES, 0.8)
            is_certain = context.space.project.configured and how == "called"
            if how == "namespace":
                if near is None or near not in KNOWN_PACKAGES | renderer.packages:
                    continue
                if not is_slip(name, near):
                    continue
                is_certain = False
            if how == "called" and name not in before:
                is_slipped = near is not None and is_slip(name, near)
                is_certain = is_certain and _is_whole(context, name)
                if not is_certain and not is_slipped:
                    continue
            place = _place(context, name)
            if place is None:
                continue
            does = {
                "called": f"{name}() is called, but there is no such macro.",
                "printed": f"{name} is not defined: it prints nothing.",
                "looped over": f"{name} is not defined: the loop over it is empty.",
                "namespace": f"There is no package {name}.",
            }[how]
            yield Issue(
                subject=name,
                message=does + (f" Did you mean {near}?" if near else ""),
                consequence="dbt stops: '" + name + "' is undefined."
                if how in ("called", "namespace")
                else "The SQL silently loses a part.",
                fix=f"Use {near}." if near else "Define it, or remove its use.",
                severity=Severity.ERROR if how in ("called", "namespace") else Severity.WARNING,
                confidence=Confidence.CERTAIN if is_certain else Confidence.LIKELY,
                place=place,
                evidence=[Evidence(f"{len(known)} macros of the project were searched")],
            )


UNCALLED = re.compile(r"{%-?\s*(?:if|elif)\b[^%}]*?\b(is_incremental)\b(?!\s*\()[^%}]*%}")
VARIABLE = re.compile(r"""\bvar\(\s*(['"])(\w+)\1\s*\)""")


def _slips(context: Context) -> Iterator[Issue]:
    """What renders to something, and not to what is meant."""
    source = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), context.analysis.source)
    path = context.model.file.path
    for match in UNCALLED.finditer(source):
        yield Issue(
            subject="is_incremental",
            message="is_incremental is not called: as a condition it always holds.",
            consequence="The first build reads a table that is not there yet.",
            fix="Write is_incremental().",
            place=Place(path, source.count("\n", 0, match.start(1)) + 1),
        )
    given = context.space.project.variables
    for match in VARIABLE.finditer(source):
        name = match[2]
        near = nearest(name, given, 0.85) if name not in given else None
        if name not in given and near is None and _is_nowhere(context, name):
            yield Issue(
                subject=f"var {name}",
                message=f"The variable {name} is given nowhere and has no default.",
                consequence="dbt stops, unless the command line gives it.",
                fix="Give it in dbt_project.yml, or a default in var().",
                severity=Severity.WARNING,
                confidence=Confidence.POSSIBLE,
                place=Place(path, source.count("\n", 0, match.start()) + 1),
            )
        if near is None or not (is_slip(name, near) or name.rstrip("s") == near.rstrip("s")):
            continue
        yield Issue(
            subject=f"var {name}",
            message=f"The variable {name} is given nowhere and has no default. "
            f"Did you mean {near}?",
            consequence="dbt stops, unless the command line gives it.",
            fix=f"Use {near}.",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            place=Place(path, source.count("\n", 0, match.start()) + 1),
            evidence=[Evidence(f"dbt_project.yml gives {', '.join(sorted(given)[:10])}")],
        )


SET = re.compile(r"{%-?\s*set\s+(\w+)")
BLOCK = re.compile(r"{[{%].*?[%}]}", re.DOTALL)


def _no_longer_set(context: Context) -> Iterator[Issue]:
    """A name that the template set at base, sets no more, and still uses."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is None or before is None or before.file.sha == context.model.file.sha:
        return
    source = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), context.analysis.source)
    gone = set(SET.findall(change.base.text(before.file))) - set(SET.findall(source))
    told = {name for v in context.analysis.variants for name in v.rendered.undefined}
    given = {*context.space.renderer.owner, *context.space.project.variables}
    for name in sorted(gone - told - given):
        use = re.compile(rf"(?<![\w.'\"]){re.escape(name)}\b(?!\s*=[^=])(?!['\"])")
        made = re.compile(
            rf"{{%-?\s*(?:for|macro)\b[^%]*?\b{re.escape(name)}\b[^%]*?(?:\bin\b|%}})"
        )
        if made.search(source):
            continue
        for block in BLOCK.finditer(source):
            match = use.search(block[0])
            if match is None or re.search(
                rf"{re.escape(name)}\s+is\s+(?:not\s+)?defined", block[0]
            ):
                continue
            yield Issue(
                subject=f"set {name}",
                message=f"{name} is used, and the template sets it no more.",
                consequence="It is undefined: dbt stops, or the SQL silently loses a part.",
                fix="Set it again, or remove its use.",
                confidence=Confidence.LIKELY,
                place=Place(
                    context.model.file.path,
                    source.count("\n", 0, block.start() + match.start()) + 1,
                ),
            )
            break


def _is_nowhere(context: Context, name: str) -> bool:
    """True where the project gives variables, and no other file, now or before, reads this one."""
    change = context.change
    if not context.space.project.variables or not context.space.project.configured:
        return False
    if change is None:
        return False
    for snapshot in (context.snapshot, change.base):
        for model in snapshot.sql_models():
            is_own = snapshot is context.snapshot and model is context.model
            if not is_own and name in snapshot.text(model.file):
                return False
    return True


def _is_whole(context: Context, name: str) -> bool:
    """True where the project's macros are all here, as far as one can see: no other is missing."""
    snapshot, space = context.snapshot, context.space
    if not space.renderer.owner:
        return False
    slot = f"missing macros|{space.project.root}"
    kept = snapshot.local.get(slot)
    if kept is None:
        called = []
        for file in space.project.of_kind("model", "snapshot"):
            key = f"jc|{file.sha}"
            names = snapshot.memo.get(key)
            if names is None:
                names = snapshot.memo[key] = calls.bare_calls(snapshot.text(file))
            called.append(names)
        kept = snapshot.local[slot] = calls.missing(called, space.renderer.known_names())
    found: calls.MissingMacros = kept
    return found.besides(name) == 0 and found.files.get(name, 0) <= MOST_FILES


def _place(context: Context, name: str) -> Place | None:
    pattern = re.compile(rf"{{[{{%][^}}%]*\b{re.escape(name)}\b", re.DOTALL)
    loose = re.compile(rf"(?<![\w.'\"]){re.escape(name)}\b")
    source = context.analysis.source
    candidates = [(context.model.file.path, source)]
    for variant in context.analysis.variants:
        for file in context.space.renderer.files:
            if file.path in variant.rendered.macros:
                candidates.append((file.path, file.source))
    for path, text in candidates:
        block = pattern.search(text)
        if block is None:
            continue
        match = loose.search(text, block.start())
        if match is not None:
            return Place(path, text.count("\n", 0, match.start()) + 1)
    return None


RULE = Rule("SQL004", "undefined-jinja-variable", Severity.ERROR, __doc__ or "", check)
