"""carepath stats."""
