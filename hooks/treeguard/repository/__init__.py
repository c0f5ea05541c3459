"""Git: the only way to it, with its raw answers as plain data or as an error."""
