"""Rendering of dbt's Jinja in a sandbox, without dbt."""
