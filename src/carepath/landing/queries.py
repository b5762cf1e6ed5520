"""A long query, with its progress."""

from __future__ import annotations

import threading
from collections.abc import Callable

import duckdb

Ticker = Callable[[float], None]
"""Called with the share of the query that is done, in [0, 1]."""

_SECONDS_BETWEEN_TICKS = 0.25


def run_query(connection: duckdb.DuckDBPyConnection, query: str, tick: Ticker) -> None:
    """Run a query; call `tick` from another thread while it runs."""
    is_done = threading.Event()

    def watch() -> None:
        while not is_done.wait(_SECONDS_BETWEEN_TICKS):
            share = connection.query_progress() / 100
            if share >= 0:
                tick(min(share, 1.0))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        connection.execute(query)
    finally:
        is_done.set()
        watcher.join()
