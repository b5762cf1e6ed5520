"""How a failed build is told."""

from __future__ import annotations

import pytest

from carepath.building.failures import BuildFailedError, check_result
from carepath.building.invocation import DbtResult, NodeResult
from carepath.workspace import Workspace

ERROR = "Runtime Error in test one_row (tests/one_row.sql)\n  Conversion Error: Could not convert"


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (("test", "fail", "Got 2", 2), "data test one_row returned 2 rows (tests/one_row.sql)"),
        (("test", "fail", "Got 1", 1), "data test one_row returned 1 row (tests/one_row.sql)"),
        (
            ("test", "error", ERROR, 0),
            "data test one_row: Conversion Error: Could not convert (tests/one_row.sql)",
        ),
        (
            ("model", "error", ERROR, 0),
            "model one_row: Conversion Error: Could not convert (tests/one_row.sql)",
        ),
    ],
)
def test_a_test_that_could_not_run_is_not_said_to_have_returned_rows(
    tmp_path, node: tuple[str, str, str, int], told: str
) -> None:
    kind, status, message, failures = node
    result = DbtResult(
        (NodeResult(kind, "one_row", "tests/one_row.sql", status, message, failures),), None
    )
    with pytest.raises(BuildFailedError) as caught:
        check_result(result, Workspace(tmp_path))
    assert caught.value.what == f"The build failed.\n  {told}"
