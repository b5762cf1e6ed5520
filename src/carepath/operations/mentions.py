"""Whether a text names somebody, however it is written: escaped, encoded for URLs, in any form.

Both the text and what is looked for are read in lower case and in Unicode's form NFKC, which makes
one of letters with their accents beside them, of full-width letters, and of the usual ones; with
one kind of apostrophe, and single spaces between words, wherever a line breaks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

MOST_LEVELS = 16
"""Encodings within encodings that are undone; more only an attack has, and it would cost time."""
TEXTS_AT_ONCE = 100

_ESCAPE = re.compile(
    r'\\u(?P<code>[0-9A-Fa-f]{4})|\\x(?P<byte>[0-9A-Fa-f]{2})|\\(?P<escaped>.)|""', re.DOTALL
)
_ESCAPED = {
    '"': '"',
    "'": "'",
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
# A percent sign that was itself encoded any number of times, and the bytes after it.
_PERCENTS = re.compile(r"(?:%(?:25)*[0-9A-Fa-f]{2})+")
_PERCENT = re.compile(r"%(?:25)*([0-9A-Fa-f]{2})")
# What telephones make of an apostrophe.
_APOSTROPHES = dict.fromkeys(
    map(ord, "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"), "'"
)
# One value of a form or of a URL's query.
_VALUE = re.compile(r"""[^\s&=?#;"'<>]+""")

# What a word begins with, where a word can begin.
_HEAD = re.compile(r"(?<![\w@.+-])[.+]*[\w@-]+")
# An address goes on after a dot; anything else may end with one, but is not half of an address.
# What an encoded character stands for is seen where it is decoded.
_ENCODED = r"%(?:25)*[0-9a-f]{2}|\\+(?:u[0-9a-f]{4}|x[0-9a-f]{2})"
_END_OF_ADDRESS = re.compile(rf"(?![\w@-]|\.\w|{_ENCODED})")
_END_OF_WORD = re.compile(rf"(?![\w@-]|[.+][\w.+-]*(?:@|{_ENCODED})|{_ENCODED})")


def normalise(text: str) -> str:
    """Return a text as texts are compared."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
        return " ".join(unicodedata.normalize("NFKC", text.lower()).split())
    return " ".join(text.lower().split())


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


def read_forms(text: str) -> list[str]:
    """Read a text as it is, then with escapes and encodings undone, level by level.

    In a value that is encoded with percent signs a plus sign is a space, as forms write it; it is
    also read as itself, as those write it who put a URL together by hand.
    """
    forms = dict.fromkeys(read_escapes(text))
    if "%" in text or "\\" in text:
        for is_form in (False, True) if "+" in text else (False,):
            last = text
            for _ in range(MOST_LEVELS):
                plain = _undo_escapes(last)
                decoded = _undo_percents(plain, is_form=is_form)
                if decoded == last:
                    break
                forms |= {plain: None, decoded: None}
                last = decoded
    return list(forms)


def read_escapes(text: str) -> list[str]:
    r"""Read a text as it is, then with escapes undone, level by level.

    Escapes are those of JSON, doubled quotation marks of CSV, and the \xNN of landing for bytes
    that are not UTF-8 (read as Latin-1). JSON may stand in a cell of CSV, or in JSON.
    """
    read = [text]
    while (plain := _undo_escapes(read[-1])) != read[-1] and len(read) <= MOST_LEVELS:
        read.append(plain)
    return read


def _undo_escapes(text: str) -> str:
    if "\\" not in text and '""' not in text:
        return text
    plain = _ESCAPE.sub(_undo_escape, text)
    # Two halves of one character make it; half of one alone is no text.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _undo_escape(found: re.Match[str]) -> str:
    code, escaped = found["code"] or found["byte"], found["escaped"]
    if code:
        return chr(int(code, 16))
    return _ESCAPED.get(escaped, found[0]) if escaped else '"'


def _undo_percents(text: str, *, is_form: bool) -> str:
    if "%" not in text:
        return text
    if is_form:
        text = _VALUE.sub(_read_plus, text)
    return _PERCENTS.sub(_undo_percent, text)


def _read_plus(found: re.Match[str]) -> str:
    value = found[0]
    return value.replace("+", " ") if "+" in value and _PERCENT.search(value) else value


def _undo_percent(found: re.Match[str]) -> str:
    data = bytes(int(code, 16) for code in _PERCENT.findall(found[0]))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
