"""Rewrite what refers to moved files, by position; every other byte stays."""
