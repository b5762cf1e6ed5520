"""The report for a terminal."""

from __future__ import annotations

import re
import textwrap

from carepath.review.findings import Finding
from carepath.review.formats.visible import one_line
from carepath.review.rank import SHOWN
from carepath.review.review import Review

COLOURS = {"error": "31", "warning": "33", "note": "34"}
NARROWEST = 60


def render(review: Review, width: int | None = None, colour: bool = False) -> str:
    """Write a review as plain text.

    Parameters
    ----------
    review : Review
        What was found.
    width : int or None
        Columns to fold long lines at; None leaves them as they are, for files and pipes.
    colour : bool
        Whether the severities are coloured, for terminals.
    """
    lines: list[str] = []
    if review.base:
        lines.append(f"Reviewed {review.head} against {review.base}.")
    lines += [f"Note: {note}" for note in review.notes]
    for number, finding in enumerate(review.findings):
        if number < SHOWN:
            lines += ["", *_finding(finding)]
    rest = review.findings[SHOWN:]
    if rest:
        lines += ["", f"and {len(rest)} more:"]
        lines += [f"  {line}" for line in _folded(rest)]
    if review.questions:
        lines += ["", "Questions for the author:"]
        lines += [f"  {q.place.file}:{q.place.line}  {q.text}" for q in review.questions]
    if review.summaries:
        lines += ["", "What the change does:"]
        for summary in review.summaries:
            lines += [f"  {line}" for line in summary.lines()]
    lines = [one_line(line) for line in [*lines, "", *closing(review)]]
    if width is not None:
        lines = [part for line in lines for part in _fold(line, max(width, NARROWEST))]
    if colour:
        lines = [_coloured(line) for line in lines]
    return "\n".join(lines).lstrip("\n") + "\n"


def _fold(line: str, width: int) -> list[str]:
    """A line in pieces of a width; what follows a label stays below it."""
    if len(line) <= width:
        return [line]
    label = re.match(r"\s*(?:[a-z]+:\s+)?", line)
    indent = " " * (len(label[0]) if label is not None else 0)
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _coloured(line: str) -> str:
    match = re.match(r"(\S+:\d+: )(error|warning|note)\b", line)
    if match is None:
        return line
    word = f"\x1b[1;{COLOURS[match[2]]}m{match[2]}\x1b[0m"
    return match[1] + word + line[match.end() :]


def _finding(finding: Finding) -> list[str]:
    head = (
        f"{finding.place.file}:{finding.place.line}: {finding.severity.word} "
        f"{finding.code} {finding.rule} ({finding.confidence.value})"
    )
    lines = [head, f"    {finding.message}"]
    if finding.excerpt:
        lines.append(f"    {finding.place.line:>5} | {finding.excerpt}")
    if finding.variant:
        lines.append(f"    when:     {finding.variant}")
    for fact in finding.evidence[:4]:
        where = f" ({fact.place.file}:{fact.place.line})" if fact.place else ""
        lines.append(f"    evidence: {fact.text}{where}")
    if finding.consequence:
        lines.append(f"    so:       {finding.consequence}")
    if finding.fix:
        lines.append(f"    fix:      {finding.fix}")
    if finding.patch:
        lines += [f"    patch:    {line.strip()}" for line in finding.patch.split("\n")]
    if finding.readers:
        lines.append(
            "    also:     " + ", ".join(f"{p.file}:{p.line}" for p in finding.readers[:8])
        )
    return lines


def _folded(rest: list[Finding]) -> list[str]:
    counts: dict[tuple[int, str, str], list[Finding]] = {}
    for finding in rest:
        key = (-int(finding.severity), finding.code, finding.rule)
        counts.setdefault(key, []).append(finding)
    lines = []
    for (_, code, rule), group in sorted(counts.items()):
        places = ", ".join(f"{f.place.file}:{f.place.line}" for f in group[:3])
        more = f" and {len(group) - 3} more" if len(group) > 3 else ""
        lines.append(f"{group[0].severity.word} {code} {rule} x{len(group)}: {places}{more}")
    return lines


def closing(review: Review) -> list[str]:
    """The counts, the coverage, and what was not looked at."""
    counts = dict.fromkeys(("error", "warning", "note"), 0)
    for finding in review.findings:
        counts[finding.severity.word] += 1
    told = ", ".join(f"{count} {word}{'s' if count != 1 else ''}" for word, count in counts.items())
    coverage = review.coverage
    lines = [told + "." if review.findings else "No findings."]
    what = "models" if review.is_whole else "changed or affected models"
    lines.append(
        f"Coverage: {coverage.analysed} {what} analysed of {coverage.models} in the project; "
        f"columns known completely in {coverage.relations_closed} of {coverage.relations} "
        f"relations read; {coverage.columns_checked} of "
        f"{coverage.columns_checked + coverage.columns_open} column references checked; "
        f"keys known in {coverage.joins_with_keys} of {coverage.joins} joins."
    )
    for project, dialect in review.dialects.items():
        lines.append(f"Dialect of {project}: {dialect or 'not recognised (give --dialect)'}.")
    if review.suppressed:
        lines.append(f"Suppressed: {review.suppressed}.")
    if review.baselined:
        lines.append(f"In the baseline: {review.baselined}.")
    for place in review.unused_suppressions:
        lines.append(f"Unused suppression: {place.file}:{place.line}.")
    if review.not_analysed:
        lines.append(f"Not analysed ({len(review.not_analysed)}):")
        for gap in review.not_analysed[:12]:
            line = f":{gap.line}" if gap.line else ""
            lines.append(f"  {gap.file}{line}: {gap.reason}")
        if len(review.not_analysed) > 12:
            lines.append(f"  and {len(review.not_analysed) - 12} more")
    return lines
