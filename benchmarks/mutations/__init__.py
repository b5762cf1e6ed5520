"""Realistic single bugs, seeded into the files of a dbt project."""
