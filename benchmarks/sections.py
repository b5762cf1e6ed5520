"""Measured processes, the machine they ran on, and sections of docs/benchmarks.md."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import multiprocessing
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Measure:
    """One process: processor seconds (user and system), peak memory, and what it printed."""

    seconds: float
    megabytes: float
    said: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One process: processor and clock seconds, peak memory and peak disk in MB, its output."""

    seconds: float
    clock: float
    megabytes: float
    disk: float
    output: str


def run_process(
    command: list[str],
    *,
    watch: Path | None = None,
    environment: dict[str, str] | None = None,
    allowed: tuple[int, ...] = (0,),
) -> Run:
    """Run a command to its end.

    Parameters
    ----------
    command : list of str
        The command.
    watch : Path, optional
        A folder of which the largest size is told; looked at twice a second.
    environment : dict, optional
        Its environment; ours by default. Python may keep its compiled modules, as it does for
        everybody who has not forbidden it.
    allowed : tuple of int
        The exit codes that are no failure.
    """
    largest = 0.0
    own = {**(os.environ if environment is None else environment)}
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=out, env=own)
        while True:
            found, status, usage = os.wait4(process.pid, os.WNOHANG if watch else 0)
            if found:
                break
            assert watch is not None
            largest = max(largest, weigh(watch))
            time.sleep(0.5)
        clock = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read()
    if process.returncode not in allowed:
        raise SystemExit(f"{output}\n{' '.join(command)} failed ({process.returncode})")
    return Run(usage.ru_utime + usage.ru_stime, clock, usage.ru_maxrss / 1024, largest, output)


def weigh(folder: Path) -> float:
    """Give the MB of all files in a folder, whatever comes and goes meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total / 1e6


def measure(module: str, arguments: list[str], runs: int) -> Measure:
    """Run ``python -m module`` some times; give the fastest run.

    The peak of memory is the process's own where it is above ours: a new process begins as a copy
    of ours, so whoever makes data for it does so `apart`.
    """
    best: Measure | None = None
    for _ in range(runs):
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{module} {' '.join(arguments)} failed ({process.returncode})")
        seconds = usage.ru_utime + usage.ru_stime
        if best is None or seconds < best.seconds:
            best = Measure(seconds, usage.ru_maxrss / 1024, json.loads(output))
    assert best is not None
    return best


def apart(make: Callable[..., None], *arguments: object) -> None:
    """Call a function in a process of its own, whose memory does not become ours."""
    process = multiprocessing.get_context("spawn").Process(target=make, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{make.__name__} failed ({process.exitcode})")


def describe_machine(*packages: str) -> str:
    """Name processors and their pace just now, memory and versions, in one line.

    The pace is that of a plain Python loop: rented machines differ by a factor of three between
    one hour and the next, and so do all seconds measured on them.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), {memory:.0f} GB of memory, "
        f"Python {platform.python_version()}, {versions}. A Python loop of ten million additions "
        f"took {pace():.1f} s of processor here just then."
    )


def pace() -> float:
    """Return the processor seconds of ten million additions in Python, the best of three."""

    def once() -> float:
        began, total = time.process_time(), 0
        for number in range(10_000_000):
            total += number
        return time.process_time() - began

    return min(once() for _ in range(3))


def write_section(name: str, text: str) -> None:
    """Put a section into docs/benchmarks.md in place of the one that stands there."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Benchmarks\n"
    section = f"{start}\n{text.strip()}\n{end}"
    pattern = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    if pattern.search(page):
        page = pattern.sub(lambda _: section, page)
    else:
        page = page.rstrip() + "\n\n" + section + "\n"
    PAGE.write_text(page, encoding="utf-8")
