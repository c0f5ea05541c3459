"""Make a plan: what moves, what is rewritten, and the verdict on the result."""
