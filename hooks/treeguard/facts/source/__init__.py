"""Reads one Python source: from bytes to text, to a syntax tree, to facts."""
