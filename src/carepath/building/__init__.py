"""carepath building."""
