"""Repositories as they come: the command names what it cannot read, and reviews the rest.

Each test runs the real command on a real repository. Whatever else lies there, the bug in
models/b.sql (a column that models/a.sql does not have) is found, and nothing ends in a traceback.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).parent / "carepath"
CLEAN: dict[str, str | bytes] = {
    "dbt_project.yml": "name: p\n",
    "models/a.sql": "select 1 as id, 'x' as name\n",
    "models/b.sql": "select id, name from {{ ref('a') }}\n",
}
BUG: dict[str, str | bytes] = {"models/b.sql": "select id, nam from {{ ref('a') }}\n"}


@dataclass(frozen=True)
class Done:
    """What one run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def has_bug(self) -> bool:
        return "SQL005" in self.out and "models/b.sql" in self.out

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(code, file) of each error, by the JSON report."""
        found = json.loads(self.out)["findings"]
        return [(f["code"], f["file"]) for f in found if f["severity"] == "error"]

    def reason(self, path: str) -> str:
        """Why a file was not analysed, by the JSON report."""
        gaps = [gap for gap in json.loads(self.out)["not_analysed"] if gap["file"] == path]
        return " / ".join(str(gap["reason"]) for gap in gaps)


def many_models(count: int) -> dict[str, str]:
    """Files of models that read one upstream."""
    text = "select id, {0} as n from {{{{ ref('a') }}}}\n"
    return {f"models/m{n}.sql": text.format(n) for n in range(count)}


def wait_for_child(run: subprocess.Popen[bytes]) -> None:
    """Wait until a command has started git: it is past its imports and at work."""
    until = time.monotonic() + 60
    while time.monotonic() < until and run.poll() is None:
        listed = subprocess.run(
            ["ps", "-A", "-o", "ppid="], capture_output=True, text=True, check=True
        )
        if str(run.pid) in listed.stdout.split():
            return
        time.sleep(0.02)


class Hostile:
    """A repository with the clean project on main, and the command to review it."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.home = home
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str, at: Path | None = None, check: bool = True) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        options = ("-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always")
        done = subprocess.run(
            ["git", "-C", str(at or self.root), *identity, *options, *args],
            check=check, capture_output=True,
        )  # fmt: skip
        return done.stdout.decode(errors="replace").strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: Mapping[str, str | bytes], branch: str | None = None) -> str:
        if branch is not None:
            self.git("checkout", "-q", "-B", branch)
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def command(self, *args: str, at: Path | None = None) -> list[str]:
        return [str(PROGRAM), "review", "--repo", str(at or self.root), *args]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "XDG_CACHE_HOME": str(self.home), "NO_COLOR": "1"}

    def review(
        self, *args: str, at: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Done:
        done = subprocess.run(
            self.command(*args, at=at), capture_output=True, timeout=120, check=False,
            env={**self.environment, **(env or {})},
        )  # fmt: skip
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in out + err
        assert done.returncode in (0, 1, 2, 3), err
        return Done(done.returncode, out, err)


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    made = Hostile(tmp_path / "repo", tmp_path / "home")
    made.commit(CLEAN)
    return made


# -- revisions -----------------------------------------------------------------------------


def test_a_shallow_clone_without_the_base_is_told_to_fetch(
    hostile: Hostile, tmp_path: Path
) -> None:
    hostile.commit(BUG, branch="feature")
    clone = tmp_path / "clone"
    hostile.git("clone", "-q", "--depth", "1", "-b", "feature", f"file://{hostile.root}",
                str(clone))  # fmt: skip
    for args, code in (((), 3), (("--base", "origin/main"), 2)):
        done = hostile.review(*args, at=clone)
        assert done.code == code
        assert "shallow" in done.err and "fetch" in done.err
    assert hostile.review("--all", at=clone).has_bug


def test_a_shallow_clone_of_both_tips_is_compared_and_says_so(
    hostile: Hostile, tmp_path: Path
) -> None:
    hostile.commit(BUG, branch="feature")
    clone = tmp_path / "clone"
    hostile.git("clone", "-q", "--depth", "1", "--no-single-branch", "-b", "feature",
                f"file://{hostile.root}", str(clone))  # fmt: skip
    done = hostile.review("--base", "origin/main", at=clone)
    assert done.has_bug and "shallow" in done.out


def test_a_merge_commit_is_compared_with_where_its_branch_left(hostile: Hostile) -> None:
    hostile.commit(BUG, branch="feature")
    hostile.git("checkout", "-q", "main")
    hostile.commit({"models/c.sql": "select 1 as other\n"})
    hostile.git("checkout", "-q", "-b", "merged")
    hostile.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    assert hostile.review().has_bug
    merged = hostile.git("rev-parse", "HEAD")
    fixed = hostile.commit({"models/b.sql": CLEAN["models/b.sql"]})
    assert hostile.review("--base", merged, "--head", fixed).code == 0


def test_a_detached_head_is_reviewed(hostile: Hostile) -> None:
    head = hostile.commit(BUG, branch="feature")
    hostile.git("checkout", "-q", "--detach", head)
    hostile.git("branch", "-q", "-D", "feature")
    assert hostile.review().has_bug


def test_a_bare_repository_is_reviewed_between_revisions(hostile: Hostile, tmp_path: Path) -> None:
    hostile.commit(BUG, branch="feature")
    bare = tmp_path / "bare.git"
    hostile.git("clone", "-q", "--bare", str(hostile.root), str(bare))
    assert hostile.review("--base", "main", "--head", "feature", at=bare).has_bug
    assert hostile.review("--all", at=bare).has_bug
    for option in ("--staged", "--worktree"):
        done = hostile.review(option, at=bare)
        assert (done.code, "bare repository" in done.err) == (2, True)


def test_a_second_work_tree_is_reviewed(hostile: Hostile, tmp_path: Path) -> None:
    hostile.commit(BUG, branch="feature")
    hostile.git("checkout", "-q", "main")
    second = tmp_path / "second"
    hostile.git("worktree", "add", "-q", str(second), "feature")
    assert hostile.review(at=second).has_bug
    assert hostile.review(at=second / "models").has_bug


def test_a_repository_without_commits_is_named_and_its_files_reviewed(tmp_path: Path) -> None:
    unborn = Hostile(tmp_path / "repo", tmp_path / "home")
    done = unborn.review()
    assert (done.code, "no commits yet" in done.err) == (2, True)
    unborn.write({**CLEAN, **BUG})
    unborn.git("add", "-A")
    for option in ("--staged", "--worktree", "--all"):
        assert unborn.review(option).has_bug, option


def test_a_renamed_and_changed_file_is_followed(hostile: Hostile) -> None:
    body = "select id, name,\n" + "".join(f"    {n} as number_{n},\n" for n in range(20))
    hostile.commit({"models/b.sql": body + "    1 as last\nfrom {{ ref('a') }}\n"})
    (hostile.root / "models/deep").mkdir()
    hostile.git("mv", "models/b.sql", "models/deep/b2.sql")
    changed = body.replace("name,", "nam,") + "    1 as last\nfrom {{ ref('a') }}"
    hostile.commit({"models/deep/b2.sql": changed}, branch="feature")
    done = hostile.review("--format", "json")
    found = [(f["code"], f["file"]) for f in json.loads(done.out)["findings"]]
    assert ("SQL005", "models/deep/b2.sql") in found


def test_an_option_in_place_of_a_revision_is_an_unknown_revision(hostile: Hostile) -> None:
    for name in ("--git-dir", "-h", "", "main\n", "HEAD^^^^^^"):
        done = hostile.review(f"--base={name}")
        assert (done.code, "There is no revision" in done.err) == (2, True)


# -- the index and the files on disk -------------------------------------------------------


def test_a_file_in_conflict_is_named(hostile: Hostile) -> None:
    hostile.commit({"models/c.sql": "select 1 as ours\n"}, branch="feature")
    hostile.git("checkout", "-q", "main")
    hostile.commit({"models/c.sql": "select 1 as theirs\n"})
    hostile.git("merge", "feature", check=False)
    hostile.write(BUG)
    hostile.git("add", "models/b.sql")
    for option in ("--staged", "--worktree"):
        done = hostile.review(option, "--format", "json")
        assert done.has_bug
        assert "conflict" in done.reason("models/c.sql")
        assert "models/c.sql" not in [f["file"] for f in json.loads(done.out)["findings"]]


def test_a_deleted_file_is_gone_from_the_index_and_from_disk(hostile: Hostile) -> None:
    (hostile.root / "models/a.sql").unlink()
    assert "REF" in hostile.review("--worktree").out
    assert hostile.review("--staged").code == 0
    hostile.git("rm", "-q", "--cached", "models/a.sql")
    assert hostile.review("--staged").code == 1


def test_huge_files_on_disk_that_nobody_committed_are_not_read(hostile: Hostile) -> None:
    hostile.write({**BUG, "models/huge.sql": "-- " + "x" * 2_500_000})
    with (hostile.root / "events.parquet").open("wb") as file:
        file.truncate(300_000_000_000)
    done = hostile.review("--worktree", "--format", "json")
    assert done.has_bug
    assert done.reason("models/huge.sql") == "larger than 2 MB"


def test_links_are_named_and_not_followed(hostile: Hostile, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.sql").write_text("select 1 as secret, from")
    for target, name in (
        (outside / "secret.sql", "models/out.sql"),
        (outside, "models/folder"),
        (Path("loop.sql"), "models/loop.sql"),
        (Path("nowhere.yml"), "models/dangling.yml"),
        (Path("a.sql"), "models/linked.sql"),
    ):
        (hostile.root / name).symlink_to(target)
    hostile.write({**BUG, "models/c.sql": "select secret from {{ ref('linked') }}\n",
                   "models/d.sql": "select 1 as x from {{ ref('secret') }}\n"})  # fmt: skip
    runs = [hostile.review("--worktree", "--format", "json")]
    hostile.git("checkout", "-q", "-b", "feature")
    hostile.git("add", "-A")
    runs.append(hostile.review("--staged", "--format", "json"))
    hostile.git("commit", "-q", "-m", "links")
    runs.append(hostile.review("--format", "json"))
    for done in runs:
        assert done.errors == [("SQL005", "models/b.sql")]
        for name in ("out.sql", "folder", "loop.sql", "dangling.yml", "linked.sql"):
            assert "symbolic link" in done.reason(f"models/{name}"), name


def test_a_folder_that_became_a_link_is_not_followed(hostile: Hostile, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.move(str(hostile.root / "models"), outside)
    (hostile.root / "models").symlink_to(outside)
    done = hostile.review("--worktree", "--all", "--format", "json")
    assert json.loads(done.out)["coverage"]["models"] == 0
    assert "symbolic link" in done.reason("models")


def test_submodules_are_named_and_their_models_may_be_read(
    hostile: Hostile, tmp_path: Path
) -> None:
    library = Hostile(tmp_path / "library", tmp_path / "home")
    library.commit({"models/shared_orders.sql": "select 1 as id\n"})
    hostile.git("submodule", "add", "-q", str(library.root), "models/shared")
    hostile.commit({})
    reader = "select id from {{ ref('shared_orders') }}\n"
    hostile.commit({**BUG, "models/c.sql": reader}, "feature")
    done = hostile.review("--format", "json")
    assert done.errors == [("SQL005", "models/b.sql")]
    assert "submodule" in done.reason("models/shared")
    assert hostile.review("--worktree", "--base", "main").has_bug
    library.commit({"models/more.sql": "select 2 as id\n"})
    hostile.git("pull", "-q", str(library.root), "main", at=hostile.root / "models/shared")
    hostile.commit({"models/b.sql": CLEAN["models/b.sql"], "models/c.sql": "select 1 as id\n"})
    assert hostile.review().code == 0
    assert hostile.review("--strict-coverage").code == 3


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(hostile: Hostile) -> None:
    hostile.write({**BUG, "models/locked.sql": "select 1 as id\n"})
    (hostile.root / "models/locked.sql").chmod(0)
    done = hostile.review("--worktree", "--format", "json")
    assert done.has_bug and "permission" in done.reason("models/locked.sql")


# -- names and contents --------------------------------------------------------------------

LONG_CTE = (
    "with big as (\n    select\n"
    + "".join(f"        {n} as column_{n},\n" for n in range(1000))
    + "        1 as last_one\n)\n\nselect last_one, missing_one from big\n"
)
ODD_NAMES = (
    "two words", "quo'te", 'quo"te', "new\nline", "tab\tbed", "pct%20", "uni\u00e9", "a\x1b[31m",
    "-dash", "semi;colon", "$(touch x)", "{{ name }}", "back\\slash", "\u202ertl", "tick`s",
)  # fmt: skip


def test_odd_names_are_read_and_shown_in_every_form(hostile: Hostile) -> None:
    broken = "select 1 as id,, 2 as other\n"
    hostile.commit({**BUG, **{f"models/{name}.sql": broken for name in ODD_NAMES}}, "feature")
    done = hostile.review("--format", "json")
    found = {file for _, file in done.errors}
    assert found == {"models/b.sql", *(f"models/{name}.sql" for name in ODD_NAMES)}
    for form in ("text", "markdown", "github", "sarif"):
        told = hostile.review("--format", form)
        assert "\x1b" not in told.out and "\u202e" not in told.out, form
        assert not any(line.startswith("line.sql") for line in told.out.split("\n")), form


NAMED = {
    "models/binary.sql": (b"\x00\x01\x02", "binary"),
    "models/utf16.sql": ("select 1 as id".encode("utf-16"), "UTF-16"),
    "models/utf16.yml": ("models: [{name: a}]".encode("utf-16"), "UTF-16"),
    "models/latin.sql": ("select 'caf\u00e9' as drink\n".encode("latin-1"), "not UTF-8 in line 1"),
    "models/huge.sql": ("select 1 as id --" + "x" * 2_100_000, "larger than 2 MB"),
    "models/empty.sql": ("", ""),
    "models/blank.sql": (" \n\t\n-- nothing\n", ""),
    "models/empty.yml": ("", ""),
    "models/list.yml": ("- name: x\n- 3\n", ""),
    "models/scalar.yml": ("name: just this", ""),
    "models/broken.yml": ("models:\n  - name: a\n    columns: [\n", "invalid YAML"),
    "models/tabs.yml": ("models:\n\t- name: a\n", "invalid YAML"),
    "models/anchors.yml": (
        "x: &one {description: One}\nmodels:\n  - &m\n    name: a\n    <<: *one\n"
        "    columns: &cs [{name: id, data_tests: [unique]}]\n  - <<: *m\n    name: python_one\n"
        "    columns: *cs\n",
        "",
    ),
    "models/twice.yml": (
        "models:\n  - name: python_one\n    description: x\n    description: y\n", ""
    ),
    "models/itself.yml": ("models: &a\n  - name: a\n    config: *a\n", "alias of itself"),
    "models/expands.yml": (
        "a: &a {name: [1,2,3,4,5,6,7,8,9]}\n"
        + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))  # noqa: E501
        + "models:\n  - {name: a, config: {meta: *i}}\n",
        "more than 300000 values",
    ),
    "models/nested.yml": ("models:\n  - name: a\n    meta: " + "[" * 300_000, "nested too deeply"),
    "models/python_one.py": ("def model(dbt, session):\n    return session", ""),
    "models/endless.sql": ("{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}x", "longer than 5 s"),  # noqa: E501
    "models/memory.sql": ("{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}x", "too much memory"),  # noqa: E501
    "models/number.sql": ("{% set n = namespace(x=3) %}{% for i in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}x", "too long"),  # noqa: E501
    "models/forever.sql": ("{% macro f() %}{{ f() }}{% endmacro %}select {{ f() }} as x", "nested too deeply"),  # noqa: E501
    "models/unclosed.sql": ("select {% if true %} 1 as x", "Jinja"),
    "models/deep_jinja.sql": ("{% if true %}" * 3000 + "select 1 as x" + "{% endif %}" * 3000, "nested too deeply"),  # noqa: E501
    "models/deep_sql.sql": ("select " + "(" * 3000 + "1" + ")" * 3000 + " as x", "nested too deeply"),  # noqa: E501
    "models/escape.sql": ("select {{ ''.__class__.__mro__[1].__subclasses__() }} as x", ""),
    "models/reads_files.sql": ("{% include '/etc/passwd' %} select 1 as x", "Jinja"),
    "models/doubles.sql": (
        "with c0 as (select 1 as a, 2 as b)"
        + "".join(f", c{n} as (select l.*, r.* from c{n - 1} as l cross join c{n - 1} as r)" for n in range(1, 40))  # noqa: E501
        + " select * from c39",
        "",
    ),
}  # fmt: skip


def test_contents_that_cannot_be_analysed_are_named_cold_and_warm(hostile: Hostile) -> None:
    hostile.commit({**BUG, **{path: content for path, (content, _) in NAMED.items()}}, "feature")
    cold = hostile.review("--format", "json")
    assert cold.has_bug
    for path, (_, reason) in NAMED.items():
        if reason:
            assert reason in cold.reason(path), (path, cold.reason(path))
    assert "/root" not in cold.out and "root:x" not in cold.out
    assert hostile.review("--format", "json") == cold


def test_contents_that_only_look_odd_are_analysed(hostile: Hostile) -> None:
    bug = "select id,\r\n\tnam\r\nfrom {{ ref('a') }}\r\n"
    wide = ",\n".join(f"    {n} as column_{n}" for n in range(10_000))
    hostile.commit(
        {
            "models/b.sql": b"\xef\xbb\xbf" + bug.encode(),
            "models/long.sql": LONG_CTE,
            "models/wide.sql": f"select\n{wide}\n",
            "models/reader.sql": "select column_9999, column_10000 from {{ ref('wide') }}\n",
            "models/made.sql": "select {% for c in ['id', 'nome'] %}{{ c }}"
            "{% if not loop.last %}, {% endif %}{% endfor %} from {{ ref('a') }}\n",
            "macros/generate.sql": "{% macro columns(names) %}{{ return(names | join(', ')) }}"
            "{% endmacro %}",
            "models/called.sql": "select {{ columns(['id', 'nema']) }} from {{ ref('a') }}\n",
        },
        "feature",
    )  # fmt: skip
    done = hostile.review("--format", "json")
    data = json.loads(done.out)
    assert {(f["file"], f["line"]) for f in data["findings"] if f["code"] == "SQL005"} == {
        ("models/b.sql", 2), ("models/long.sql", 1006), ("models/reader.sql", 1),
        ("models/made.sql", 1), ("models/called.sql", 1),
    }  # fmt: skip
    assert data["not_analysed"] == []


def test_a_blob_that_git_cannot_read_is_named(hostile: Hostile) -> None:
    hostile.commit({**BUG, "models/lost.sql": "select 1 as lost\n"}, "feature")
    blob = hostile.git("rev-parse", "HEAD:models/lost.sql")
    (hostile.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    done = hostile.review("--format", "json")
    assert done.has_bug and "cannot read it" in done.reason("models/lost.sql")


# -- the cache and interrupts --------------------------------------------------------------


def test_a_home_that_cannot_be_written_is_no_obstacle(hostile: Hostile) -> None:
    hostile.commit(BUG, "feature")
    for home in ("/dev/null/home", "/proc/nowhere"):
        assert hostile.review(env={"XDG_CACHE_HOME": home}).has_bug
    assert hostile.review(env={"XDG_CACHE_HOME": "", "HOME": "/dev/null"}).has_bug


def test_a_truncated_or_foreign_cache_is_an_empty_one(hostile: Hostile) -> None:
    hostile.commit(BUG, "feature")
    cold = hostile.review("--format", "json")
    (cache,) = hostile.home.rglob("*.cache")
    whole = cache.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"\x80\x04N.", whole + b"x", whole[::-1]):
        cache.write_bytes(damaged)
        assert hostile.review("--format", "json") == cold
    cache.unlink()
    cache.mkdir()
    assert hostile.review("--format", "json") == cold


def test_two_runs_at_once_share_a_cache(hostile: Hostile) -> None:
    hostile.commit(BUG, "feature")
    hostile.commit(many_models(60))
    alone = hostile.review("--format", "json", "--no-cache").out
    for _ in range(2):
        runs = [
            subprocess.Popen(hostile.command("--format", "json"), stdout=subprocess.PIPE,
                             env=hostile.environment)
            for _ in range(3)
        ]  # fmt: skip
        assert [run.communicate(timeout=120)[0].decode() for run in runs] == [alone] * 3
    assert len(list(hostile.home.rglob("*.cache*"))) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_nothing_behind(hostile: Hostile, number: signal.Signals) -> None:
    hostile.commit({**many_models(200), **BUG}, "feature")
    report = hostile.root.parent / "report.json"
    codes = []
    for seconds in (0.0, 0.3, 0.8):
        with subprocess.Popen(
            hostile.command("--format", "json", "--output", str(report)),
            stderr=subprocess.PIPE, env=hostile.environment, start_new_session=True,
        ) as run:  # fmt: skip
            wait_for_child(run)
            time.sleep(seconds)
            # As a terminal does: to the command and to the git it started.
            os.killpg(run.pid, number)
            said = run.communicate(timeout=60)[1].decode()
        codes.append(run.returncode)
        assert "Traceback" not in said
    expected = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
    assert expected in codes
    after = hostile.review("--format", "json")
    assert after == hostile.review("--format", "json", "--no-cache")
    assert after.has_bug
