"""carepath questions."""
