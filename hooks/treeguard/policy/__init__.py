"""policy.toml as data: the only door to tomli and pathspec."""
