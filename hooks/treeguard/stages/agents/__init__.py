"""A coding agent's tool call: what it would write, run, lose and skip."""
