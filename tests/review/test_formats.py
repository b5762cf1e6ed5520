"""The forms of the report: widths, colours, limits, schemas, the pre-commit hook."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml
from markdown_it import MarkdownIt

from carepath.review.demo import run as run_demo
from carepath.review.findings import Confidence, Finding, Place, Question, Severity
from carepath.review.formats import github, markdown, text
from carepath.review.formats import json as json_form
from carepath.review.review import Review
from carepath.review.summary import Summary
from tests.review.conftest import ROOT, project, review_files


@pytest.fixture(scope="module")
def demo() -> Review:
    return run_demo()[0]


def finding(number: int, **changes: object) -> Finding:
    made = Finding(
        "SQL005", "unknown-column", Severity.ERROR, Confidence.CERTAIN,
        Place(f"models/model_{number}.sql", number + 1), f"model_{number}", f"column_{number}",
        f"No source here has a column column_{number}.", "The model does not build.",
        "Use another.", f"SQL005|model_{number}|column_{number}|1",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [80, 120])
def test_text_is_folded_to_a_width_and_loses_no_word(demo: Review, width: int) -> None:
    plain, folded = text.render(demo), text.render(demo, width)
    assert max(len(line) for line in plain.split("\n")) > width
    for line in folded.split("\n"):
        assert len(line) <= width or " " not in line.strip()
    assert folded.split() == plain.split()


def test_only_a_terminal_gets_colour(demo: Review) -> None:
    assert "\x1b" not in text.render(demo)
    coloured = text.render(demo, colour=True)
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text.render(demo)


def test_the_line_a_finding_is_about_is_shown(demo: Review) -> None:
    assert "       20 | step_action\n" in text.render(demo)


def test_the_json_report_follows_its_schema(demo: Review) -> None:
    schema = json.loads((ROOT / "docs" / "review-report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    base = project("shop")
    broken = {
        **base,
        "models/marts/dim_customers.sql": "select {{ nobody() }} as x, 1 +",
        "models/marts/fct_orders.sql": base["models/marts/fct_orders.sql"] + "-- noqa: SQL005\n",
    }
    for result in (demo, review_files(base, broken), Review([])):
        data = json.loads(json_form.render(result))
        jsonschema.validate(data, schema)
        changed = {**data, "surprise": 1}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(changed, schema)


def test_a_comment_stays_below_the_limit_of_github_and_keeps_its_coverage() -> None:
    long = "x" * 5_000
    many = [finding(n, message=f"{n} {long}", excerpt=long) for n in range(400)]
    comment = markdown.render(Review(many))
    assert len(comment) < 65_000
    assert "Coverage" in comment
    assert "left out" in comment


def test_five_thousand_findings_are_one_comment_with_whole_blocks() -> None:
    asked = [Question("t", f"is it {n}?", Place("models/a.sql", n + 1), "a") for n in range(3_000)]
    summaries = [
        Summary(f"model_{n}", "models/a.sql", "changed", columns_added=["`" * 9 + "column"] * 40)
        for n in range(500)
    ]
    readers = tuple(Place("b.sql", line + 1) for line in range(900))
    many = [finding(n, readers=readers) for n in range(5_000)]
    comment = markdown.render(Review(many, questions=asked, summaries=summaries))
    assert len(comment) < 65_000
    assert "and 4890 more" in comment
    assert comment.count("<details>") == comment.count("</details>") == 3
    assert comment.count("more lines") == 2
    html = MarkdownIt("commonmark").render(comment)
    assert html.count("<pre>") == 1
    assert "and 892 more" in comment


def test_names_and_literals_of_a_sentence_are_code() -> None:
    told = (
        "a.b has no column order_id (models/x/y_z.sql:3). Only: id, name, full_name, 'x'. MIN(at)"
    )
    html = MarkdownIt("commonmark").render(markdown.render(Review([finding(1, message=told)])))
    path = "models/x/y_z.sql:3"
    for name in ("a.b", "order_id", path, "id", "name", "full_name", "'x'", "MIN(at)"):
        assert f"<code>{name}</code>" in html


def test_nothing_in_a_finding_becomes_markup() -> None:
    bad = finding(1, message="<img src=x> @team | *a*", excerpt="```\n# hello")
    comment = markdown.render(Review([bad]))
    assert "<img" not in comment.replace("\\<", "")
    assert "@team" not in comment
    assert "````sql\n```" in comment


def test_annotations_are_one_line_each_and_escaped() -> None:
    bad = finding(1, message="100 %\nof\r\nrows", place=Place("models/a,b:c.sql", 3), rule="a:b,c")
    lines = github.render(Review([bad])).rstrip("\n").split("\n")
    assert len(lines) == 2
    assert lines[0].startswith(
        "::error file=models/a%2Cb%3Ac.sql,line=3,title=SQL005 a%3Ab%2Cc::100 %25%0Aof%0D%0Arows"
    )
    assert lines[1].startswith("::notice title=carepath review::")


def test_the_pre_commit_hook_runs_as_pre_commit_would_run_it(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == "carepath-review"
    assert hook["pass_filenames"] is False
    path = "models/marts/fct_orders.sql"
    assert re.search(hook["files"], path)

    def git(*args: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *args], check=True)

    for name, content in project("shop").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "project")
    program, *options = shlex.split(hook["entry"])
    command = [str(Path(sys.executable).parent / program), *options]

    def hooked() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "--dialect", "snowflake"], cwd=tmp_path, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    assert hooked().returncode == 0
    model = tmp_path / path
    model.write_text(model.read_text().replace("totals.line_count", "totals.item_count"))
    assert hooked().returncode == 0, "not staged yet"
    git("add", "-A")
    after = hooked()
    assert after.returncode == 1
    assert "SQL005" in after.stdout
    assert after.stderr == ""


@pytest.mark.parametrize(
    ("sql", "patch"),
    [
        ("select\n    order_id\n    amount\nfrom {{ ref('stg_orders') }}", "    order_id,"),
        ("select order_id\nfrom ref('stg_orders') as o", "from {{ ref('stg_orders') }} as o"),
        ("select order_id\nfrom { ref('stg_orders') }", None),
    ],
)
def test_a_line_with_one_right_correction_is_shown_corrected(sql: str, patch: str | None) -> None:
    base = project("shop")
    result = review_files(base, {**base, "models/marts/fct_new.sql": sql})
    patches = [f.patch for f in result.findings if f.code in ("SQL002", "REF002")]
    assert patches == [patch]
    if patch is not None:
        assert f"```diff\n- {sql.split(chr(10))[1].strip()}\n+ {patch.strip()}\n```" in (
            markdown.render(result)
        )
        assert f"    patch:    {patch.strip()}" in text.render(result)
