"""Which macros the models of a project call by a bare name, and which of them nothing defines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

BLOCK = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
TEXT = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
FILTER = re.compile(r"\|\s*\w+|\bis\s+(?:not\s+)?\w+")
CALL = re.compile(r"(?<![\w.|])([a-zA-Z_]\w*)\s*\(")
GIVEN = re.compile(r"{%-?\s*(?:set|macro|for|from\b.*?\bimport|import\b.*?\bas|call)\b([^%]*)")
WORDS = frozenset(
    ["if", "elif", "in", "not", "and", "or", "is", "else", "set", "for", "do", "call"]
)


@dataclass(frozen=True, slots=True)
class MissingMacros:
    """Names that are called and defined nowhere, with the number of files that call each."""

    files: dict[str, int]

    def besides(self, name: str) -> int:
        """How many other names are missing."""
        return len(self.files.keys() - {name})


def bare_calls(source: str) -> tuple[str, ...]:
    """The names a template calls and does not itself define."""
    text = COMMENT.sub("", source)
    called: set[str] = set()
    given: set[str] = set()
    for block in BLOCK.finditer(text):
        plain = FILTER.sub("", TEXT.sub("''", block[0]))
        called |= set(CALL.findall(plain))
        names = GIVEN.match(plain)
        if names is not None:
            given |= set(re.findall(r"\w+", names[1].split("=")[0].split("(")[0]))
    return tuple(sorted(called - given - WORDS))


def missing(sources: Iterable[tuple[str, ...]], known: frozenset[str]) -> MissingMacros:
    """Count, over the calls of each file, the names that are not known."""
    files: dict[str, int] = {}
    for calls in sources:
        for name in calls:
            if name not in known:
                files[name] = files.get(name, 0) + 1
    return MissingMacros(files)
