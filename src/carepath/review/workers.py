"""Worker processes: many models at once, on every core this process may use.

Workers are forked: they inherit the trees of files, the YAML and the macros as they were read.
What a worker learns goes back as entries of the memo, which the others are given before they
need them. Whatever a worker does not deliver, the caller does itself.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from carepath.review.cache import Memo

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

FEWEST = 60
"""Models; fewer are done sooner than processes start and talk."""
MOST = 8
"""Processes: each may take as much memory as one run alone."""
AT_ONCE = 8
"""Models that a worker is given at a time."""
STOPS = (signal.SIGINT, signal.SIGTERM)

Work = Callable[[str], Any]


def cores() -> int:
    """The processes worth starting: one where forking is not safe."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return min(len(os.sched_getaffinity(0)), MOST)


def spread(
    ids: Iterable[str],
    needs: Mapping[str, set[str]],
    work: Work,
    memo: Memo,
    processes: int,
) -> dict[str, Any]:
    """Do the work of each model in one of several processes.

    Parameters
    ----------
    ids : iterable of str
        What is to be done, in the order in which it is best done.
    needs : mapping of str to set of str
        What has to be done before; what waits for itself is left out.
    work : callable
        Does one; what it gives is pickled. It reads and writes `memo`.
    memo : Memo
        Takes what the workers learn.
    processes : int
        How many at most; with one, or few ids, nothing is done.

    Returns
    -------
    dict
        What the work gave, by id. Ids that are absent are the caller's to do: their worker died
        or failed, or they wait for such a one.
    """
    waiting = {id: set(needs.get(id, ())) for id in ids}
    count = min(processes, len(waiting) // (FEWEST // 2))
    if count < 2 or not hasattr(os, "fork"):
        return {}
    ready = deque(id for id, before in waiting.items() if not before)
    readers: dict[str, list[str]] = {}
    for id, before in waiting.items():
        for one in before:
            readers.setdefault(one, []).append(id)
    results: dict[str, Any] = {}
    learned: list[tuple[_Worker, dict[str, Any]]] = []
    with _started(count, work, memo) as workers:
        idle, busy = list(workers), list[_Worker]()
        while True:
            while ready and idle:
                worker = idle.pop()
                size = max(1, min(AT_ONCE, len(ready) // count))
                chosen = [ready.popleft() for _ in range(min(size, len(ready)))]
                if worker.ask(chosen, learned):
                    busy.append(worker)
            if not busy:
                return results
            for worker in _answering(busy):
                busy.remove(worker)
                answer = worker.answer()
                if answer is None:
                    _say("A worker process ended early: what it had to do is done again.")
                    continue
                entries, done = answer
                memo.take(entries)
                learned.append((worker, entries))
                results |= done
                idle.append(worker)
                for reader in {reader: 0 for id in done for reader in readers.get(id, ())}:
                    waiting[reader] -= done.keys()
                    if not waiting[reader]:
                        ready.append(reader)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


class _Worker:
    """One process, asked and answering in turn."""

    def __init__(self, process: ForkProcess, connection: Connection) -> None:
        self.process = process
        self.connection = connection
        self.told = 0

    def ask(self, ids: list[str], learned: list[tuple[_Worker, dict[str, Any]]]) -> bool:
        """Give it work, and what the others have learned since; False where it is gone."""
        news = [entries for worker, entries in learned[self.told :] if worker is not self]
        self.told = len(learned)
        try:
            self.connection.send((ids, news))
        except OSError:
            return False
        return True

    def answer(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What it learned and did; None where it died or failed."""
        try:
            entries, done = self.connection.recv()
        except (EOFError, OSError):
            return None
        return entries, done


def _answering(busy: list[_Worker]) -> list[_Worker]:
    from multiprocessing.connection import wait

    heard = wait([worker.connection for worker in busy])
    return [worker for worker in busy if worker.connection in heard]


@contextlib.contextmanager
def _started(count: int, work: Work, memo: Memo) -> Iterator[list[_Worker]]:
    """Fork workers; none is left at the end, however it comes."""
    import multiprocessing

    context = multiprocessing.get_context("fork")
    workers: list[_Worker] = []
    # What exists now is no garbage: it need not be copied to be looked at.
    gc.freeze()
    try:
        # An interrupt waits until every process is known, and has said what it does with one.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            for _ in range(count):
                ours, theirs = context.Pipe()
                inherited = [ours, *(worker.connection for worker in workers)]
                process = context.Process(
                    target=_serve, args=(theirs, inherited, work, memo), daemon=True
                )
                try:
                    process.start()
                except OSError:
                    # No more processes: fewer do.
                    ours.close()
                    break
                finally:
                    theirs.close()
                workers.append(_Worker(process, ours))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.connection.close()
        gc.unfreeze()


def _serve(connection: Connection, inherited: list[Connection], work: Work, memo: Memo) -> None:
    """Work until the other end closes, or falls silent because its process died."""
    for other in inherited:
        other.close()
    # A terminal interrupts us too: the process that started us ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    memo.fresh.clear()
    with contextlib.suppress(Exception):
        while True:
            ids, news = connection.recv()
            for entries in news:
                memo.take(entries)
            memo.fresh.clear()
            done = {id: work(id) for id in ids}
            connection.send((memo.fresh, done))
