"""Perform a plan: commits, the switch of the branch, and the work tree."""
