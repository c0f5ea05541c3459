"""Performs a plan: commits, the switch, and each step in the work tree."""
