"""What makes a file an asset of one kind: one module for each family."""
