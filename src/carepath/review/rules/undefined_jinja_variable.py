"""A template uses a macro or variable that does not exist.

What it does
    Reports names that neither dbt, nor the project's macros, nor an installed package, nor the
    template itself defines.

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
from carepath.review.jinja.render import KNOWN_PACKAGES
from carepath.review.naming import nearest
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Report the undefined names each variant met while rendering."""
    renderer = context.space.renderer
    known = set(renderer.owner)
    for variant in context.analysis.variants:
        for name, how in variant.rendered.undefined.items():
            near = nearest(name, known | KNOWN_PACKAGES, 0.8)
            is_certain = context.space.project.configured and how == "called"
            if how == "namespace":
                if near is None or near not in KNOWN_PACKAGES | renderer.packages:
                    continue
                is_certain = False
            if how == "called" and not is_certain and near is None:
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
