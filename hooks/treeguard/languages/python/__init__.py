"""Python sources: bytes to text, to a syntax tree, to facts and to edits."""
