"""Carry a branch that forked before a migration to the layout after it."""
