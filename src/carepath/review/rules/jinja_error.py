"""The Jinja of a file cannot be compiled.

What it does
    Reports templates that Jinja itself rejects: an unclosed block, a missing brace, an endif
    without if. Macro files and tests are checked too.

Why it is bad
    dbt stops at parsing: nothing at all is built.

For example
    {% if is_incremental() %} where updated_at > '2020-01-01'

Use instead
    {% if is_incremental() %} where updated_at > '2020-01-01' {% endif %}
"""

from __future__ import annotations

from collections.abc import Iterator

import jinja2

from carepath.review.change import Change
from carepath.review.findings import Evidence, Place, Severity
from carepath.review.jinja import blocks
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Report a model that Jinja rejects."""
    failure = context.analysis.failure
    if failure is not None and failure.certain:
        path = context.model.file.path
        yield _issue(context.change, path, context.analysis.source, failure.line, failure.reason)


def check_change(change: Change) -> Iterator[Issue]:
    """Report changed macro and test files that Jinja rejects."""
    for space in change.head.spaces:
        for file in space.project.of_kind("macro", "test", "analysis"):
            if file.path not in change.changed_files:
                continue
            text = change.head.text(file)
            try:
                space.renderer.environment.parse(text)
            except jinja2.TemplateSyntaxError as error:
                if file.kind == "macro" and _parses(space.renderer.environment, text):
                    continue
                yield _issue(change, file.path, text, error.lineno, f"Jinja: {error.message}")


def _parses(environment: jinja2.Environment, source: str) -> bool:
    """True where each block of a file of macros is sound, whatever stands between them."""
    between = blocks.alone(source)
    if between == source or blocks.culprit(source) is not None:
        return False
    try:
        environment.parse(between)
    except jinja2.TemplateSyntaxError:
        return False
    return True


def _issue(change: Change | None, path: str, source: str, line: int | None, reason: str) -> Issue:
    """Placed at the block or brace that is left open, where that can be told."""
    found = blocks.culprit(source)
    told = reason.removeprefix("Jinja: ").split(". Jinja was looking")[0].rstrip(".")
    place = Place(path, found[0] if found else line or 1)
    lines = sorted(change.changed_lines(path)) if change is not None else []
    near = min(lines, key=lambda n: abs(n - place.line)) if lines else place.line
    evidence = [Evidence(f"Jinja says: {told}", Place(path, line or 1))]
    if near != place.line:
        evidence.insert(0, Evidence("the change edits the file here", Place(path, near)))
    return Issue(
        subject=reason,
        message=f"This template does not compile: {found[1] if found else told}.",
        consequence="dbt stops at parsing; nothing is built.",
        fix="Close or correct the block or expression.",
        place=place,
        evidence=evidence,
    )


RULE = Rule("SQL003", "jinja-error", Severity.ERROR, __doc__ or "", check, check_change)
