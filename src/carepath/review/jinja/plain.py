"""The short way for templates that hold only literal refs, sources and settings."""

from __future__ import annotations

import ast
import re
from typing import Any

from carepath.review.jinja.relations import SCHEMA, RelationName

PART = re.compile(r"{#.*?#}|{{(.*?)}}", re.DOTALL)
NAMED = re.compile(
    r"""^\s*(ref|source)\(\s*(['"])([^'"{}]+)\2(?:\s*,\s*(['"])([^'"{}]+)\4)?\s*\)\s*$"""
)


class NotPlainError(Exception):
    """The template needs Jinja."""


def render(source: str) -> tuple[str, list[RelationName], dict[str, Any]]:
    """Render without Jinja; raise NotPlainError for anything but ref, source and config."""
    if "{%" in source or "{{-" in source or "-}}" in source or "{#-" in source or "-#}" in source:
        raise NotPlainError
    calls: list[RelationName] = []
    config: dict[str, Any] = {}

    def replace(match: re.Match[str]) -> str:
        inner = match[1]
        if inner is None:
            return ""
        named = NAMED.match(inner)
        if named is not None:
            kind, first, second = named[1], named[3], named[5]
            if kind == "source" and second is None:
                raise NotPlainError
            name = RelationName(kind, first if second is not None else None, second or first)
            calls.append(name)
            return f"{SCHEMA}.{name.encoded}"
        config.update(_config(inner))
        return ""

    text = PART.sub(replace, source)
    if "{{" in text or "}}" in text or "{#" in text:
        raise NotPlainError
    return text, calls, config


def _config(text: str) -> dict[str, Any]:
    stripped = text.strip()
    if not stripped.startswith("config("):
        raise NotPlainError
    try:
        node = ast.parse(stripped, mode="eval").body
        if not isinstance(node, ast.Call) or node.args or any(k.arg is None for k in node.keywords):
            raise NotPlainError
        return {str(k.arg): ast.literal_eval(k.value) for k in node.keywords}
    except (SyntaxError, ValueError, TypeError, RecursionError):
        raise NotPlainError from None
