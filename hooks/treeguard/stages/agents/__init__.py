"""A coding agent's tool calls: what each would change, and what it has changed."""
