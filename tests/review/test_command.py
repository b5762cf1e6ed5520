"""The command line: exit codes, forms of output, and bad input that is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from carepath.cli.main import cli
from carepath.errors import CarepathError
from tests.review import sarif_schema
from tests.review.conftest import CORPUS, project

Commit = Callable[..., str]
BUG = {"models/marts/fct_orders.sql": project("shop")["models/marts/fct_orders.sql"].replace(
    "totals.line_count", "totals.item_count")}  # fmt: skip


@pytest.fixture
def repository(commit: Commit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".git" / "cache"))
    commit({**project("shop"), "README.md": "x"})
    commit(BUG, branch="feature")
    return tmp_path


def run(repository: Path, *args: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["review", "--repo", str(repository), *args],
                                standalone_mode=False)  # fmt: skip
    if isinstance(result.exception, CarepathError):
        return 2, str(result.exception)
    assert result.exception is None, result.exception
    return int(result.return_value or 0), result.output


def test_an_error_exits_1_and_the_fix_exits_0(repository: Path, commit: Commit) -> None:
    assert run(repository)[0] == 1
    commit({"models/marts/fct_orders.sql": project("shop")["models/marts/fct_orders.sql"]})
    assert run(repository)[0] == 0


def test_fail_on_never_exits_0(repository: Path) -> None:
    assert run(repository, "--fail-on", "never")[0] == 0


def test_json_holds_the_finding_with_its_place(repository: Path) -> None:
    data = json.loads(run(repository, "--format", "json")[1])
    first = data["findings"][0]
    assert (first["code"], first["file"], first["line"]) == (
        "SQL005", "models/marts/fct_orders.sql", 21,
    )  # fmt: skip
    assert first["severity"] == "error"
    assert "line_count" in json.dumps(first["evidence"])
    assert data["coverage"]["models"] > 10


def test_markdown_is_one_comment_of_bounded_size(repository: Path) -> None:
    text = run(repository, "--format", "markdown")[1]
    assert text.startswith("## carepath review")
    assert len(text) < 65_000
    assert "models/marts/fct_orders.sql:21" in text
    assert "Coverage" in text


def test_github_annotations_escape_their_text(repository: Path) -> None:
    text = run(repository, "--format", "github")[1]
    assert "::error file=models/marts/fct_orders.sql,line=21,title=SQL005 unknown-column::" in text


def test_sarif_follows_its_schema(repository: Path) -> None:
    text = run(repository, "--format", "sarif")[1]
    assert sarif_schema.faults(text) == []
    data = json.loads(text)
    result = data["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 21
    rules = data["runs"][0]["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_output_goes_to_a_file_and_stdout_stays_empty(repository: Path) -> None:
    target = repository / ".git" / "out" / "report.json"
    code, text = run(repository, "--format", "json", "--output", str(target))
    assert (code, text) == (1, "")
    assert json.loads(target.read_text())["findings"]


def test_warm_equals_cold_and_a_damaged_cache_is_an_empty_one(repository: Path) -> None:
    cold = run(repository, "--format", "json")
    caches = list((repository / ".git" / "cache").rglob("*.cache"))
    assert len(caches) == 1
    assert run(repository, "--format", "json") == cold
    caches[0].write_bytes(caches[0].read_bytes()[:-40] + b"x" * 40)
    assert run(repository, "--format", "json") == cold
    caches[0].write_bytes(b"")
    assert run(repository, "--format", "json") == cold
    assert run(repository, "--format", "json", "--no-cache") == cold


def test_a_template_that_stops_compiling_is_told_with_a_cache_too(
    commit: Commit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".git" / "cache"))
    macro = "{% macro rate(share, only=1) %}{{ share }} * {{ only }}{% endmacro %}\n"
    model = "select {{ rate('a', only='b') }} as c from raw.t\n"
    commit({"dbt_project.yml": "name: p\n", "macros/m.sql": macro, "models/m.sql": model})
    commit({"macros/m.sql": macro.replace("only", "factor")}, branch="feature")
    cold = run(tmp_path, "--format", "json")
    assert "takes no keyword argument 'only'" in cold[1]
    assert run(tmp_path, "--format", "json") == cold


def test_a_broken_macro_is_read_anew_when_it_is_mended(
    commit: Commit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".git" / "cache"))
    macro = "{% macro kept(name) %}where {{ name }} > 0{% endmacro %}\n"
    seed = "id,amount\n1,2\n"
    model = "select id, amount from {{ ref('paid') }} {{ kept('amount') }}\n"
    commit(
        {
            "dbt_project.yml": "name: p\n",
            "seeds/paid.csv": seed,
            "macros/m.sql": macro,
            "models/m.sql": model,
        }
    )
    commit({"macros/m.sql": macro.replace("endmacro", "endmacr")}, branch="broken")
    commit({"macros/m.sql": macro.replace("name }}", "name }}_paid")}, branch="feature")
    cold = run(tmp_path, "--format", "json", "--head", "feature", "--no-cache")
    assert "amount_paid" in cold[1]
    run(tmp_path, "--head", "broken")
    assert run(tmp_path, "--format", "json", "--head", "feature") == cold


def test_an_empty_change_says_so(repository: Path) -> None:
    code, text = run(repository, "--base", "HEAD")
    assert code == 0
    assert "No findings" in text
    assert "Coverage" in text


def test_a_baseline_hides_what_was_there(repository: Path) -> None:
    known = repository / ".git" / "baseline.json"
    assert run(repository, "--write-baseline", str(known))[0] == 0
    assert run(repository, "--all")[0] == 1
    code, text = run(repository, "--all", "--baseline", str(known))
    assert code == 0
    assert "In the baseline: " in text


def test_noqa_and_ignore_suppress_and_are_counted(repository: Path, commit: Commit) -> None:
    path = "models/marts/fct_orders.sql"
    commit({path: BUG[path].replace("totals.item_count,", "totals.item_count, -- noqa: SQL005")})
    code, text = run(repository)
    assert code == 0
    assert "Suppressed: 1" in text
    commit({path: "{# carepath: ignore unknown-column they know #}\n" + BUG[path]})
    assert run(repository)[0] == 0
    commit(
        {path: project("shop")[path].replace("orders.amount,", "orders.amount, -- noqa: LIT001")}
    )
    assert "Unused suppression: models/marts/fct_orders.sql" in run(repository)[1]


def test_a_path_can_be_ignored_in_the_configuration(repository: Path, commit: Commit) -> None:
    commit({"carepath.toml": '[review.ignore]\n"models/marts" = ["SQL005"]\n'})
    assert run(repository)[0] == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--base", "mian"), "Did you mean 'main'"),
        (("--project-dir", "nowhere"), "There is no folder nowhere"),
        (("--dialect", "oracle8"), "Unknown dialect"),
        (("--baseline", "nope.json"), "There is no baseline"),
        (("--staged", "--worktree"), "Give only one of"),
        (("--output", "."), "cannot be written: Is a directory"),
        (("--output", "README.md/report"), "cannot be written"),
        (("--write-baseline", "."), "cannot be written"),
    ],
)
def test_bad_input_is_named(repository: Path, args: tuple[str, ...], said: str) -> None:
    code, text = run(repository, *args)
    assert code == 2
    assert said in text


def test_an_unknown_setting_names_the_nearest(repository: Path, commit: Commit) -> None:
    commit({"pyproject.toml": '[tool.carepath.review]\ndialet = "snowflake"\n'})
    code, text = run(repository)
    assert code == 2
    assert "'dialect'" in text


def test_a_layer_that_is_none_is_named(repository: Path, commit: Commit) -> None:
    commit({"pyproject.toml": '[tool.carepath.review.layers]\n"models/landing" = "bse"\n'})
    code, text = run(repository)
    assert code == 2
    assert "Unknown layer 'bse' of 'models/landing'" in text


def test_a_folder_without_models_is_named(repository: Path, commit: Commit) -> None:
    commit({"docs/a.md": "x"})
    assert "holds no models" in run(repository, "--project-dir", "docs")[1]


def test_hostile_files_are_named_and_the_rest_is_reviewed(repository: Path, commit: Commit) -> None:
    commit(
        {
            "models/marts/binary.sql": b"\x00\x01",
            "models/marts/loop.sql": "{% for i in range(9999999999) %}{% endfor %}",
            "models/marts/python_model.py": "def model(dbt, session): ...",
            "models/marts/broken.yml": "models:\n  - name: [x\n",
        }
    )
    code, text = run(repository)
    assert code == 1
    assert "SQL005" in text
    for name in ("binary.sql", "loop.sql", "broken.yml"):
        assert name in text


def test_strict_coverage_exits_3(repository: Path, commit: Commit) -> None:
    path = "models/marts/fct_orders.sql"
    commit({path: project("shop")[path], "models/marts/odd.sql": "{{ pkg_x.make_model() }}"})
    assert run(repository)[0] == 0
    assert run(repository, "--strict-coverage")[0] == 3


def test_no_base_exits_3(tmp_path: Path, commit: Commit) -> None:
    commit(project("shop"))
    assert run(tmp_path)[0] == 3


def test_the_work_tree_and_the_index_can_be_reviewed(repository: Path) -> None:
    path = repository / "models/marts/fct_orders.sql"
    path.write_text(path.read_text().replace("orders.channel", "orders.chanel"))
    assert "chanel" in run(repository, "--worktree")[1]
    assert "chanel" not in run(repository, "--staged")[1]


def test_two_projects_with_equal_names_stay_apart(commit: Commit, tmp_path: Path) -> None:
    def files(root: str, column: str) -> dict[str, str]:
        return {
            f"{root}/dbt_project.yml": f"name: {root}\n",
            f"{root}/models/a.sql": f"select 1 as {column}",
            f"{root}/models/b.sql": f"select {column} from {{{{ ref('a') }}}}",
        }

    commit({**files("one", "x"), **files("two", "y")})
    commit({"one/models/b.sql": "select y from {{ ref('a') }}"}, branch="f")
    data = json.loads(run(tmp_path, "--format", "json", "--dialect", "duckdb")[1])
    assert [(f["code"], f["file"]) for f in data["findings"] if f["severity"] == "error"] == [
        ("SQL005", "one/models/b.sql")
    ]


def test_a_folder_of_sql_without_dbt_project_is_reviewed(commit: Commit, tmp_path: Path) -> None:
    commit({"prep/base/a.sql": "select 1 as x", "scripts/load.sql": "create table t (id int)"})
    commit({"prod/b.sql": "select z from {{ ref('a') }}", "scripts/x.sql": "drop table t"}, "f")
    data = json.loads(run(tmp_path, "--format", "json")[1])
    assert [f["file"] for f in data["findings"] if f["severity"] == "error"] == ["prod/b.sql"]


def test_the_demonstration_shows_its_planted_flaws() -> None:
    result = CliRunner().invoke(
        cli, ["review", "--demo", "--format", "json"], standalone_mode=False
    )
    data = json.loads(result.output)
    codes = {finding["code"] for finding in data["findings"]}
    assert codes >= {"SQL002", "SQL005", "PII001", "TST001", "DET001", "STY001", "LIT001"}
    assert any(question["topic"] == "step-order" for question in data["questions"])


def test_rules_and_explain() -> None:
    listed = CliRunner().invoke(cli, ["rules", "--json"], standalone_mode=False).output
    codes = {rule["code"] for rule in json.loads(listed)}
    assert len(codes) > 50
    shown = CliRunner().invoke(cli, ["explain", "sql005"], standalone_mode=False).output
    assert "Use instead" in shown


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from carepath.review import running, formats, demo; "
        "from carepath.review.formats import text, json, markdown, sarif, github; demo.run(); "
        "bad = {'dbt', 'duckdb', 'scipy', 'altair', 'numpy'} & set(sys.modules); "
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CORPUS)
