"""Running carepath as a user does: its own process, or this one where that is enough."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def start(*arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start carepath as its own process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CAREPATH_")}
    return subprocess.Popen(
        [sys.executable, "-m", "carepath", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,  # type: ignore[call-overload]
    )


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run carepath as its own process, to its end."""
    with start(*arguments, cwd=cwd) as process:
        out, err = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
