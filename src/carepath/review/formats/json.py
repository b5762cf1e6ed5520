"""The report as JSON: everything, in a stable order."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from carepath import __version__
from carepath.review.findings import Finding, Place
from carepath.review.rank import SHOWN
from carepath.review.review import Review

FORMAT = 1


def as_dict(review: Review) -> dict[str, Any]:
    """A review as plain data."""
    return {
        "format": FORMAT,
        "tool": "carepath review",
        "version": __version__,
        "base": review.base,
        "head": review.head,
        "dialects": review.dialects,
        "counts": {
            word: sum(f.severity.word == word for f in review.findings)
            for word in ("error", "warning", "note")
        },
        "findings": [finding_dict(f, n < SHOWN) for n, f in enumerate(review.findings)],
        "questions": [
            {
                "topic": q.topic,
                "text": q.text,
                "file": q.place.file,
                "line": q.place.line,
                "model": q.model,
            }
            for q in review.questions
        ],
        "summaries": [summary.as_dict() for summary in review.summaries],
        "coverage": asdict(review.coverage),
        "not_analysed": [asdict(gap) for gap in review.not_analysed],
        "suppressed": review.suppressed,
        "baselined": review.baselined,
        "unused_suppressions": [_place(place) for place in review.unused_suppressions],
        "notes": review.notes,
    }


def finding_dict(finding: Finding, is_shown: bool = True) -> dict[str, Any]:
    """A finding as plain data."""
    return {
        "code": finding.code,
        "rule": finding.rule,
        "severity": finding.severity.word,
        "confidence": finding.confidence.value,
        "file": finding.place.file,
        "line": finding.place.line,
        "model": finding.model,
        "subject": finding.subject,
        "message": finding.message,
        "consequence": finding.consequence,
        "fix": finding.fix,
        "patch": finding.patch,
        "excerpt": finding.excerpt,
        "variant": finding.variant,
        "evidence": [
            {"text": fact.text, **(_place(fact.place) if fact.place else {})}
            for fact in finding.evidence
        ],
        "also": [_place(place) for place in finding.readers],
        "key": finding.key,
        "shown": is_shown,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line}


def render(review: Review) -> str:
    """Write a review as JSON."""
    return json.dumps(as_dict(review), indent=2, ensure_ascii=False) + "\n"
