"""One module per command: its name, its options and what it does."""
