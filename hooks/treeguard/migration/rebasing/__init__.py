"""Carries a branch that forked before over to the layout after a migration."""
