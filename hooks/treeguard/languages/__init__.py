"""What the bytes of one file say: one module or package per language."""
