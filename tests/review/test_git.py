"""Trees, bases and renames are read from git without a check-out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from carepath.errors import CarepathError
from carepath.review import formats
from carepath.review.git import NoBaseError, Repository
from carepath.review.renames import renames
from carepath.review.running import Request, run

Commit = Callable[..., str]


def test_a_commit_is_read_without_touching_the_work_tree(commit: Commit, tmp_path: Path) -> None:
    first = commit({"a.sql": "select 1", "b/c.sql": "select 2"})
    commit({"a.sql": "select 3"})
    tree = Repository.open(tmp_path).tree(first)
    assert tree.text("a.sql") == "select 1"
    assert tree.text("b/c.sql") == "select 2"
    assert (tmp_path / "a.sql").read_text() == "select 3"


def test_crlf_and_bom_read_as_plain_text(commit: Commit, tmp_path: Path) -> None:
    head = commit({"a.sql": b"\xef\xbb\xbfselect 1\r\nfrom t\r\n"})
    assert Repository.open(tmp_path).tree(head).text("a.sql") == "select 1\nfrom t\n"


def test_a_binary_file_has_no_text(commit: Commit, tmp_path: Path) -> None:
    head = commit({"a.sql": b"\x00\x01\x02"})
    assert Repository.open(tmp_path).tree(head).text("a.sql") is None


def test_the_work_tree_holds_changed_and_new_files(commit: Commit, tmp_path: Path) -> None:
    commit({"a.sql": "select 1", "gone.sql": "select 1"})
    (tmp_path / "a.sql").write_text("select 2")
    (tmp_path / "new.sql").write_text("select 3")
    (tmp_path / "gone.sql").unlink()
    tree = Repository.open(tmp_path).worktree()
    assert tree.text("a.sql") == "select 2"
    assert tree.text("new.sql") == "select 3"
    assert "gone.sql" not in tree.entries


def test_an_unknown_revision_names_the_nearest(commit: Commit, tmp_path: Path) -> None:
    commit({"a.sql": "select 1"}, branch="feature-orders")
    with pytest.raises(CarepathError) as caught:
        Repository.open(tmp_path).commit("feature-order")
    assert "feature-orders" in str(caught.value)


def test_a_folder_outside_of_git_is_named(tmp_path: Path) -> None:
    with pytest.raises(CarepathError, match="not in a git repository"):
        Repository.open(tmp_path)


def test_a_single_commit_has_no_base(commit: Commit, tmp_path: Path) -> None:
    head = commit({"a.sql": "select 1"})
    with pytest.raises(NoBaseError):
        Repository.open(tmp_path).default_base(head)


def test_the_base_of_a_branch_is_where_it_left_main(commit: Commit, tmp_path: Path) -> None:
    start = commit({"a.sql": "select 1"})
    head = commit({"b.sql": "select 2"}, branch="feature")
    assert Repository.open(tmp_path).default_base(head) == start


def test_a_moved_file_is_followed(commit: Commit, tmp_path: Path) -> None:
    body = "\n".join(f"select {n} as column_{n}" for n in range(20))
    first = commit({"old/a.sql": body, "b.sql": "select 1"})
    second = commit({"old/a.sql": None, "new/a.sql": body + "\n-- more"})
    repository = Repository.open(tmp_path)
    moved = renames(repository.tree(first), repository.tree(second))
    assert moved == {"new/a.sql": "old/a.sql"}


def test_a_name_that_is_not_utf_8_is_shown_escaped_and_its_file_read(
    commit: Commit, tmp_path: Path
) -> None:
    commit({"models/a.sql": "select 1 as id"})
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/models/b\xff.sql"))
    file.write_text("select 2 as id")
    path = "models/b\\xff.sql"
    repository = Repository.open(tmp_path)
    assert repository.worktree().text(path) == "select 2 as id"
    head = commit({"models/c.sql": "select 3 as id"})
    assert repository.tree(head).text(path) == "select 2 as id"
    reports = [
        formats.render(run(Request(repo=tmp_path, whole=True, cache=cache))[0], "json")
        for cache in (False, True)
    ]
    assert reports[0].encode() == reports[1].encode()
