"""Perform the migration that policy.toml describes: plan, apply, verify, undo."""
