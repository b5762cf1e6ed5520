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
    """Keep one rule from filling the first page: after three of a kind, others of the same
    severity go first.
    """
    result: list[Finding] = []
    for severity in sorted({finding.severity for finding in ordered}, reverse=True):
        group = [finding for finding in ordered if finding.severity == severity]
        counts: dict[str, int] = {}
        early: list[Finding] = []
        late: list[Finding] = []
        for finding in group:
            counts[finding.code] = counts.get(finding.code, 0) + 1
            (early if counts[finding.code] <= 3 else late).append(finding)
        result += early + late
    return result
