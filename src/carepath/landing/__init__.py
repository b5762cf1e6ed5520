"""Landing: raw files into the raw database, with the reject ledger."""

from carepath.landing.database import create_raw
from carepath.landing.landings import land
from carepath.landing.report import FileReport, LandingReport

__all__ = ["FileReport", "LandingReport", "create_raw", "land"]
