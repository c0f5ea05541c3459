"""policy.toml as data: the only importer of tomli and pathspec."""
