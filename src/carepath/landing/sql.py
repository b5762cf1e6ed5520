"""Quoting of names and values in SQL text."""

from __future__ import annotations

from collections.abc import Iterable


def quote_name(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a text value."""
    return "'" + text.replace("'", "''") + "'"


def quote_list(texts: Iterable[str]) -> str:
    """Write a list of text values."""
    return "[" + ", ".join(quote_text(text) for text in texts) + "]::varchar[]"
