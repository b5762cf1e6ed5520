"""What is generated is what is committed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from docs.generate import DOCUMENTS, read_parents  # noqa: E402


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_generated_document_is_up_to_date(path: str) -> None:
    assert (ROOT / path).read_text() == DOCUMENTS[path](), "run `make docs`"


def test_the_lineage_names_every_model_and_reaches_prod_from_sources() -> None:
    parents, layers = read_parents()
    models = {path.stem for path in (ROOT / "warehouse" / "models").rglob("*.sql")}
    assert models <= parents.keys()

    def sources(name: str) -> set[str]:
        if layers[name] == "source":
            return {name}
        return set().union(*(sources(parent) for parent in parents[name]), set())

    for name in models:
        if layers[name] == "prod":
            assert sources(name), name
    assert sources("task_phases") >= {"care_platform.task", "care_platform.historical_task"}
