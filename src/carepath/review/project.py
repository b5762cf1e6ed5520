"""dbt projects in a tree: roots, names, variables, and what each file is."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from dataclasses import dataclass, field
from typing import Any

from carepath.review import yaml
from carepath.review.findings import Ledger
from carepath.review.tree import UNREAD, Tree

SKIPPED = re.compile(
    r"(^|/)(dbt_packages|dbt_modules|node_modules|target|\.venv|venv|site-packages|\.git|logs)/"
)
MACRO_TEXT = re.compile(r"{%-?\s*(macro|test|materialization)\s")
SNAPSHOT_TEXT = re.compile(r"{%-?\s*snapshot\s+(\w+)")
ENVIRONMENT = re.compile(r"env_var\([^,()]+,\s*['\"]([^'\"]*)['\"]")
FOLDERS = {
    "macros": "macro",
    "macro": "macro",
    "snapshots": "snapshot",
    "analyses": "analysis",
    "analysis": "analysis",
    "tests": "test",
    "seeds": "seed",
    "data": "seed",
}
LAYER_WORDS = {
    "base": "base",
    "staging": "base",
    "stage": "base",
    "stg": "base",
    "intermediate": "intermediate",
    "int": "intermediate",
    "prod": "prod",
    "mart": "prod",
    "marts": "prod",
    "gold": "prod",
    "core": "prod",
    "reporting": "prod",
    "reports": "prod",
    "dimensional": "prod",
    "warehouse": "prod",
}
LAYER_PREFIXES = {
    "stg_": "base",
    "base_": "base",
    "int_": "intermediate",
    "fct_": "prod",
    "fact_": "prod",
    "dim_": "prod",
    "mart_": "prod",
    "rpt_": "prod",
}
MACRO_ONLY_PACKAGES = frozenset(
    [
        "dbt_utils",
        "dbt_expectations",
        "dbt_date",
        "codegen",
        "audit_helper",
        "dbt_external_tables",
        "spark_utils",
        "trino_utils",
        "tsql_utils",
        "metrics",
        "dbt_codegen",
        "dbt_profiler",
        "dbt_ml",
        "dbt_meta_testing",
        "dbtvault",
        "datavault4dbt",
        "automate_dv",
        "logging",
        "segment",
        "fivetran_utils",
        "snowflake_utils",
        "redshift",
        "snowflake_spend",
        "dbt_constraints",
        "dbt_unit_testing",
        "dbt_datamocktool",
        "equal_experts",
        "dbt_privacy",
        "dbt_snowflake_monitoring",
        "bigquery_utils",
        "starrocks_utils",
    ]
)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a project: what it is and the name it has there."""

    path: str
    kind: str
    name: str
    sha: str


@dataclass(slots=True)
class Project:
    """One dbt project of a tree, or the whole tree when no `dbt_project.yml` exists."""

    name: str
    root: str
    configured: bool
    settings: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    files: list[File] = field(default_factory=list)
    folders: list[tuple[str, str]] = field(default_factory=list)
    has_unread_folders: bool = False

    def of_kind(self, *kinds: str) -> list[File]:
        """The files of some kinds, in order of path."""
        return [file for file in self.files if file.kind in kinds]

    @property
    def has_model_packages(self) -> bool:
        """True where an absent package or an unread folder may supply models and sources."""
        return self.has_unread_folders or bool(self.packages - MACRO_ONLY_PACKAGES)


def discover(tree: Tree, ledger: Ledger, under: str = "") -> list[Project]:
    """Find the projects of a tree and sort every file into one of them."""
    under = under.strip("/")
    inside = [
        path
        for path in sorted(tree.entries)
        if not under or under == "." or path.startswith(under + "/")
    ]
    roots = [
        posixpath.dirname(path)
        for path in inside
        if posixpath.basename(path) in ("dbt_project.yml", "dbt_project.yaml")
        and not SKIPPED.search(path)
        and "{{" not in path
    ]
    projects = [_configured(tree, root, ledger) for root in roots]
    if not projects:
        name = posixpath.basename(under) or "project"
        projects = [Project(name, "" if under == "." else under, configured=False)]
    for project in projects:
        # A project used as a package takes the values its user sets under its name.
        for other in projects:
            given = other.settings.get("vars")
            inner = given.get(project.name) if isinstance(given, dict) else None
            if other is not project and isinstance(inner, dict):
                project.variables.update(inner)
    deepest = sorted(projects, key=lambda project: -len(project.root))
    ignored = {project.root: _ignored(tree, project.root) for project in projects}
    for path in inside:
        if SKIPPED.search(path + "/"):
            continue
        for project in deepest:
            if not project.root or path.startswith(project.root + "/"):
                if any(_matches(path, pattern) for pattern in ignored[project.root]):
                    break
                file = _sort(tree, project, path)
                if file is not None:
                    project.files.append(file)
                elif tree.entries[path].kind != "file":
                    _note_folder(tree, project, path, ledger)
                break
    return projects


def _note_folder(tree: Tree, project: Project, path: str, ledger: Ledger) -> None:
    """Name a linked folder or a submodule, which may hold models."""
    kind = tree.entries[path].kind
    folders = [folder for folder, _ in _folders(project)] if project.configured else [path]
    if any(f"{path}/".startswith(f"{f}/") or f"{f}/".startswith(f"{path}/") for f in folders):
        project.has_unread_folders = True
    elif kind != "submodule":
        return
    ledger.add(path, UNREAD[kind], stage="read")


def _ignored(tree: Tree, root: str) -> list[str]:
    """The patterns of a `.dbtignore`, as globs on whole paths."""
    path = posixpath.join(root, ".dbtignore")
    found = []
    for line in (tree.text(path) or "").splitlines() if path in tree.entries else []:
        pattern = line.strip()
        if not pattern or pattern.startswith(("#", "!")):
            continue
        is_anchored = "/" in pattern.rstrip("/")
        pattern = pattern.strip("/") + ("/*" if pattern.endswith("/") else "")
        prefix = posixpath.join(root, "") if root else ""
        found += [prefix + pattern] if is_anchored else [prefix + pattern, f"*/{pattern}"]
    return found


def _matches(path: str, pattern: str) -> bool:
    """True for a file a glob names, or one below a folder it names."""
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, pattern + "/*")


def _configured(tree: Tree, root: str, ledger: Ledger) -> Project:
    path = posixpath.join(root, "dbt_project.yml")
    if path not in tree.entries:
        path = posixpath.join(root, "dbt_project.yaml")
    settings: dict[str, Any] = {}
    text, trouble = tree.look(path)
    if trouble:
        ledger.add(path, trouble, stage="read")
    try:
        loaded = yaml.load(text or "")
        if isinstance(loaded, dict):
            settings = loaded
    except yaml.YamlError as error:
        ledger.add(path, f"invalid YAML: {error.reason}", error.line, "yaml")
    name = str(settings.get("name") or posixpath.basename(root) or "project")
    variables: dict[str, Any] = {}
    declared = settings.get("vars")
    if isinstance(declared, dict):
        for key, value in declared.items():
            if isinstance(value, dict) and key == name:
                variables.update(value)
            elif not isinstance(value, dict):
                variables.setdefault(key, value)
            else:
                variables.setdefault(key, value)
    return Project(
        name=name,
        root=root,
        configured=True,
        settings=settings,
        variables=variables,
        packages=_packages(tree, root),
    )


def _packages(tree: Tree, root: str) -> frozenset[str]:
    names: set[str] = set()
    for file in ("packages.yml", "dependencies.yml"):
        path = posixpath.join(root, file)
        if path not in tree.entries:
            continue
        try:
            loaded = yaml.load(tree.text(path) or "")
        except yaml.YamlError:
            names.add("?")
            continue
        for item in (loaded or {}).get("packages") or [] if isinstance(loaded, dict) else []:
            if not isinstance(item, dict):
                continue
            address = str(
                item.get("package")
                or item.get("git")
                or item.get("local")
                or item.get("tarball")
                or "?"
            )
            stem = address.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
            stem = str(item.get("name") or stem).replace("-", "_")
            plain = stem.removeprefix("dbt_")
            names.add(plain if plain in MACRO_ONLY_PACKAGES else stem)
        if isinstance(loaded, dict) and loaded.get("projects"):
            names.update(str(p.get("name")) for p in loaded["projects"] if isinstance(p, dict))
    return frozenset(names)


def _paths(project: Project, key: str, old: str, default: str) -> list[str]:
    value = project.settings.get(key) or project.settings.get(old) or [default]
    paths = [value] if isinstance(value, str) else [str(item) for item in value]
    # A path given by the environment: its default, or the usual folder.
    paths = [
        (match[1] if (match := ENVIRONMENT.search(path)) else default) if "{{" in path else path
        for path in paths
    ]
    return [posixpath.normpath(posixpath.join(project.root, path)) for path in paths]


def _folders(project: Project) -> list[tuple[str, str]]:
    """(folder, kind) in the order in which they claim a file."""
    found: list[tuple[str, str]] = []
    for kind, key, old, default in (
        ("macro", "macro-paths", "macro-paths", "macros"),
        ("snapshot", "snapshot-paths", "snapshot-paths", "snapshots"),
        ("analysis", "analysis-paths", "analysis-paths", "analyses"),
        ("seed", "seed-paths", "data-paths", "seeds"),
        ("model", "model-paths", "source-paths", "models"),
        ("test", "test-paths", "test-paths", "tests"),
    ):
        found += [(folder, kind) for folder in _paths(project, key, old, default)]
    return found


def _sort(tree: Tree, project: Project, path: str) -> File | None:
    stem, extension = posixpath.splitext(posixpath.basename(path))
    if extension not in (".sql", ".yml", ".yaml", ".csv", ".py"):
        return None
    sha = tree.entries[path].sha
    if extension in (".yml", ".yaml"):
        if posixpath.basename(path) in ("packages.yml", "dependencies.yml", "profiles.yml"):
            return None
        return File(path, "yaml", stem, sha)
    if not project.configured:
        return _sort_loose(project, path, stem, extension, sha)
    if not project.folders:
        project.folders = _folders(project)
    for folder, kind in project.folders:
        if folder == "." or path.startswith(folder + "/"):
            return _as(kind, path, stem, extension, sha)
    return None


def _as(kind: str, path: str, stem: str, extension: str, sha: str) -> File | None:
    if kind == "seed":
        return File(path, "seed", stem, sha) if extension == ".csv" else None
    if kind == "test" and "/generic/" in path:
        kind = "macro"
    if extension == ".sql":
        return File(path, kind, stem, sha)
    if extension == ".py" and kind == "model":
        return File(path, "python", stem, sha)
    return None


def _sort_loose(project: Project, path: str, stem: str, extension: str, sha: str) -> File | None:
    """Without a dbt_project.yml: by folder names, the innermost that says something."""
    inner = path.removeprefix(project.root + "/") if project.root else path
    for part in reversed(inner.split("/")[:-1]):
        if part.lower() in FOLDERS:
            return _as(FOLDERS[part.lower()], path, stem, extension, sha)
        if part.lower() in ("models", *LAYER_WORDS):
            return _as("model", path, stem, extension, sha)
    return File(path, "model", stem, sha) if extension == ".sql" else None


def layer_of(path: str, name: str, configured: dict[str, str] | None = None) -> str | None:
    """The layer of a model: configured folder, folder name, or prefix of its name."""
    for folder, layer in (configured or {}).items():
        if path.startswith(folder.rstrip("/") + "/") or f"/{folder.strip('/')}/" in f"/{path}":
            return layer
    for part in reversed(path.split("/")[:-1]):
        if part.lower() in LAYER_WORDS:
            return LAYER_WORDS[part.lower()]
    for prefix, layer in LAYER_PREFIXES.items():
        if name.startswith(prefix):
            return layer
    return None
