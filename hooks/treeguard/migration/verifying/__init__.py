"""Measures a migration that was performed."""
