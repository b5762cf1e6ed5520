"""Text of a reviewed file made fit for a terminal: nothing invisible, nothing that steers."""

from __future__ import annotations

import unicodedata

KEPT = "\n\t"


def visible(text: str) -> str:
    """Write control and direction characters as escapes; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def one_line(text: str) -> str:
    """The same on one line: a name of a file may hold a line end."""
    return visible(text.replace("\n", "\\n"))


def _shown(char: str) -> str:
    if char in KEPT or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
