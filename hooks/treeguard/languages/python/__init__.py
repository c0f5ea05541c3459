"""Python sources: from bytes to text, to a syntax tree, to facts."""
