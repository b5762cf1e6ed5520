"""What is generated is what is committed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from carepath.questions.registry import QUESTIONS  # noqa: E402
from docs.generate import DOCUMENTS, read_parents  # noqa: E402
from docs.questions import read_example  # noqa: E402


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
            assert sources(name) or name == "product_releases", name
    assert sources("task_phases") >= {"care_platform.task", "care_platform.historical_task"}


def test_every_question_has_a_page_with_its_columns_verdicts_and_a_real_answer() -> None:
    for entry in QUESTIONS:
        module = entry.load()
        page = (ROOT / "docs" / "questions" / f"{entry.id}.md").read_text()
        for column in module.COLUMNS:
            assert f"| `{column.name}` |" in page, (entry.id, column.name)
        for verdict in module.QUESTION.verdicts:
            assert f"| `{verdict}` |" in page, (entry.id, verdict)
        for part in ("decision", "population", "unit", "estimand", "censoring"):
            assert getattr(module.QUESTION, part) in page, (entry.id, part)
        assert f"\n{entry.id}: " in read_example(entry)
