"""The report as annotations of a GitHub Actions run."""

from __future__ import annotations

from carepath.review.formats.text import closing
from carepath.review.formats.visible import visible
from carepath.review.rank import SHOWN
from carepath.review.review import Review

WORDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(review: Review) -> str:
    """Write a review as workflow commands, one a finding; GitHub shows ten of each kind."""
    lines = []
    for number, finding in enumerate(review.findings):
        if number >= SHOWN and finding.severity.word == "note":
            continue
        text = f"{finding.message} {finding.consequence} {finding.fix}".strip()
        lines.append(
            f"::{WORDS[finding.severity.word]} file={_property(finding.place.file)},"
            f"line={finding.place.line},title={_property(f'{finding.code} {finding.rule}')}"
            f"::{_data(text)}"
        )
    lines.append(f"::notice title=carepath review::{_data(' '.join(closing(review)[:2]))}")
    return visible("\n".join(lines)) + "\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
