"""Measure a migration that was performed."""
