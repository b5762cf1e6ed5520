"""YAML with positions: plain values whose mappings and lists remember their lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml as pyyaml

MOST_VALUES = 300_000
"""Values in a file once its aliases are written out; more is an attack or a mistake."""
DEEPEST = 100
"""Levels of nesting; YAML that people write has ten."""
DEEP = 2_000
"""Brackets of a file, or characters of a line, from which its nesting is counted first."""

Loader: Any = getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)


class YamlError(Exception):
    """A YAML file that cannot be read, with the line (1-based)."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Twice:
    """A key that one mapping gives twice: the first value, which is lost, and both lines."""

    key: str
    first: Any
    first_line: int
    line: int


class Map(dict[str, Any]):
    """A mapping that knows the line of each key, and keys written twice."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self.lines: dict[str, int] = {}
        self.twice: list[Twice] = []

    def at(self, key: str) -> int:
        """Line of a key, or of the mapping."""
        return self.lines.get(key, self.line)


class List(list[Any]):
    """A list that knows the line of each item."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self.lines: list[int] = []


def load(text: str) -> Any:
    """Read one document; raise YamlError with the line of the fault."""
    try:
        _check_depth(text)
        loader = Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _bound(node)
            return _value(loader, node, {})
        finally:
            loader.dispose()
    except pyyaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(str(error.problem or error), mark.line + 1 if mark else 1) from None
    except (pyyaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlError(str(error), 1) from None


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the composer, which is recursive in C, meets it."""
    brackets = text.count("[") + text.count("{")
    if brackets < DEEP and all(len(line) < DEEP for line in text.split("\n")):
        return
    depth = 0
    for event in pyyaml.parse(text, Loader=Loader):
        if isinstance(event, pyyaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, pyyaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            mark = event.start_mark
            raise YamlError("nested too deeply", mark.line + 1 if mark else 1)


def _bound(root: Any) -> None:
    """Refuse what aliases make huge or endless, and what is nested too deeply."""
    sizes: dict[int, int] = {}
    busy: set[int] = set()

    def size(node: Any, depth: int) -> int:
        if id(node) in busy or depth > DEEPEST:
            reason = "an alias of itself" if id(node) in busy else "nested too deeply"
            raise YamlError(reason, node.start_mark.line + 1)
        known = sizes.get(id(node))
        if known is None:
            busy.add(id(node))
            inner: list[Any] = []
            if isinstance(node, pyyaml.MappingNode):
                inner = [part for pair in node.value for part in pair]
            elif isinstance(node, pyyaml.SequenceNode):
                inner = node.value
            known = sizes[id(node)] = 1 + sum(size(part, depth + 1) for part in inner)
            busy.discard(id(node))
        if known > MOST_VALUES:
            raise YamlError(f"more than {MOST_VALUES} values", node.start_mark.line + 1)
        return known

    size(root, 0)


def _value(loader: Any, node: Any, seen: dict[int, Any]) -> Any:
    known = seen.get(id(node))
    if known is not None:
        return known
    line = node.start_mark.line + 1
    if isinstance(node, pyyaml.MappingNode):
        mapping = Map()
        mapping.line = line
        seen[id(node)] = mapping
        own: set[str] = set()
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged = _value(loader, value_node, seen)
                for part in merged if isinstance(merged, list) else [merged]:
                    if isinstance(part, Map):
                        for key, value in part.items():
                            mapping.setdefault(key, value)
                            mapping.lines.setdefault(key, part.at(key))
                continue
            key = str(key_node.value)
            at = key_node.start_mark.line + 1
            if key in own:
                mapping.twice.append(Twice(key, mapping[key], mapping.lines[key], at))
            own.add(key)
            mapping[key] = _value(loader, value_node, seen)
            mapping.lines[key] = at
        return mapping
    if isinstance(node, pyyaml.SequenceNode):
        items = List()
        items.line = line
        seen[id(node)] = items
        for item in node.value:
            items.append(_value(loader, item, seen))
            items.lines.append(item.start_mark.line + 1)
        return items
    if node.tag == "tag:yaml.org,2002:str":
        return str(node.value)
    try:
        return loader.construct_object(node)
    except pyyaml.YAMLError:
        return str(node.value)
