"""What moves change without touching a byte of it."""
