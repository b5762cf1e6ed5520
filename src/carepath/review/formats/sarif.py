"""The report as SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from carepath import __version__
from carepath.review.findings import Finding, Place
from carepath.review.review import Review
from carepath.review.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "note": "note"}


def render(review: Review) -> str:
    """Write a review as one SARIF run."""
    used = sorted({finding.code for finding in review.findings})
    rules = [
        {
            "id": rule.code,
            "name": "".join(part.title() for part in rule.name.split("-")),
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.doc.strip()},
            "defaultConfiguration": {"level": LEVELS[rule.severity.word]},
        }
        for rule in RULES
        if rule.code in used
    ]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "carepath review",
                "version": __version__,
                "rules": rules,
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "note",
                        "message": {"text": f"not analysed: {gap.reason}"},
                        "locations": [_location(Place(gap.file or ".", gap.line or 1))],
                    }
                    for gap in review.not_analysed
                ],
            }
        ],
        "results": [_result(finding, index) for finding in review.findings],
    }
    data = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(data, indent=2) + "\n"


def _result(finding: Finding, index: dict[Any, int]) -> dict[str, Any]:
    text = " ".join(part for part in (finding.message, finding.consequence, finding.fix) if part)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": LEVELS[finding.severity.word],
        "message": {"text": text},
        "locations": [_location(finding.place)],
        "partialFingerprints": {
            "carepathKey/v1": hashlib.sha256(finding.key.encode()).hexdigest()[:32]
        },
        "properties": {"confidence": finding.confidence.value, "model": finding.model or ""},
    }
    related = finding.readers
    if related:
        result["relatedLocations"] = [
            {"id": number, **_location(place)} for number, place in enumerate(related, 1)
        ]
    return result


def _location(place: Place) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": max(place.line, 1)},
        }
    }
