"""Names and values as SQL text: the only place where text from outside becomes SQL."""

from __future__ import annotations

from collections.abc import Iterable


def quote_name(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a text value; a NUL, which would end the statement, is written by its code."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "(" + quoted.replace("\0", "' || chr(0) || '") + ")" if "\0" in text else quoted


def quote_list(texts: Iterable[str]) -> str:
    """Write a list of text values."""
    return "[" + ", ".join(quote_text(text) for text in texts) + "]::varchar[]"
