"""Progress on stderr: there from the first second, quiet when stderr is not a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def show_progress(
    title: str, log_format: str = "text"
) -> Iterator[Callable[[str, int, int], None]]:
    """Give a callable to report what is being done, steps done, and steps in all (0: unknown)."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from carepath.terminal import make_console

    console = make_console(stderr=True)
    if not console.is_terminal or log_format == "json":
        yield lambda _what, _done, _total: None
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[title]}", markup=False),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
        TextColumn("{task.description}", style="dim", markup=False),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("", title=title, total=None)

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total or None)

        yield report
