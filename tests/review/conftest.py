"""Shared by the tests of the review: small projects in memory and in git."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from carepath.review.change import Change  # noqa: E402
from carepath.review.review import Review, review_change  # noqa: E402
from carepath.review.running import finish  # noqa: E402
from carepath.review.settings import Settings  # noqa: E402
from carepath.review.snapshot import Snapshot  # noqa: E402
from carepath.review.tree import memory_tree  # noqa: E402

CORPUS = Path(__file__).parent / "corpus"
MEMOS: dict[str, dict[str, object]] = {}
"""Facts of the base projects, shared by all tests of one dialect."""


def project(name: str) -> dict[str, str]:
    """The files of a base project of the corpus."""
    folder = CORPUS / "bases" / name
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def review_files(
    base: dict[str, str], head: dict[str, str], dialect: str = "snowflake", **options: object
) -> Review:
    """Review the difference between two sets of files."""
    chosen = Settings(dialect=dialect, **options)  # type: ignore[arg-type]
    before, after = memory_tree(base), memory_tree(head)
    memo = MEMOS.setdefault(dialect, {})
    change = Change.between(Snapshot(before, chosen, memo), Snapshot(after, chosen, memo))
    result = review_change(change)
    finish(result, after, chosen)
    return result


def snapshot(files: dict[str, str], dialect: str = "snowflake") -> Snapshot:
    """A snapshot of files in memory."""
    return Snapshot(memory_tree(files), Settings(dialect=dialect))


@pytest.fixture
def commit(tmp_path: Path) -> Callable[..., str]:
    """Write files into a git repository and commit; returns the commit."""

    def run(*args: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org",
             "-c", "commit.gpgsign=false", *args],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    run("init", "-q", "-b", "main")

    def make(files: dict[str, str | bytes | None], branch: str | None = None) -> str:
        if branch is not None:
            run("checkout", "-q", "-B", branch)
        for name, text in files.items():
            path = tmp_path / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        run("add", "-A")
        run("commit", "-q", "--allow-empty", "-m", "change")
        return run("rev-parse", "HEAD")

    return make
