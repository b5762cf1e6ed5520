"""What the review writes is a file, whole, or goes to the device or pipe that was named."""

from __future__ import annotations

import os
import threading
from pathlib import Path

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
