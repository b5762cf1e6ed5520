"""Findings the authors have accepted: `-- noqa: CODE`, `{# carepath: ignore CODE #}`, paths."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from carepath.review.findings import Finding, Place
from carepath.review.tree import Tree

if TYPE_CHECKING:
    from carepath.review.review import Review

NOQA = re.compile(
    r"(?i)(?:--|#)\s*noqa(?::\s*(?P<codes>[A-Z]{2,5}\d{2,4}(?:\s*,\s*[A-Z]{2,5}\d{2,4})*))?"
)
IGNORE = re.compile(
    r"(?i){#-?\s*carepath:\s*ignore\s+(?P<codes>[\w-]+(?:\s*,\s*[\w-]+)*)(?P<reason>[^#]*)-?#}"
)


def apply(
    review: Review, findings: list[Finding], tree: Tree, ignore: dict[str, list[str]]
) -> list[Finding]:
    """Leave out suppressed findings, count them, name suppressions nothing needed."""
    kept: list[Finding] = []
    marks: dict[str, list[tuple[int, frozenset[str], bool]]] = {}
    used: set[tuple[str, int]] = set()
    known_codes = _known()
    for finding in findings:
        path = finding.place.file
        if path not in marks:
            marks[path] = _marks(tree, path, known_codes)
        if any(
            finding.code in codes or finding.rule in codes or "*" in codes
            for pattern, codes in ignore.items()
            if path.startswith(pattern.rstrip("/") + "/") or fnmatch.fnmatch(path, pattern)
        ):
            review.suppressed += 1
            continue
        hit = next(
            (
                line
                for line, codes, whole in marks[path]
                if (whole or line == finding.place.line)
                and (not codes or finding.code.lower() in codes or finding.rule in codes)
            ),
            None,
        )
        if hit is None:
            kept.append(finding)
        else:
            review.suppressed += 1
            used.add((path, hit))
    for path in sorted(tree.entries) if review.is_whole else review.touched:
        if path.endswith(".sql") and path not in marks:
            marks[path] = _marks(tree, path, known_codes)
    for path, found in sorted(marks.items()):
        for line, codes, _ in found:
            if codes and (path, line) not in used:
                review.unused_suppressions.append(Place(path, line))
    return kept


def _known() -> frozenset[str]:
    from carepath.review.rules import RULES

    return frozenset(r.code.lower() for r in RULES) | frozenset(r.name for r in RULES)


def _marks(tree: Tree, path: str, known: frozenset[str]) -> list[tuple[int, frozenset[str], bool]]:
    """(line, codes, holds for the whole file): codes of other tools are left alone."""
    if path not in tree.entries:
        return []
    text = tree.text(path) or ""
    found: list[tuple[int, frozenset[str], bool]] = []
    if "noqa" not in text and "carepath:" not in text:
        return found
    for number, line in enumerate(text.split("\n"), 1):
        match = IGNORE.search(line)
        if match:
            codes = frozenset(c.strip().lower() for c in match["codes"].split(","))
            found.append((number, codes, True))
            continue
        match = NOQA.search(line)
        if match:
            if match["codes"] is None:
                found.append((number, frozenset(), False))
                continue
            codes = frozenset(c.strip().lower() for c in match["codes"].split(",")) & known
            if codes:
                found.append((number, codes, False))
    return found
