"""What the import rules share: zones, candidate files, resolved uses, chains."""
