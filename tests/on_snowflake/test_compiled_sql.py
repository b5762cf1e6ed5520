"""Everything dbt compiles for Snowflake, without an account, against Snowflake's reference."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sql_checks import find_problems, find_silent_orders

WAREHOUSE = Path(__file__).parents[2] / "warehouse"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, key_file: Path) -> dict[str, str]:
    """Path of each model and test to its SQL."""
    folder = tmp_path_factory.mktemp("compiled")
    program = "import sys; from dbt.cli.main import cli; sys.exit(cli())"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SNOWFLAKE_")} | {
        "SNOWFLAKE_ACCOUNT": "nobody",
        "SNOWFLAKE_USER": "nobody",
        "SNOWFLAKE_ROLE": "nobody",
        "SNOWFLAKE_WAREHOUSE": "nothing",
        "SNOWFLAKE_PRIVATE_KEY_PATH": str(key_file),
        "CAREPATH_WORKSPACE": str(folder),
    }
    options = "--quiet compile --target snowflake --no-introspect --no-populate-cache"
    folders = {"project": WAREHOUSE, "profiles": WAREHOUSE}
    done = subprocess.run(
        [
            *(sys.executable, "-c", program, *options.split()),
            *(part for name, path in folders.items() for part in (f"--{name}-dir", str(path))),
            *("--log-path", str(folder / "logs"), "--target-path", str(folder / "target")),
            *("--exclude", "resource_type:unit_test"),
            *("--vars", "{sources_at: '2026-03-01T04:00:00.000+00:00'}"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    root = folder / "target" / "compiled" / "carepath"
    return {str(p.relative_to(root)): p.read_text() for p in sorted(root.rglob("*.sql"))}


def test_every_model_and_test_is_compiled(compiled: dict[str, str]) -> None:
    models = {path.stem for path in (WAREHOUSE / "models").rglob("*.sql")}
    singular = {path.stem for path in (WAREHOUSE / "tests").glob("*.sql")}
    assert models | singular <= {Path(path).stem for path in compiled}
    assert [path for path, sql in compiled.items() if not sql.strip()] == []


def test_nothing_is_used_that_snowflake_does_not_document(compiled: dict[str, str]) -> None:
    problems = {path: found for path, sql in compiled.items() if (found := find_problems(sql))}
    assert problems == {}


def test_descending_keys_say_where_nulls_go(compiled: dict[str, str]) -> None:
    silent = {path: found for path, sql in compiled.items() if (found := find_silent_orders(sql))}
    assert silent == {}


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) filter (where a) from t",
        "select list_value(1, 2)",
        "select epoch_us(a) from t",
        "select [1, 2] as a",
        "select {'a': 1} as a",
        "select a::hugeint from t",
        "select a, count(*) from t group by all",
        "select date_trunc('week', a) from t",
        "select a + interval 1 day from t",
        "select * exclude (a) from t",
        "select quantile_cont(a, 0.5) from t",
        "select a as start from t",
        "select from where",
    ],
)
def test_what_snowflake_does_not_have_is_found(sql: str) -> None:
    assert find_problems(sql) != []


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("select row_number() over (order by a desc) from t", 1),
        ("select row_number() over (order by a desc nulls last, b) from t", 0),
    ],
)
def test_a_silent_descending_key_is_found(sql: str, count: int) -> None:
    assert len(find_silent_orders(sql)) == count


def test_text_is_trimmed_by_the_macro_that_knows_every_space() -> None:
    files = [*(WAREHOUSE / "models").rglob("*.sql"), *(WAREHOUSE / "macros").rglob("*.sql")]
    own = WAREHOUSE / "macros" / "rows.sql"
    bare = [
        path.name
        for path in files
        if path != own and re.search(r"(?<![\w.|])trim\(", path.read_text())
    ]
    assert bare == []
