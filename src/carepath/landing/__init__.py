"""Landing: raw files into the raw database, with the reject ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carepath.landing.database import create_raw
    from carepath.landing.landings import land
    from carepath.landing.report import FileReport, LandingReport

__all__ = ["FileReport", "LandingReport", "create_raw", "land"]


def __getattr__(name: str) -> Any:
    """Import on first use: who only reads cells as landing does needs none of this."""
    if name == "create_raw":
        from carepath.landing.database import create_raw

        return create_raw
    if name == "land":
        from carepath.landing.landings import land

        return land
    if name in ("FileReport", "LandingReport"):
        from carepath.landing import report

        return getattr(report, name)
    raise AttributeError(f"module 'carepath.landing' has no attribute {name!r}")
