"""The order findings are shown in: the worst, surest, and nearest to the change first."""

from __future__ import annotations

from carepath.review.findings import Confidence, Finding

SHOWN = 10
ORDER = {Confidence.CERTAIN: 0, Confidence.LIKELY: 1, Confidence.POSSIBLE: 2}


def rank(findings: list[Finding], changed: set[str] | None = None) -> list[Finding]:
    """Sort findings; those on changed files come before others of equal weight."""
    near = changed or set()

    def key(finding: Finding) -> tuple[object, ...]:
        return (
            -finding.severity,
            ORDER[finding.confidence],
            finding.place.file not in near,
            -finding.weight,
            finding.place.file,
            finding.place.line,
            finding.code,
            finding.key,
        )

    return diversify(sorted(findings, key=key))


def diversify(ordered: list[Finding]) -> list[Finding]:
    """Keep one cause from filling the first page.

    Within a severity, a message already shown comes last, and so does the fourth of a rule.
    """
    result: list[Finding] = []
    for severity in sorted({finding.severity for finding in ordered}, reverse=True):
        group = [finding for finding in ordered if finding.severity == severity]
        counts: dict[str, int] = {}
        told: set[tuple[str, str]] = set()
        waves: tuple[list[Finding], list[Finding], list[Finding]] = ([], [], [])
        for finding in group:
            message = (finding.code, finding.message)
            repeated = message in told
            told.add(message)
            if not repeated:
                counts[finding.code] = counts.get(finding.code, 0) + 1
            late = counts[finding.code] > 3
            waves[2 if repeated else 1 if late else 0].append(finding)
        for wave in waves:
            result += wave
    return result
