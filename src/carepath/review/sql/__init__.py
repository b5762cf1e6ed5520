"""Parsing of rendered SQL, and what its names mean."""
