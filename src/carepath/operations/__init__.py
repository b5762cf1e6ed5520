"""Running a workspace for years: what ran, whether it is well, erasing a person."""
