"""One sample of each kind, made once, and read as any reader of the files would read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sample_tables import open_sample

from carepath.sample import SampleLedger, SamplePlan, make_sample

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def plan() -> SamplePlan:
    """Big enough for every kind of dirt to appear."""
    return SamplePlan(members=6_000, seed=5)


@pytest.fixture(scope="session")
def sample(plan: SamplePlan, tmp_path_factory: pytest.TempPathFactory) -> SampleLedger:
    """The sample of `plan`."""
    return make_sample(tmp_path_factory.mktemp("sample"), plan)


@pytest.fixture(scope="session")
def query(sample: SampleLedger) -> Query:
    """Ask the sample's files in SQL."""
    connection = open_sample(sample.folder)

    def ask(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql).fetchall()

    return ask


@pytest.fixture(scope="session")
def count(query: Query) -> Callable[[str], int]:
    """The one number a query returns."""

    def ask(sql: str) -> int:
        return int(query(sql)[0][0])

    return ask
