"""Building the warehouse: dbt into a candidate, tested, reconciled, then published."""

from carepath.building.build import build
from carepath.building.report import BuildReport, Fate

__all__ = ["BuildReport", "Fate", "build"]
