"""carepath sample."""
