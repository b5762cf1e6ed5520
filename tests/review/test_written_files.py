"""What the review writes is a file, whole, or goes to the device or pipe that was named."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from carepath.review.running import write_atomically


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_atomically(pipe, "text")
    reader.join(timeout=5)
    assert pipe.is_fifo() and read == ["text"]


def test_a_file_is_as_readable_as_others_and_keeps_its_mode(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_atomically(tmp_path / "new", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o644
    (tmp_path / "new").chmod(0o640)
    write_atomically(tmp_path / "new", "another")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "old", "\ud800")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"
