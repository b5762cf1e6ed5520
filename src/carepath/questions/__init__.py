"""The questions: one file each, answered from prod. Start at `registry` and `asking`."""
