"""Git's hook protocols: which trees each one asks to be compared."""
