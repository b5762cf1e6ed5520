"""carepath review."""
