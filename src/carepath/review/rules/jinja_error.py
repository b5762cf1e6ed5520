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
from carepath.review.findings import Place, Severity
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Report a model that Jinja rejects."""
    failure = context.analysis.failure
    if failure is not None and failure.certain:
        yield _issue(context.model.file.path, failure.line or 1, failure.reason)


def check_change(change: Change) -> Iterator[Issue]:
    """Report changed macro and test files that Jinja rejects."""
    for space in change.head.spaces:
        for file in space.project.of_kind("macro", "test", "analysis"):
            if file.path not in change.changed_files:
                continue
            try:
                space.renderer.environment.parse(change.head.text(file))
            except jinja2.TemplateSyntaxError as error:
                yield _issue(file.path, error.lineno, f"Jinja: {error.message}")


def _issue(path: str, line: int, reason: str) -> Issue:
    return Issue(
        subject=reason,
        message=f"This template does not compile: {reason.removeprefix('Jinja: ')}",
        consequence="dbt stops at parsing; nothing is built.",
        fix="Close or correct the block or expression.",
        place=Place(path, line),
    )


RULE = Rule("SQL003", "jinja-error", Severity.ERROR, __doc__ or "", check, check_change)
