"""The configuration of a model where its own file is silent: dbt_project.yml, then its YAML."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from carepath.review.nodes import NodeDoc
from carepath.review.project import File, Project

SECTIONS = {"model": "models", "python": "models", "snapshot": "snapshots", "seed": "seeds"}
SPELLINGS = {"pre-hook": "pre_hook", "post-hook": "post_hook"}
ADDED_UP = ("tags", "pre_hook", "post_hook", "packages")
MERGED = ("meta", "quoting", "column_types", "docs", "contract")
SWITCHED_ON = re.compile(r"{{-?\s*config\s*\([^{}]*\benabled\s*=\s*[Tt]rue\b")
SILENT = frozenset(
    {"schema", "database", "alias", "tags", "meta", "docs", "group", "access", "grants",
     "persist_docs", "query_tag", "full_refresh", "copy_grants", "snowflake_warehouse",
     "static_analysis"}
)  # fmt: skip
"""Settings that no finding depends on."""


def resolve(project: Project, file: File, doc: NodeDoc | None) -> dict[str, Any]:
    """The settings of dbt_project.yml for a file, folder by folder, and those of its YAML."""
    found: dict[str, Any] = {}
    for level in (*levels(project, file), doc.config if doc is not None else {}):
        found = merge(found, level)
    return found


def merge(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The nearer setting wins; some add up, or are merged key by key, as dbt's own do."""
    found = dict(before)
    for name, value in after.items():
        key = SPELLINGS.get(name, name)
        kept = found.get(key)
        if key in ADDED_UP and kept is not None:
            found[key] = [*_listed(kept), *_listed(value)]
        elif key in MERGED and isinstance(kept, dict) and isinstance(value, dict):
            found[key] = {**kept, **value}
        else:
            found[key] = value
    return found


def is_enabled(config: Mapping[str, Any], text: str) -> bool:
    """False where dbt_project.yml or the YAML switches a model off, and its file not on again."""
    # What is computed where dbt runs may be on.
    return config.get("enabled") is not False or SWITCHED_ON.search(text) is not None


def digest(config: Mapping[str, Any]) -> str:
    """A digest of the settings that findings depend on."""
    told = sorted((k, repr(v)) for k, v in config.items() if k not in SILENT)
    return hashlib.sha256(repr(told).encode()).hexdigest() if told else ""


def levels(project: Project, file: File) -> Iterator[dict[str, Any]]:
    """The settings for everything, for the project, for each folder and for the file's name."""
    section = project.settings.get(SECTIONS.get(file.kind, ""))
    if not isinstance(section, dict):
        return
    yield _settings(section)
    for part in (project.name, *_folders(project, file), file.name):
        section = section.get(part)
        if not isinstance(section, dict):
            return
        yield _settings(section)


def _settings(section: Mapping[str, Any]) -> dict[str, Any]:
    """`+name: value` at one level; without the plus sign a mapping is a folder."""
    found: dict[str, Any] = {}
    for name, value in section.items():
        key = str(name)
        if key.startswith("+"):
            found[key[1:]] = value
        elif not isinstance(value, dict):
            found[key] = value
    return found


def _folders(project: Project, file: File) -> list[str]:
    """The folders a file lies in, below the one that holds its kind."""
    kind = "model" if file.kind == "python" else file.kind
    roots = [f for f, k in project.folders if k == kind and file.path.startswith(f + "/")]
    root = max(roots, key=len, default=project.root)
    inner = file.path.removeprefix(root + "/") if root else file.path
    return inner.split("/")[:-1]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
