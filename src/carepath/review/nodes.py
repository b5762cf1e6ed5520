"""What the YAML of a project says of its models, sources, seeds and exposures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from carepath.review import yaml
from carepath.review.compact import Compact
from carepath.review.findings import Ledger
from carepath.review.project import Project
from carepath.review.tree import Tree

REF_TEXT = re.compile(r"""\bref\(\s*(['"])(?P<a>[^'"]+)\1(?:\s*,\s*(['"])(?P<b>[^'"]+)\3)?""")
SOURCE_TEXT = re.compile(r"""\bsource\(\s*(['"])(?P<a>[^'"]+)\1\s*,\s*(['"])(?P<b>[^'"]+)\3""")


@dataclass(frozen=True, slots=True)
class TestUse(Compact):
    """A test of a model or of one of its columns, as written."""

    name: str
    line: int
    column: str | None
    arguments: dict[str, Any]

    @property
    def short(self) -> str:
        """The name without its package."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def is_conditional(self) -> bool:
        """True where a filter or a tolerance makes the test weaker than its name."""
        config = self.arguments.get("config")
        merged = {**self.arguments, **(config if isinstance(config, dict) else {})}
        return any(key in merged for key in ("where", "error_if", "row_condition")) or (
            merged.get("enabled") is False
        )


@dataclass(frozen=True, slots=True)
class ColumnDoc(Compact):
    """A column as documented."""

    name: str
    line: int
    tests: tuple[TestUse, ...]
    described: bool
    data_type: str | None
    meta: dict[str, Any]
    tags: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class NodeDoc(Compact):
    """The YAML entry of a model, seed, snapshot or source table."""

    kind: str
    name: str
    file: str
    line: int
    description: str
    columns: tuple[ColumnDoc, ...]
    tests: tuple[TestUse, ...]
    config: dict[str, Any]
    source: str | None = None
    versions: tuple[str, ...] = ()
    version_files: tuple[str, ...] = ()
    latest_version: str = ""
    relation: str = ""

    @property
    def every_test(self) -> tuple[TestUse, ...]:
        """Tests of the node and of its columns."""
        return self.tests + tuple(test for column in self.columns for test in column.tests)

    def column(self, name: str) -> ColumnDoc | None:
        """A documented column, whatever its case."""
        for column in self.columns:
            if column.name.lower() == name.lower():
                return column
        return None


@dataclass(frozen=True, slots=True)
class Mention(Compact):
    """A ref or source named in YAML."""

    kind: str
    name: tuple[str, ...]
    file: str
    line: int
    where: str


@dataclass(frozen=True, slots=True)
class Reading(Compact):
    """A column of a model that YAML outside of its own entry names."""

    model: str
    column: str
    file: str
    line: int
    where: str


@dataclass(frozen=True, slots=True)
class Broken(Compact):
    """A YAML file that could not be read; `is_invalid` where its text is at fault."""

    file: str
    line: int
    reason: str
    is_invalid: bool


@dataclass(frozen=True, slots=True)
class Freshness(Compact):
    """After how many hours dbt warns of a source, or fails, by the time of loading in a column.

    None where it never does.
    """

    file: str
    line: int
    warn_after: float | None
    error_after: float | None
    loaded_at: str = ""
    loaded_at_line: int = 0


@dataclass(frozen=True, slots=True)
class MetricInput(Compact):
    """A measure or metric that a metric is made of."""

    metric: str
    kind: str
    name: str
    file: str
    line: int


@dataclass(slots=True)
class Documentation:
    """All YAML of one project."""

    models: dict[str, NodeDoc] = field(default_factory=dict)
    sources: dict[tuple[str, str], NodeDoc] = field(default_factory=dict)
    source_names: dict[str, tuple[str, int]] = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    unit_tests: list[tuple[str, str, int]] = field(default_factory=list)
    has_vague_sources: bool = False
    doubles: list[tuple[str, NodeDoc, NodeDoc]] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    freshness: dict[tuple[str, str], Freshness] = field(default_factory=dict)
    metrics: set[str] = field(default_factory=set)
    measures: set[str] = field(default_factory=set)
    metric_inputs: list[MetricInput] = field(default_factory=list)

    def add(self, other: Documentation) -> None:
        """Take in what another file says; the first entry of a name wins."""
        self.doubles += other.doubles
        self.readings += other.readings
        for name, node in other.models.items():
            first = self.models.setdefault(name, node)
            if first is not node and first.kind == node.kind:
                self.doubles.append((name, first, node))
        for pair, node in other.sources.items():
            self.sources.setdefault(pair, node)
        for pair, limits in other.freshness.items():
            self.freshness.setdefault(pair, limits)
        for source, place in other.source_names.items():
            self.source_names.setdefault(source, place)
        self.mentions += other.mentions
        self.broken += other.broken
        self.unit_tests += other.unit_tests
        self.metrics |= other.metrics
        self.measures |= other.measures
        self.metric_inputs += other.metric_inputs
        self.has_vague_sources = self.has_vague_sources or other.has_vague_sources


def read(
    tree: Tree, project: Project, ledger: Ledger, memo: dict[str, Any] | None = None
) -> Documentation:
    """Read every YAML file of a project; a broken one is named and left out."""
    docs = Documentation()
    for file in project.of_kind("yaml"):
        slot = f"y|{file.path}|{file.sha}"
        part = None if memo is None else memo.get(slot)
        if not isinstance(part, Documentation):
            part = _read_text(file.path, *tree.look(file.path))
            if memo is not None:
                memo[slot] = part
        for fault in part.broken:
            words = f"invalid YAML: {fault.reason}" if fault.is_invalid else fault.reason
            ledger.add(fault.file, words, fault.line, "yaml")
        docs.add(part)
    return docs


def _read_text(path: str, text: str | None, trouble: str) -> Documentation:
    docs = Documentation()
    if trouble:
        docs.broken.append(Broken(path, 1, trouble, False))
    if text is None:
        return docs
    if "name:" in text:
        try:
            loaded = yaml.load(text)
        except yaml.YamlError as error:
            docs.broken.append(Broken(path, error.line, error.reason, True))
        else:
            if isinstance(loaded, yaml.Map):
                _read_file(docs, path, loaded)
    return docs


def _read_file(docs: Documentation, path: str, loaded: yaml.Map) -> None:
    for kind in ("models", "seeds", "snapshots"):
        for entry in _maps(loaded.get(kind)):
            node = _node(kind, path, entry)
            if node is not None:
                first = docs.models.setdefault(node.name, node)
                if first is not node and first.kind == node.kind:
                    docs.doubles.append((node.name, first, node))
                _mention_tests(docs, node, path)
    for source in _maps(loaded.get("sources")):
        name = str(source.get("name"))
        if "{{" in name:
            docs.has_vague_sources = True
            continue
        docs.source_names.setdefault(name, (path, source.at("name")))
        for entry in _maps(source.get("tables")):
            node = _node("sources", path, entry, name)
            if node is not None:
                docs.sources.setdefault((name, node.name), node)
                docs.freshness.setdefault((name, node.name), _freshness(path, source, entry))
                _mention_tests(docs, node, path)
    for exposure in _maps(loaded.get("exposures")):
        needs = exposure.get("depends_on")
        for index, item in enumerate(needs if isinstance(needs, list) else []):
            line = needs.lines[index] if isinstance(needs, yaml.List) else exposure.line
            _mention(docs, str(item), path, line, f"exposure {exposure.get('name')}")
    for entry in _maps(loaded.get("semantic_models")):
        _mention(
            docs,
            str(entry.get("model") or ""),
            path,
            entry.at("model"),
            f"semantic model {entry.get('name')}",
        )
        docs.measures |= {str(m.get("name")) for m in _maps(entry.get("measures"))}
        _read_semantic(docs, path, entry)
    for entry in _maps(loaded.get("metrics")):
        _read_metric(docs, path, entry)
    for entry in _maps(loaded.get("models")):
        for inner in _maps(entry.get("metrics")):
            docs.metrics.add(str(inner.get("name")))
    for entry in _maps(loaded.get("unit_tests")):
        model = str(entry.get("model") or "")
        docs.unit_tests.append((model, path, entry.at("model")))
        if model.isidentifier():
            where = f"unit test {entry.get('name')}"
            docs.mentions.append(Mention("ref", (model,), path, entry.at("model"), where))
        for given in _maps(entry.get("given")):
            _mention(
                docs,
                str(given.get("input") or ""),
                path,
                given.at("input"),
                f"unit test {entry.get('name')}",
            )
        _read_unit_test(docs, path, entry)


HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0}


def _freshness(path: str, source: yaml.Map, table: yaml.Map) -> Freshness:
    """The limits of a table, or those of its source; `freshness: null` switches them off."""
    limits: dict[str, float | None] = {"warn_after": None, "error_after": None}
    line = table.at("name")
    for entry in (source, table):
        config = entry.get("config")
        for part in (config, entry):
            if not isinstance(part, yaml.Map) or "freshness" not in part:
                continue
            told = part["freshness"]
            line = part.at("freshness")
            for key in limits:
                limit = told.get(key) if isinstance(told, yaml.Map) else None
                if limit is not None or not isinstance(told, yaml.Map):
                    limits[key] = _hours(limit)
    field_name, place = "", 0
    for entry in (source, table):
        for part in (entry.get("config"), entry):
            if isinstance(part, yaml.Map) and isinstance(part.get("loaded_at_field"), str):
                field_name, place = part["loaded_at_field"], part.at("loaded_at_field")
    return Freshness(path, line, limits["warn_after"], limits["error_after"], field_name, place)


def _hours(limit: Any) -> float | None:
    if not isinstance(limit, yaml.Map):
        return None
    try:
        return float(limit["count"]) * HOURS[str(limit["period"])]
    except (KeyError, TypeError, ValueError):
        return None


def _read_semantic(docs: Documentation, path: str, entry: yaml.Map) -> None:
    match = REF_TEXT.search(str(entry.get("model") or ""))
    if match is None or match["b"]:
        return
    for kind in ("entities", "dimensions", "measures"):
        for item in _maps(entry.get(kind)):
            column = item.get("expr") or item.get("name")
            if isinstance(column, str) and column.isidentifier():
                line = item.at("expr") if item.get("expr") else item.at("name")
                where = f"the semantic model {entry.get('name')}"
                docs.readings.append(Reading(match["a"], column, path, line, where))


INPUTS = {
    "measure": "measure", "numerator": "metric", "denominator": "metric", "metrics": "metric",
    "base_measure": "measure", "conversion_measure": "measure",
}  # fmt: skip


def _read_metric(docs: Documentation, path: str, entry: yaml.Map) -> None:
    """The name of a metric of the semantic layer, and what it is made of."""
    metric = str(entry.get("name"))
    docs.metrics.add(metric)
    params = entry.get("type_params")
    parts = [params] if isinstance(params, yaml.Map) else []
    for part in list(parts):
        inner = part.get("conversion_type_params")
        parts += [inner] if isinstance(inner, yaml.Map) else []
    for part in parts:
        for key, kind in INPUTS.items():
            told = part.get(key)
            for one in told if isinstance(told, list) else [told]:
                name = one.get("name") if isinstance(one, yaml.Map) else one
                line = one.at("name") if isinstance(one, yaml.Map) else part.at(key)
                if isinstance(name, str) and name.isidentifier():
                    docs.metric_inputs.append(MetricInput(metric, kind, name, path, line))


def _read_unit_test(docs: Documentation, path: str, entry: yaml.Map) -> None:
    where = f"the unit test {entry.get('name')}"
    sides: list[tuple[str, yaml.Map]] = []
    for given in _maps(entry.get("given")):
        match = REF_TEXT.search(str(given.get("input") or ""))
        if match is not None and not match["b"]:
            sides.append((match["a"], given))
    expect = entry.get("expect")
    if isinstance(expect, yaml.Map):
        sides.append((str(entry.get("model")), expect))
    for model, side in sides:
        seen: set[str] = set()
        for row in _maps(side.get("rows")):
            for column in row:
                if column not in seen and column.isidentifier():
                    seen.add(column)
                    docs.readings.append(Reading(model, column, path, row.at(column), where))


def _mention_tests(docs: Documentation, node: NodeDoc, path: str) -> None:
    for test in node.every_test:
        for key in ("to", "compare_model", "other_table_name", "model"):
            value = test.arguments.get(key)
            if isinstance(value, str) and ("ref(" in value or "source(" in value):
                line = test.arguments["__lines__"].get(key, test.line)
                _mention(docs, value, path, line, f"test {test.name} of {node.name}")


def _mention(docs: Documentation, text: str, path: str, line: int, where: str) -> None:
    for match in REF_TEXT.finditer(text):
        name = tuple(part for part in (match["a"], match["b"]) if part)
        docs.mentions.append(Mention("ref", name, path, line, where))
    for match in SOURCE_TEXT.finditer(text):
        docs.mentions.append(Mention("source", (match["a"], match["b"]), path, line, where))


def _maps(value: Any) -> Iterator[yaml.Map]:
    for item in value if isinstance(value, list) else []:
        if isinstance(item, yaml.Map):
            yield item


def _node(kind: str, path: str, entry: yaml.Map, source: str | None = None) -> NodeDoc | None:
    name = entry.get("name")
    if not isinstance(name, str) or "{{" in name:
        return None
    columns = [_column(column) for column in _maps(entry.get("columns")) if column.get("name")]
    versions = tuple(_maps(entry.get("versions")))
    config = entry.get("config")
    return NodeDoc(
        kind=kind,
        name=name,
        file=path,
        line=entry.at("name"),
        description=str(entry.get("description") or ""),
        columns=tuple(columns),
        tests=tuple(_tests(entry, None)),
        config=config if isinstance(config, dict) else {},
        source=source,
        versions=tuple(str(v.get("v")) for v in versions),
        version_files=tuple(str(v.get("defined_in") or "") for v in versions),
        latest_version=str(entry.get("latest_version") or ""),
        relation=str(entry.get("relation") or "") if kind == "snapshots" else "",
    )


def _column(entry: yaml.Map) -> ColumnDoc:
    name = str(entry["name"])
    config = entry.get("config")
    inner = config if isinstance(config, dict) else {}
    meta = {**_dict(entry.get("meta")), **_dict(inner.get("meta"))}
    tags = entry.get("tags") or inner.get("tags") or []
    return ColumnDoc(
        name=name,
        line=entry.at("name"),
        tests=tuple(_tests(entry, name)),
        described=bool(entry.get("description")),
        data_type=str(entry["data_type"]) if entry.get("data_type") else None,
        meta=meta,
        tags=tuple(str(tag) for tag in ([tags] if isinstance(tags, str) else tags)),
        text=str(entry.get("description") or "")[:300],
    )


def _dict(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _tests(entry: yaml.Map, column: str | None) -> Iterator[TestUse]:
    for key in ("tests", "data_tests"):
        tests = entry.get(key)
        if not isinstance(tests, list):
            continue
        for index, item in enumerate(tests):
            line = tests.lines[index] if isinstance(tests, yaml.List) else entry.line
            if isinstance(item, str):
                yield TestUse(item, line, column, {"__lines__": {}})
            elif isinstance(item, yaml.Map) and item:
                name = str(next(iter(item)))
                body = item[name]
                lines: dict[str, int] = {}
                arguments: dict[str, Any] = {}
                for part in (item, body):
                    if isinstance(part, yaml.Map):
                        arguments.update({k: v for k, v in part.items() if k != name})
                        lines.update(part.lines)
                inner = arguments.pop("arguments", None)
                if isinstance(inner, yaml.Map):
                    arguments.update(inner)
                    lines.update(inner.lines)
                if isinstance(arguments.get("test_name"), str):
                    name = arguments["test_name"]
                arguments["__lines__"] = lines
                yield TestUse(name, line, column, arguments)
