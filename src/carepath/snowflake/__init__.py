"""Snowflake: settings from the environment, and connections."""
