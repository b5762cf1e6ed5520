"""Rows that lie within another object, as change data capture and answers of services wrap them."""

from __future__ import annotations

import json
from typing import Any

from carepath.landing.files import RawFile
from carepath.landing.matching import normalise_name

_DEEPEST = 3


def find_envelope(file: RawFile, required: tuple[str, ...]) -> str | None:
    """Tell where in the first object of a JSON file the rows are, in the words of jq.

    Parameters
    ----------
    file : RawFile
        A file whose own keys are not those of its table.
    required : tuple of str
        What a row must have.
    """
    text = file.read_start().decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    try:
        document, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return _find(document, frozenset(required), "", 0)


def _find(value: Any, required: frozenset[str], place: str, depth: int) -> str | None:
    if isinstance(value, list):
        return _find(value[0], required, f"{place}[]", depth) if value else None
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None
    if required <= {normalise_name(key) for key in value}:
        return place
    for key, inner in value.items():
        step = f".{key if key.isidentifier() else json.dumps(key)}"
        found = _find(inner, required, place + step, depth + 1)
        if found is not None:
            return found
    return None
