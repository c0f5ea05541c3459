"""What the rules of places share: where a file belongs, and what to type."""
