"""Propose a policy that a repository already satisfies."""
