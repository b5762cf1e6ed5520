"""The dbt tests behind an answer, read from the YAML of the models it reads."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

_REF = re.compile(r"\bref\(([^)]*)\)")


def describe_model(model: str) -> dict[str, Any]:
    """Return the description of a model of prod and its tests in words."""
    declared = _models().get(model, {})
    tests = [text for test in declared.get("data_tests", []) for text in _say(test, "")]
    for column in declared.get("columns", []):
        for test in column.get("data_tests", []):
            tests += _say(test, column["name"])
    tests += [
        name.removeprefix("assert_").replace("_", " ")
        for name, sql in _singular_tests().items()
        if _reads(sql, model)
    ]
    return {
        "name": model,
        "description": " ".join(str(declared.get("description", "")).split()),
        "tests": tests,
    }


def _say(test: Any, column: str) -> list[str]:
    """Put one test into words."""
    if isinstance(test, str):
        test = {test: {}}
    said = []
    for name, body in test.items():
        if name == "config":
            continue
        given = {**(body or {}), **((body or {}).get("arguments") or {})}
        if name == "primary_key":
            said.append(f"one row per {' and '.join(given.get('columns', []))}, never null")
        elif name == "accepted_values":
            values = ", ".join(str(value) for value in given.get("values", []))
            said.append(f"{column} is one of: {values}")
        elif name == "relationships":
            target = "".join(re.findall(r"'([^']+)'", str(given.get("to", ""))))
            said.append(f"every {column} exists in {target}")
        elif name == "not_null":
            said.append(f"{column} is never null")
        elif name == "unique":
            said.append(f"{column} is unique")
        else:
            words = name.replace("_", " ")
            said.append(f"{column}: {words}" if column else words)
    return said


def _reads(sql: str, model: str) -> bool:
    for written in _REF.findall(sql):
        literal = "".join(re.findall(r"'([^']*)'", written))
        # `ref(entity ~ '_phases')` reads every model that ends so.
        if literal == model or ("~" in written and literal and model.endswith(literal)):
            return True
    return False


@cache
def _models() -> dict[str, dict[str, Any]]:
    import yaml

    from carepath.building.project import find_project

    found = {}
    for path in sorted((find_project() / "models" / "prod").glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        found.update({model["name"]: model for model in content.get("models", [])})
    return found


@cache
def _singular_tests() -> dict[str, str]:
    from carepath.building.project import find_project

    folder: Path = find_project() / "tests"
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))}
