"""A key is given twice in one mapping of a YAML file.

What it does
    Reports a key that a YAML file which the change touches gives twice in one mapping, such as
    `tests` under one column, and `tests` beside `data_tests`.

Why it is bad
    The later value replaces the earlier without a word, and its tests are never run; newer dbt
    calls it deprecated. Of `tests` beside `data_tests`, dbt stops.

For example
    - name: order_id
      tests: [unique]
      description: One order.
      tests: [not_null]

Use instead
    - name: order_id
      description: One order.
      tests: [unique, not_null]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from carepath.review import yaml
from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Issue, Rule


def check_change(change: Change) -> Iterator[Issue]:
    """Read the YAML files that the change touches."""
    for path in sorted(change.changed_files):
        if not path.endswith((".yml", ".yaml")):
            continue
        try:
            loaded = yaml.load(change.head.tree.text(path) or "")
        except yaml.YamlError:
            continue
        lines = change.changed_lines(path)
        for mapping in _mappings(loaded, set()):
            for pair in mapping.twice:
                if pair.line in lines or pair.first_line in lines:
                    yield _twice(path, mapping, pair)
            if "name" in mapping and mapping.get("tests") and mapping.get("data_tests"):
                places = [mapping.at(key) for key in ("tests", "data_tests")]
                if lines.intersection(places):
                    yield _both(path, mapping, places)


def _mappings(node: Any, seen: set[int]) -> Iterator[yaml.Map]:
    """Every mapping of a file, once; an alias leads to the mapping that it repeats."""
    if not isinstance(node, (yaml.Map, yaml.List)) or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.Map):
        yield node
    for inner in node.values() if isinstance(node, yaml.Map) else node:
        yield from _mappings(inner, seen)


def _twice(path: str, mapping: yaml.Map, pair: yaml.Twice) -> Issue:
    owner = f" of {mapping['name']}" if isinstance(mapping.get("name"), str) else ""
    is_same = pair.first == mapping[pair.key]
    return Issue(
        subject=f"{owner.removeprefix(' of ')} {pair.key} twice".strip(),
        message=f"{pair.key}{owner} is given twice, in line {pair.first_line} and in line "
        f"{pair.line}.",
        consequence="Both say the same; newer dbt calls it deprecated."
        if is_same
        else f"What line {pair.first_line} says is passed over without a word.",
        fix="Remove one of the two." if is_same else "Write both as one, or remove one of the two.",
        severity=Severity.NOTE if is_same else None,
        place=Place(path, pair.line),
        evidence=[Evidence("the first of the two", Place(path, pair.first_line))],
    )


def _both(path: str, mapping: yaml.Map, places: list[int]) -> Issue:
    return Issue(
        subject=f"{mapping['name']} tests and data_tests",
        message=f"{mapping['name']} has tests in line {places[0]} and data_tests in line "
        f"{places[1]}.",
        consequence="dbt stops: a resource has one of the two.",
        fix="Write both lists as data_tests.",
        severity=Severity.ERROR,
        confidence=Confidence.LIKELY,
        place=Place(path, max(places)),
        evidence=[Evidence("the first of the two", Place(path, min(places)))],
    )


RULE = Rule(
    "CFG076",
    "key-given-twice",
    Severity.WARNING,
    __doc__ or "",
    check_change=check_change,
)
