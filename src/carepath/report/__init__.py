"""carepath report."""
