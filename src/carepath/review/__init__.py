"""The review: a dbt pull request read statically, without dbt, a manifest or a warehouse."""
