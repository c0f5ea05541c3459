"""What the import rules share: zones, suspects, uses, and chains through others."""
