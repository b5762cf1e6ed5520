"""Whether a text names somebody, however it is written: escaped, encoded, in any form of Unicode.

Both the text and what is looked for are read in lower case and in Unicode's form NFKC, which makes
one of letters with their accents beside them, of full-width letters, and of the usual ones; without
what cannot be seen, with entities of HTML undone, one kind of apostrophe and of hyphen, and single
spaces between words, wherever a line breaks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from carepath.operations.readings import ENCODED, read_forms, undo_entities

TEXTS_AT_ONCE = 100

# What telephones and keyboards make of an apostrophe and of a hyphen.
_SIGNS = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4`"), "'") | {0x2010: "-", 0x2011: "-"}
# What Unicode leaves out of comparisons (Default_Ignorable_Code_Point): soft hyphens, joiners,
# marks of direction and of byte order.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]+"
)
_ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"

# What a word begins with, where a word can begin.
_HEAD = re.compile(r"(?<![\w@.+-])[.+]*[\w@-]+")
# An address goes on after a dot; anything else may end with one, but is not half of an address.
# What an encoded character stands for is seen where it is decoded.
_END_OF_ADDRESS = re.compile(rf"(?![\w@-]|\.(?:\w|{ENCODED})|{ENCODED})")
_END_OF_WORD = re.compile(rf"(?![\w@-]|[.+][\w.+-]*(?:@|{ENCODED})|{ENCODED})")


def normalise(text: str) -> str:
    """Return a text as texts are compared."""
    text = undo_entities(text)
    if text.isascii():
        return " ".join(text.replace("`", "'").lower().split())
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_SIGNS))
    return " ".join(unicodedata.normalize("NFKC", text.lower()).split())


class Mentions:
    """Words to look for in texts; what a text costs does not grow with their number.

    Parameters
    ----------
    words : iterable of str
        Names, addresses, ids.
    """

    def __init__(self, words: Iterable[str]) -> None:
        # First part of a word -> (characters before it, length of the word) -> words.
        self._by_head: dict[str, dict[tuple[int, int], set[str]]] = {}
        self._headless: set[str] = set()
        for word in {normalise(word) for word in words} - {""}:
            head = re.search(r"[.+]*[\w@-]+", word)
            if head is None:
                self._headless.add(word)
                continue
            shapes = self._by_head.setdefault(head[0], {})
            shapes.setdefault((head.start(), len(word)), set()).add(word)

    def find_each(self, texts: Sequence[str]) -> dict[str, set[str]]:
        """Map each of many texts that name somebody to the words it names.

        Texts are first looked at many at a time, as one: most of them name nobody.
        """
        found = {}
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            some = texts[start : start + TEXTS_AT_ONCE]
            if len(some) == 1 or self.find("\n".join(some)):
                for text in some:
                    if words := self.find(text):
                        found[text] = words
        return found

    def find(self, text: str) -> set[str]:
        """List the words that a text names, normalised, however they are written there."""
        found: set[str] = set()
        if not self._by_head and not self._headless:
            return found
        for reading in read_forms(text):
            plain = normalise(reading)
            found |= self._find(plain)
            # Without any other encoding a plus sign stands for a space only within a name.
            if "+" in plain:
                found |= {
                    word for word in self._find(normalise(plain.replace("+", " "))) if " " in word
                }
            # It is there for a line to break, between words or within one.
            if _ZERO_WIDTH_SPACE in reading:
                found |= self._find(normalise(reading.replace(_ZERO_WIDTH_SPACE, " ")))
        return found

    def _find(self, text: str) -> set[str]:
        found = {word for word in self._headless if word in text}
        # Most texts name nobody, and that is seen without a loop.
        if self._by_head.keys().isdisjoint(_HEAD.findall(text)):
            return found
        for head in _HEAD.finditer(text):
            shapes = self._by_head.get(head[0])
            if shapes is None:
                continue
            for (before, length), words in shapes.items():
                start = head.start() - before
                word = text[max(start, 0) : start + length]
                end = _END_OF_ADDRESS if "@" in word else _END_OF_WORD
                if word in words and end.match(text, start + length):
                    found.add(word)
        return found
