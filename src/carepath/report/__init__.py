"""The report: every answer in one HTML file that can be mailed."""

from carepath.report.report import ReportFile, write_report

__all__ = ["ReportFile", "write_report"]
