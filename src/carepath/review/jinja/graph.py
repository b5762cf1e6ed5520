"""dbt's `graph` for a template: the sources that YAML declares; what else it holds is not known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from carepath.review.jinja.relations import RelationName, RelationStub
from carepath.review.jinja.state import State
from carepath.review.jinja.unknown import SANDBOX_FLAGS
from carepath.review.nodes import NodeDoc

Sources = dict[str, dict[str, Any]]


def sources_of(docs: Iterable[NodeDoc], project: str) -> Sources:
    """The declared source tables as dbt's graph has them, by unique id."""
    found: Sources = {}
    for doc in docs:
        name = RelationName("source", str(doc.source), doc.name)
        columns = {
            column.name: {
                "name": column.name,
                "data_type": column.data_type,
                "description": "",
                "meta": column.meta,
                "tags": list(column.tags),
                "config": {"meta": column.meta, "tags": list(column.tags)},
            }
            for column in doc.columns
        }
        found[f"source.{project}.{doc.source}.{doc.name}"] = {
            "name": doc.name,
            "identifier": doc.name,
            "source_name": doc.source,
            "resource_type": "source",
            "relation_name": str(RelationStub(name)),
            "description": doc.description,
            "columns": columns,
            "config": doc.config,
            "meta": doc.config.get("meta") or {},
        }
    return found


class Graph:
    """The graph as an object and as a mapping."""

    def __init__(self, state: State, sources: Sources) -> None:
        self._state = state
        self.sources = sources

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or key in SANDBOX_FLAGS:
            raise AttributeError(key)
        return self._state.unknown(f"graph.{key}")

    def __getitem__(self, key: str) -> Any:
        return self.get(key)

    def get(self, key: str, _default: Any = None) -> Any:
        """One part of the graph."""
        return self.sources if key == "sources" else self._state.unknown(f"graph.{key}")
