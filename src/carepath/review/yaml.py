"""YAML with positions: plain values whose mappings and lists remember their lines."""

from __future__ import annotations

from typing import Any

import yaml as pyyaml

Loader: Any = getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)


class YamlError(Exception):
    """A YAML file that cannot be read, with the line (1-based)."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Map(dict[str, Any]):
    """A mapping that knows the line of each key, and keys written twice."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self.lines: dict[str, int] = {}
        self.twice: list[tuple[str, int]] = []

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
        loader = Loader(text)
        try:
            node = loader.get_single_node()
            return None if node is None else _value(loader, node, {})
        finally:
            loader.dispose()
    except pyyaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(str(error.problem or error), mark.line + 1 if mark else 1) from None
    except (pyyaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlError(str(error), 1) from None


def _value(loader: Any, node: Any, seen: dict[int, Any]) -> Any:
    known = seen.get(id(node))
    if known is not None:
        return known
    line = node.start_mark.line + 1
    if isinstance(node, pyyaml.MappingNode):
        mapping = Map()
        mapping.line = line
        seen[id(node)] = mapping
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
            if key in mapping.lines and key_node.start_mark.line + 1 != mapping.lines[key]:
                mapping.twice.append((key, key_node.start_mark.line + 1))
            mapping[key] = _value(loader, value_node, seen)
            mapping.lines[key] = key_node.start_mark.line + 1
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
