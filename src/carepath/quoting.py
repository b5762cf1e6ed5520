"""Names and values as SQL text: the only place where text from outside becomes SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_PATTERN = re.compile(r"[*?\[]")


def quote_name(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a text value; a NUL, which would end the statement, is written by its code."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "(" + quoted.replace("\0", "' || chr(0) || '") + ")" if "\0" in text else quoted


def quote_path(path: Path) -> str:
    """Quote the path of one file for DuckDB's readers, which take a plain one for a pattern.

    ``events[1].csv`` would be read from a file ``events1.csv`` that lies beside it.
    """
    return quote_text(_PATTERN.sub(r"[\g<0>]", str(path)))


def quote_list(texts: Iterable[str]) -> str:
    """Write a list of text values."""
    return "[" + ", ".join(quote_text(text) for text in texts) + "]::varchar[]"
