"""Bugs in YAML: tests removed, columns that are not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.mutations.source import Edit, misspell


def removed_test(text: str) -> Iterator[Edit]:
    """A `unique` or `not_null` test removed."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if re.fullmatch(r"\s*- (unique|not_null)\s*", line):
            indent = len(line) - len(line.lstrip())
            around = [lines[n] for n in (number - 1, number + 1) if 0 <= n < len(lines)]
            others = any(re.match(rf" {{{indent}}}- ", other) for other in around)
            if others:
                yield Edit("\n".join([*lines[:number], *lines[number + 1 :]]), number + 1,
                           f"{line.strip()} removed")  # fmt: skip


def misspelled_documented_column(text: str) -> Iterator[Edit]:
    """A column of a model's YAML with two letters swapped."""
    lines = text.split("\n")
    inside = False
    for number, line in enumerate(lines):
        if re.match(r"\S", line):
            inside = line.startswith("models:")
        match = re.fullmatch(r"(\s+- name: )(\w{5,})\s*", line)
        before = next((x for x in reversed(lines[:number])
                       if re.match(r"\s+(columns|models|tables|data_tests|tests|sources):", x)
                       ), "")  # fmt: skip
        if inside and match and "columns:" in before:
            new = [*lines[:number], match[1] + misspell(match[2]), *lines[number + 1 :]]
            yield Edit("\n".join(new), number + 1, f"column {match[2]} misspelled")


def misspelled_documented_model(text: str) -> Iterator[Edit]:
    """A model's YAML entry with two letters of its name swapped."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        match = re.fullmatch(r"(  ?- name: |- name: )(\w{5,})\s*", line)
        above = next((x for x in reversed(lines[:number]) if re.match(r"\w+:", x)), "")
        if match and above.startswith("models:"):
            new = [*lines[:number], match[1] + misspell(match[2]), *lines[number + 1 :]]
            yield Edit("\n".join(new), number + 1, f"model {match[2]} misspelled")


def lost_accepted_value(text: str) -> Iterator[Edit]:
    """A value of an accepted_values list misspelled."""
    match = re.search(r"values:\s*\[\s*['\"]?([A-Za-z_]{4,})['\"]?", text)
    while match is not None:
        line = text.count("\n", 0, match.start(1)) + 1
        yield Edit(text[: match.start(1)] + misspell(match[1]) + text[match.end(1) :], line,
                   f"accepted value {match[1]} misspelled")  # fmt: skip
        match = re.compile(r"values:\s*\[\s*['\"]?([A-Za-z_]{4,})['\"]?").search(text, match.end())
