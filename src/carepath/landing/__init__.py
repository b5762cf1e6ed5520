"""carepath landing."""
