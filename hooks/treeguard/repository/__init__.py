"""The only door to Git."""
