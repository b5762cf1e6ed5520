"""Configuration of the review: `[tool.carepath.review]` or `carepath.toml`."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field, fields
from typing import Any

from carepath.errors import CarepathError
from carepath.review.sql.dialects import SUPPORTED
from carepath.review.tree import Tree


@dataclass(frozen=True, slots=True)
class Settings:
    """How to review; every field can be set in the configuration file.

    Attributes
    ----------
    dialect : str
        Warehouse the SQL is written for; '' lets the review guess.
    project_dir : str
        Folder to review, '' for the whole repository.
    layers : dict of str to str
        Folder -> base, intermediate or prod.
    ignore : dict of str to list of str
        Path (a prefix or a glob) -> codes that are not reported there.
    disable : list of str
        Codes that are not reported at all.
    fail_on : str
        Lowest severity that makes the exit code 1: note, warning, error or never.
    style : bool
        Whether notes on style are given.
    """

    dialect: str = ""
    project_dir: str = ""
    layers: dict[str, str] = field(default_factory=dict)
    ignore: dict[str, list[str]] = field(default_factory=dict)
    disable: list[str] = field(default_factory=list)
    fail_on: str = "error"
    style: bool = True
    strict_coverage: bool = False


SPELLED = {str: "a text", bool: "true or false", list: "a list", dict: "a table"}
LEVELS = ("note", "warning", "error", "never")
LAYERS = ("base", "intermediate", "prod")


def load(tree: Tree) -> Settings:
    """Read the configuration of a tree; an unknown key is an error with the nearest known one."""
    for path in ("carepath.toml", "pyproject.toml"):
        if path not in tree.entries:
            continue
        try:
            data = tomllib.loads(tree.text(path) or "")
        except tomllib.TOMLDecodeError as error:
            raise CarepathError(f"Cannot read {path}: {error}.", where=path) from None
        tools = data.get("tool", {}).get("carepath", {}) if path == "pyproject.toml" else data
        section = tools.get("review")
        if isinstance(section, dict):
            return from_table(section, path)
    return Settings()


def from_table(table: dict[str, Any], path: str) -> Settings:
    """Build settings from a table of the configuration."""
    known = {item.name: item for item in fields(Settings)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise CarepathError(
                f"Unknown setting {key!r}.",
                where=f"{path}, section review",
                fix=f"Did you mean {near[0].replace('_', '-')!r}?"
                if near
                else "Known: " + ", ".join(sorted(known)).replace("_", "-"),
            )
        expected = type(getattr(Settings(), name))
        if not isinstance(value, expected):
            raise CarepathError(
                f"Setting {key!r} must be {SPELLED[expected]}.",
                where=f"{path}, section review",
                fix="See the example in docs/review.md.",
            )
        values[name] = value
    if values.get("dialect") and values["dialect"] not in SUPPORTED:
        raise CarepathError(
            f"Unknown dialect {values['dialect']!r}.",
            where=f"{path}, section review",
            fix="Known: " + ", ".join(SUPPORTED),
        )
    if values.get("fail_on", "error") not in LEVELS:
        raise CarepathError(
            f"Unknown level {values['fail_on']!r} of fail-on.",
            where=f"{path}, section review",
            fix="Known: " + ", ".join(LEVELS),
        )
    for folder, layer in values.get("layers", {}).items():
        if layer not in LAYERS:
            raise CarepathError(
                f"Unknown layer {layer!r} of {folder!r}.",
                where=f"{path}, section review.layers",
                fix="Known: " + ", ".join(LAYERS),
            )
    return Settings(**values)
