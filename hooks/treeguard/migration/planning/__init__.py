"""Makes a plan: which files move, which are opened, and the verdict on the result."""
