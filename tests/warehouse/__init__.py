"""The models against the slow oracle, on real builds."""
